"""The features of the field: golden on HumanML3D's own sample, and their symmetries on it and on made-up bodies."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from mote.motion.features import KIT_LAYOUT, LAYOUT, Layout, recover, to_features, to_joints
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D, KIT

KINDS = ("turn", "velocity", "height", "positions", "rotations", "velocities", "contacts")
LARGEST = {"turn": 5e-4, "velocity": 5e-4, "height": 5e-4, "positions": 7e-3, "rotations": 1.4e-2, "velocities": 5e-4}
"""The largest differences of HumanML3D's own code from its own sample."""


@pytest.fixture(scope="module")
def sample(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Joints (170, 22, 3) and features (170, 263) of one clip of HumanML3D."""
    paths = [data / "humanml3d" / folder / "012314.npy" for folder in ("new_joints", "new_joint_vecs")]
    if not all(path.is_file() for path in paths):
        pytest.skip("HumanML3D's sample 012314 is not among the raw data")
    joints, features = (np.load(path, allow_pickle=False) for path in paths)
    return joints, features


def part(features: np.ndarray, kind: str, layout: Layout = LAYOUT) -> np.ndarray:
    return features[..., getattr(layout, kind)]


def test_joints_of_the_sample_are_exact(sample):
    joints, features = sample
    np.testing.assert_allclose(to_joints(features), joints, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", LARGEST)
def test_features_of_the_sample_are_as_near_as_the_original_code_comes(sample, kind):
    joints, features = sample
    made = to_features(joints)
    assert made.shape == (169, 263)
    difference = np.abs(part(made, kind) - part(features[:169], kind))
    assert difference.max() < LARGEST[kind]
    assert difference.mean() < 2e-4


def test_contacts_of_the_sample_are_equal(sample):
    joints, features = sample
    np.testing.assert_array_equal(part(to_features(joints), "contacts"), part(features[:169], "contacts"))


def test_bone_lengths_are_those_of_the_sample(sample):
    joints, _ = sample
    bones = joints[:, 1:] - joints[:, list(HUMANML3D.parents[1:])]
    lengths = np.tile(HUMANML3D.lengths[1:], (len(joints), 1))
    np.testing.assert_allclose(np.linalg.norm(bones, axis=-1), lengths, rtol=0, atol=1e-5)


def test_mirrored_features_of_the_sample_are_those_of_the_mirrored_motion(sample):
    joints, _ = sample
    order, signs = LAYOUT.mirrored
    expected = to_features(Motion(joints).mirror().joints)
    np.testing.assert_allclose(to_features(joints)[:, order] * signs, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("layout", "ends"), [(LAYOUT, (1, 3, 4, 67, 193, 259, 263)), (KIT_LAYOUT, (1, 3, 4, 64, 184, 247, 251))]
)
def test_columns_stand_where_the_field_has_them(layout, ends):
    slices = [getattr(layout, kind) for kind in KINDS]
    assert tuple(one.stop for one in slices) == ends
    assert tuple(one.start for one in slices) == (0, *ends[:-1])
    assert layout.columns == ends[-1]


def kit_walk(frames: int = 60) -> np.ndarray:
    """A left-handed body (frames, 21, 3), as KIT's are, that walks along a curve with swinging limbs."""
    lengths = np.full(21, 0.2)
    lengths[[11, 16]] = 0.1  # hips narrower than shoulders
    rest = np.zeros((21, 3))
    for joint, parent in enumerate(KIT.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + KIT.directions[joint] * lengths[joint] * [-1, 1, 1]
    time = np.arange(frames) / KIT.fps
    joints = np.repeat(rest[None], frames, axis=0)
    swing = 0.1 * (np.sin(4 * time) - np.sin(0))[:, None]
    joints[:, [6, 7, 17, 18, 19, 20], 2] += swing
    joints[:, [9, 10, 12, 13, 14, 15], 2] -= swing
    cos, sin = np.cos(0.5 * time)[:, None], np.sin(0.5 * time)[:, None]
    x, z = joints[..., 0].copy(), joints[..., 2].copy()
    joints[..., 0], joints[..., 2] = cos * x + sin * z, cos * z - sin * x
    path = np.stack([np.sin(0.5 * time) * time, 1 + 0.02 * np.sin(5 * time), time], axis=-1)
    return joints + (path - path[0] * [1, 0, 1])[:, None]


def test_kit_round_trip():
    joints = kit_walk()
    features = to_features(joints, KIT_LAYOUT)
    assert features.shape == (59, 251)
    assert np.ptp(joints[:, 0, 2]) > 4
    assert np.abs(part(features, "turn", KIT_LAYOUT)).max() > 0.01
    np.testing.assert_allclose(to_joints(features, KIT_LAYOUT), joints[:-1], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("layout", "skeleton"), [(LAYOUT, HUMANML3D), (KIT_LAYOUT, KIT)])
def test_a_joint_has_its_own_position_columns(layout, skeleton):
    columns = [layout.position(name) for name in skeleton.names[1:]]
    assert columns[0].start == layout.positions.start
    assert columns[-1].stop == layout.positions.stop
    assert all(one.stop == other.start for one, other in itertools.pairwise(columns))


def test_kit_features_mirror_too():
    joints = kit_walk()
    order, signs = KIT_LAYOUT.mirrored
    expected = to_features(joints[:, list(KIT.mirrored)] * [-1, 1, 1], KIT_LAYOUT)
    mirrored = to_features(joints, KIT_LAYOUT)[:, order] * signs
    for kind in ("turn", "velocity", "height", "positions", "velocities"):
        np.testing.assert_allclose(part(mirrored, kind, KIT_LAYOUT), part(expected, kind, KIT_LAYOUT), atol=1e-5)


def test_a_batch_is_recovered_like_its_clips_and_with_gradients():
    features = torch.randn(2, 3, 7, 263, requires_grad=True)
    joints = recover(features)
    assert joints.shape == (2, 3, 7, 22, 3)
    alone = to_joints(features[1, 2].detach().numpy())
    np.testing.assert_allclose(joints[1, 2].detach().numpy(), alone, atol=1e-4)
    joints.sum().backward()
    assert features.grad[..., LAYOUT.positions].abs().min() > 0
    assert features.grad[..., LAYOUT.rotations].abs().max() == 0  # joints come from positions, not from the 6D


@pytest.mark.parametrize("shape", [(1, 22, 3), (0, 22, 3), (5, 21, 3), (5, 66)])
def test_what_has_no_features_is_refused(shape):
    with pytest.raises(ValueError, match="at least 2 frames of 22 joints"):
        to_features(np.zeros(shape))
