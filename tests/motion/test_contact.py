"""Planted feet, on a body that glides over the floor with legs that step."""

import numpy as np
import pytest

from mote.motion.contact import FARTHEST, TREAD, level_floor, lifted, plant_feet
from mote.motion.rotation import about, rotate
from mote.motion.skeleton import HUMANML3D

LEGS = ((1, 4, 7, 10), (2, 5, 8, 11))
TOES = [10, 11]
ABOVE = [joint for joint in range(22) if joint not in (4, 5, 7, 8, 10, 11)]
STANCE = 14


def body(thighs: np.ndarray, shanks: np.ndarray, speed: float = 0.0) -> np.ndarray:
    """Joints (frames, 22, 3) of somebody who glides ahead, `speed` metres a frame, toes 1 cm high where no leg bends.

    Args:
        thighs, shanks: how far thigh and shank of the left and the right leg are turned forward, (frames, 2) radians.
    """
    joints = np.zeros((len(thighs), 22, 3))
    turns = {
        joint: angles[:, side]
        for side, leg in enumerate(LEGS)
        for joint, angles in ((leg[1], thighs), (leg[2], shanks))
    }
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            angle = turns.get(joint, np.zeros(len(thighs)))
            joints[:, joint] = joints[:, parent] + rotate(about("X", -angle), HUMANML3D.offsets[joint])
    joints[..., 2] += speed * np.arange(len(thighs))[:, None]
    joints[..., 1] += 0.01 - joints[0, TOES, 1].min()
    return joints.astype(np.float32)


def walk(speed: float = 0.006) -> tuple[np.ndarray, np.ndarray]:
    """A walk (84, 22, 3) with bent knees whose feet slide while they stand, and its contacts (84, 4)."""
    phase = np.arange(6 * STANCE)[:, None] + [0, STANCE]
    lift = np.where(phase // STANCE % 2 == 1, np.sin(np.pi * (phase % STANCE) / STANCE) ** 2, 0)  # (frames, 2)
    contacts = np.repeat(lift == 0, 2, axis=1).astype(np.float32)
    return body(0.4 + 0.5 * lift, -0.35 - 0.6 * lift, speed), contacts


def standing(contacts: np.ndarray) -> np.ndarray:
    """Steps (frames - 1, 2) in the midst of a stance of left and right foot."""
    stands = contacts[:, [1, 3]] > 0
    return np.stack([np.convolve(foot, np.ones(7), mode="same") == 7 for foot in stands.T], axis=-1)[:-1]


def assert_bones_kept(joints: np.ndarray) -> None:
    bones = np.linalg.norm(joints[:, 1:] - joints[:, list(HUMANML3D.parents[1:])], axis=-1)
    np.testing.assert_allclose(bones, np.tile(HUMANML3D.lengths[1:], (len(joints), 1)), atol=1e-4)


def steps(joints: np.ndarray) -> np.ndarray:
    """Millimetres that left and right toe go along the floor, (frames - 1, 2)."""
    return 1000 * np.linalg.norm(np.diff(joints[:, TOES][..., [0, 2]], axis=0), axis=-1)


def jerk(joints: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).max())


def test_sliding_feet_stand_still_and_the_rest_of_the_body_does_not_change():
    joints, contacts = walk()
    planted = plant_feet(joints, contacts)
    stands = standing(contacts)
    assert stands.sum() > 40
    np.testing.assert_allclose(steps(joints)[stands], 6, atol=0.1)
    assert steps(planted)[stands].max() < 1
    assert planted.dtype == np.float32
    np.testing.assert_array_equal(planted[:, ABOVE], joints[:, ABOVE])
    np.testing.assert_allclose(planted[:, TOES, 1], joints[:, TOES, 1], atol=1e-5)
    assert_bones_kept(planted)
    assert jerk(planted) < 1.1 * jerk(joints)


def test_knees_keep_their_side():
    joints, contacts = walk()
    planted = plant_feet(joints, contacts)
    for hip, knee, ankle, _ in LEGS:
        middle = (planted[:, hip] + planted[:, ankle]) / 2
        assert (planted[:, knee, 2] > middle[:, 2]).all()
        np.testing.assert_allclose(planted[:, knee, 0], joints[:, knee, 0], atol=1e-3)


def test_straight_legs_neither_break_nor_snap():
    still = np.zeros((60, 2))
    joints = body(still, still, speed=0.004)
    planted = plant_feet(joints, np.ones((60, 4)))
    assert_bones_kept(planted)
    assert jerk(planted) < 0.005
    assert steps(planted).mean() < steps(joints).mean()


def test_the_heel_rises_where_the_leg_is_too_short():
    angles = np.full((40, 2), 0.12)
    joints = body(angles, -angles, speed=0.005)
    planted = plant_feet(joints, np.ones((40, 4)))
    assert planted[-1, 7, 1] > joints[-1, 7, 1] + 0.003
    np.testing.assert_allclose(planted[-1, 10, 1], joints[-1, 10, 1], atol=1e-3)


@pytest.mark.parametrize(
    ("what", "speed", "height", "contact"),
    [("in the air", 0.006, 0.3, 1.0), ("fast", 0.12, 0.0, 1.0), ("said to move", 0.006, 0.0, 0.3), ("still", 0, 0, 1)],
)
def test_a_foot_that_needs_nothing_stays_as_it_is(what, speed, height, contact):
    angles = np.full((50, 2), 0.3)
    joints = body(angles, -angles, speed) + np.float32([0, height, 0])
    np.testing.assert_allclose(plant_feet(joints, np.full((50, 4), contact)), joints, atol=1e-5, err_msg=what)


def test_a_foot_that_really_goes_far_is_not_held():
    angles = np.full((60, 2), 0.4)
    joints = body(angles, -angles, speed=0.03)
    planted = plant_feet(joints, np.ones((60, 4)))
    assert np.linalg.norm(planted[:, TOES] - joints[:, TOES], axis=-1).max() < FARTHEST
    assert np.ptp(planted[:, TOES, 2], axis=0).min() > np.ptp(joints[:, TOES, 2], axis=0).min() - 2 * FARTHEST


@pytest.mark.parametrize("angle", [0.7, np.pi, -2.0])
def test_where_and_which_way_does_not_matter(angle):
    joints, contacts = walk()

    def elsewhere(points: np.ndarray) -> np.ndarray:
        return rotate(about("Y", np.float64(angle)), points.astype(np.float64)) + np.array([3, 0, -2])

    np.testing.assert_allclose(
        plant_feet(elsewhere(joints), contacts), elsewhere(plant_feet(joints, contacts)), atol=1e-5
    )


@pytest.mark.parametrize("frames", [1, 2])
def test_a_moment_is_left_alone(frames):
    joints, contacts = walk()
    np.testing.assert_array_equal(level_floor(joints[:frames], contacts[:frames]), joints[:frames])
    np.testing.assert_array_equal(plant_feet(joints[:frames], contacts[:frames]), joints[:frames])


def rising(height: float) -> tuple[np.ndarray, np.ndarray]:
    """A walk whose floor rises by so many metres, and its contacts."""
    joints, contacts = walk()
    rise = np.linspace(0, height, len(joints), dtype=np.float32)
    return joints + rise[:, None, None] * np.float32([0, 1, 0]), contacts


def test_a_walk_that_drifts_up_comes_back_to_one_floor():
    joints, contacts = rising(0.15)
    level = level_floor(joints, contacts)
    stands = standing(contacts)
    assert level.dtype == np.float32
    np.testing.assert_allclose(level[:-1, TOES, 1][stands], TREAD, atol=0.01)
    assert np.ptp(joints[:-1, TOES, 1][stands]) > 0.1
    np.testing.assert_allclose(level - level[:, :1], joints - joints[:, :1], atol=1e-6)


def test_stairs_are_climbed():
    joints, contacts = rising(0.6)
    np.testing.assert_array_equal(level_floor(joints, contacts), joints)


def test_a_jump_stays_as_high_as_it_was():
    still = np.zeros((60, 2))
    flight = np.clip(1 - ((np.arange(60) - 30) / 6.4) ** 2, 0, None).astype(np.float32)  # falls as half a metre does
    joints = body(still, still) + 0.5 * flight[:, None, None] * np.float32([0, 1, 0])
    level = level_floor(joints, np.ones((60, 4)))  # at the top a foot is as slow as one that stands, and labelled so
    assert np.ptp(level[:, 0, 1]) == pytest.approx(0.5, abs=0.01)


def test_who_lies_is_not_put_on_feet():
    joints = body(np.zeros((40, 2)), np.zeros((40, 2)))
    joints[..., 1] = 0.2 + 0.1 * joints[..., 1]
    joints[:, TOES, 1] += 0.15
    np.testing.assert_array_equal(level_floor(joints, np.ones((40, 4))), joints)


def test_feet_come_up_to_the_floor_and_nothing_else_is_below_it():
    joints, contacts = walk()
    planted = plant_feet(joints - np.float32([0, 0.05, 0]), contacts)
    assert planted[..., 1].min() > -1e-6
    assert_bones_kept(planted)
    bowed = joints.copy()
    bowed[:, 20, 1] = -0.1
    assert level_floor(bowed, contacts)[..., 1].min() > -1e-6


def test_who_is_under_the_floor_is_lifted_there_and_stands_on_it_before_and_after():
    still = body(np.zeros((60, 2)), np.zeros((60, 2))).astype(np.float32)
    fallen = still.copy()
    fallen[28:33, :, 1] -= 0.1
    up = lifted(fallen, fallen[..., 1].min(axis=1), 20.0)
    assert up.dtype == np.float32
    assert up[..., 1].min() > -1e-6
    apart = [*range(17), *range(44, 60)]
    np.testing.assert_allclose(up[apart], still[apart], atol=1e-6)
    assert np.abs(np.diff((up - fallen)[:, 0, 1])).max() < 0.03, "it rises and sinks by degrees"
    np.testing.assert_array_equal(lifted(still, still[..., 1].min(axis=1), 20.0), still)
