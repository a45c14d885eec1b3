"""What a motion accepts, and cutting, resampling, mirroring and grounding it."""

import numpy as np
import pytest

from mote import Motion
from mote.motion.skeleton import HUMANML3D

LEFT, RIGHT = HUMANML3D.index("left wrist"), HUMANML3D.index("right wrist")


@pytest.fixture
def wobble() -> Motion:
    """A random smooth motion of 41 frames."""
    rng = np.random.default_rng(0)
    time = np.linspace(0, 2, 41)[:, None, None]
    return Motion(1 + rng.normal(size=(22, 3)) + 0.3 * np.sin(2 * time + rng.uniform(0, 6, size=(22, 3))))


def test_joints_become_float32_and_fps_a_float(wobble):
    assert wobble.joints.dtype == np.float32
    assert isinstance(Motion(wobble.joints, 30).fps, float)
    assert wobble.fps == 20
    assert len(wobble) == 41
    assert wobble.seconds == pytest.approx(2.05)


@pytest.mark.parametrize("shape", [(0, 22, 3), (22, 3), (5, 20, 3), (5, 22, 2), (5, 66)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(frames, 21, 3\) joints, not"):
        Motion(np.zeros(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(value):
    joints = np.zeros((3, 22, 3))
    joints[1, 5, 2] = value
    with pytest.raises(ValueError, match="finite"):
        Motion(joints)


@pytest.mark.parametrize("fps", [0, -20, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(wobble, fps):
    with pytest.raises(ValueError, match="fps is a positive number"):
        Motion(wobble.joints, fps)
    with pytest.raises(ValueError, match="fps is a positive number"):
        wobble.resample(fps)


def test_a_slice_is_a_motion(wobble):
    part = Motion(wobble.joints, 25)[10:-5]
    assert part.fps == 25
    np.testing.assert_array_equal(part.joints, wobble.joints[10:-5])


def test_other_cuts_are_refused(wobble):
    with pytest.raises(TypeError, match="slice"):
        wobble[3]
    with pytest.raises(ValueError, match="resample"):
        wobble[::2]
    with pytest.raises(ValueError, match="frames"):
        wobble[50:60]


@pytest.mark.parametrize("fps", [5, 12.5, 24, 30, 60, 120])
def test_resampling_keeps_time_and_place(wobble, fps):
    other = wobble.resample(fps)
    assert other.fps == fps
    at = np.arange(len(other)) / fps
    last = (len(wobble) - 1) / wobble.fps
    assert last - 1 / fps < at[-1] <= last + 1e-9
    for axis in range(3):
        expected = np.interp(at, np.arange(41) / 20, wobble.joints[:, LEFT, axis])
        np.testing.assert_allclose(other.joints[:, LEFT, axis], expected, atol=4e-3)


def test_resampling_goes_through_the_frames_that_stay(wobble):
    np.testing.assert_allclose(wobble.resample(40).joints[::2], wobble.joints, atol=1e-6)
    np.testing.assert_array_equal(wobble.resample(10).joints, wobble.joints[::2])
    assert wobble.resample(20) is wobble


def test_resampling_a_curve_is_better_than_straight_lines():
    time = np.arange(41) / 20
    joints = np.zeros((41, 22, 3))
    joints[:, :, 1] = np.sin(8 * time)[:, None]
    fine = Motion(joints).resample(100)
    exact = np.sin(8 * np.arange(len(fine)) / 100)
    straight = np.interp(np.arange(len(fine)) / 100, time, np.sin(8 * time))
    inner = slice(10, -10)
    assert np.abs(fine.joints[inner, 0, 1] - exact[inner]).max() < 0.3 * np.abs(straight - exact).max()


def test_one_frame_resamples_to_one_frame(wobble):
    assert len(wobble[:1].resample(60)) == 1


def test_a_mirror_exchanges_the_sides(wobble):
    mirrored = wobble.mirror()
    np.testing.assert_array_equal(mirrored.joints[:, RIGHT], wobble.joints[:, LEFT] * np.float32([-1, 1, 1]))
    np.testing.assert_array_equal(mirrored.joints[:, 0, 1:], wobble.joints[:, 0, 1:])
    np.testing.assert_array_equal(mirrored.mirror().joints, wobble.joints)


def test_on_the_floor_the_lowest_joint_touches_it(wobble):
    for height in (-3, 5):
        grounded = Motion(wobble.joints + np.float32([0, height, 0])).on_floor()
        assert abs(grounded.joints[..., 1].min()) < 1e-6
        np.testing.assert_array_equal(grounded.joints[..., [0, 2]], wobble.joints[..., [0, 2]])
