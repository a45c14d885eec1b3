"""Kinematics against answers worked out by hand."""

import numpy as np
import pytest

from mote.motion.kinematics import fit_rotations, forward, orientation, with_bone_lengths
from mote.motion.rotation import about, rotate
from mote.motion.skeleton import HUMANML3D, KIT

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])
HALF = np.sqrt(0.5)
QUARTER_ABOUT_Z = np.array([HALF, 0.0, 0.0, HALF])  # x to y, y to -x


def test_forward_turns_what_hangs_below_a_joint():
    parents = (-1, 0, 1, 1)
    offsets = np.array([[5.0, 0, 0], [0, 2, 0], [0, 1, 0], [1, 0, 0]])
    rotations = np.tile(IDENTITY, (2, 4, 1))
    rotations[1, 0] = QUARTER_ABOUT_Z
    rotations[1, 1] = QUARTER_ABOUT_Z
    turned, positions = forward(rotations, offsets, parents)
    np.testing.assert_allclose(positions[0], [[5, 0, 0], [5, 2, 0], [5, 3, 0], [6, 2, 0]])
    np.testing.assert_allclose(positions[1], [[5, 0, 0], [3, 0, 0], [3, -1, 0], [2, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(turned[1, 3], [0, 0, 0, 1], atol=1e-12)  # two quarters are half a turn


def test_forward_takes_offsets_of_every_frame():
    offsets = np.zeros((3, 2, 3))
    offsets[:, 0, 2] = [0, 1, 2]
    offsets[:, 1, 0] = 1
    _, positions = forward(np.tile(IDENTITY, (3, 2, 1)), offsets, (-1, 0))
    np.testing.assert_array_equal(positions[:, 1], [[1, 0, 0], [1, 0, 1], [1, 0, 2]])


def test_forward_and_fit_leave_their_arguments_alone():
    rotations, offsets = np.tile(QUARTER_ABOUT_Z, (1, 2, 1)), np.array([[0.0, 0, 0], [0, 1, 0]])
    before = rotations.copy(), offsets.copy()
    _, positions = forward(rotations, offsets, (-1, 0))
    fit_rotations(positions, offsets, (-1, 0), {0: QUARTER_ABOUT_Z[None]})
    np.testing.assert_array_equal(rotations, before[0])
    np.testing.assert_array_equal(offsets, before[1])


def test_fitted_rotations_meet_the_positions():
    rng = np.random.default_rng(0)
    parents = (-1, 0, 1, 2, 0, 4)
    offsets = rng.normal(size=(6, 3))
    offsets[[1, 4]] = 0  # a joint of no length opens each branch
    rotations = rng.normal(size=(40, 6, 4))
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    _, positions = forward(rotations, offsets, parents)
    known = {0: rotations[:, 0]}
    turned, again = forward(fit_rotations(positions, offsets, parents, known), offsets, parents)
    np.testing.assert_allclose(again, positions, atol=1e-9)
    np.testing.assert_allclose(turned[:, 0], rotations[:, 0], atol=1e-12)


def test_fitting_does_not_twist_a_bone_that_stays():
    offsets = np.array([[0.0, 0, 0], [0, 1, 0], [0, 1, 0]])
    positions = np.array([[[0.0, 0, 0], [0, 1, 0], [1, 1, 0]]])
    local = fit_rotations(positions, offsets, (-1, 0, 1), {})
    np.testing.assert_allclose(local[0, 0], IDENTITY, atol=1e-12)
    np.testing.assert_allclose(local[0, 1], [HALF, 0, 0, -HALF], atol=1e-12)


def test_fitting_a_bone_without_length_turns_nothing():
    offsets = np.array([[0.0, 0, 0], [0, 1, 0]])
    local = fit_rotations(np.zeros((1, 2, 3)), offsets, (-1, 0), {})
    np.testing.assert_array_equal(local[0], [IDENTITY, IDENTITY])


@pytest.mark.parametrize("angle", [0.0, 1.0, np.pi, -2.0])
def test_orientation_is_the_turn_of_left_and_up(angle):
    left, up = np.array([np.cos(angle), 0, -np.sin(angle)]), np.array([0.3, 2.0, 0.0])
    turn = orientation(left[None], up[None])
    np.testing.assert_allclose(rotate(turn, np.eye(3)[0]), left[None], atol=1e-9)
    if angle in (0.0, np.pi):  # the part of `up` along `left` does not count
        np.testing.assert_allclose(np.abs((turn * about("Y", np.array([angle]))).sum()), 1, atol=1e-9)


def test_orientation_upside_down_and_without_a_choice():
    handstand = orientation(np.array([[1.0, 0, 0]]), np.array([[0, -1.0, 0]]))
    np.testing.assert_allclose(rotate(handstand, np.eye(3)[2]), [[0, 0, -1]], atol=1e-9)
    for left, up in (([0, 0, 0], [0, 0, 0]), ([0, 1, 0], [0, 5, 0]), ([0, 0, 0], [1, 0, 0])):
        turn = orientation(np.array([left], dtype=float), np.array([up], dtype=float))
        np.testing.assert_allclose(np.linalg.norm(turn, axis=-1), 1, atol=1e-9)


def test_bone_lengths_become_the_skeletons_and_directions_stay():
    rng = np.random.default_rng(1)
    joints = rng.normal(size=(2, 5, 22, 3)).astype(np.float32)
    rebuilt = with_bone_lengths(joints, HUMANML3D)
    assert rebuilt.dtype == np.float32
    np.testing.assert_array_equal(rebuilt[..., 0, :], joints[..., 0, :])
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        old, new = (a[..., joint, :] - a[..., parent, :] for a in (joints, rebuilt))
        np.testing.assert_allclose(np.linalg.norm(new, axis=-1), HUMANML3D.lengths[joint], rtol=1e-4)
        cosine = (old * new).sum(-1) / np.linalg.norm(old, axis=-1) / np.linalg.norm(new, axis=-1)
        np.testing.assert_allclose(cosine, 1, atol=1e-5)
    np.testing.assert_allclose(with_bone_lengths(rebuilt, HUMANML3D), rebuilt, atol=1e-5)


def test_bones_of_no_length_take_their_rest_direction():
    rebuilt = with_bone_lengths(np.zeros((1, 22, 3)), HUMANML3D)
    knee, hip = HUMANML3D.index("left knee"), HUMANML3D.index("left hip")
    np.testing.assert_allclose(rebuilt[0, knee] - rebuilt[0, hip], HUMANML3D.offsets[knee])


def test_a_skeleton_without_lengths_is_refused():
    with pytest.raises(ValueError, match="no bone lengths"):
        with_bone_lengths(np.zeros((1, 21, 3)), KIT)
