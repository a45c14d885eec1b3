"""Motions one after another."""

import numpy as np
import pytest

from mote.motion.motion import Motion
from mote.motion.retarget import canonical
from mote.motion.sequence import join
from mote.motion.skeleton import HUMANML3D

STRIDE = 0.05
"""Metres a frame."""


@pytest.fixture
def standing() -> Motion:
    """Two seconds in the rest pose."""
    pose = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        pose[joint] = pose[parent] + HUMANML3D.offsets[joint]
    return canonical(Motion(np.repeat(pose[None], 40, axis=0)))


@pytest.fixture
def walker(standing) -> Motion:
    """Two seconds straight ahead, then a quarter turn to the left within half a second."""
    frames = np.arange(40)
    joints = np.repeat(standing.joints[:1].astype(np.float64), 50, axis=0)
    joints[:, :, 2] += STRIDE * np.minimum(np.arange(50), 39)[:, None]
    for number, angle in enumerate(np.linspace(0, np.pi / 2, 10)):
        pose = joints[len(frames) + number]
        centre = pose[0] * [1, 0, 1]
        x, z = (pose - centre)[:, 0].copy(), (pose - centre)[:, 2].copy()
        pose[:, 0] = np.cos(angle) * x + np.sin(angle) * z + centre[0]
        pose[:, 2] = np.cos(angle) * z - np.sin(angle) * x + centre[2]
    return canonical(Motion(joints))


def test_the_second_goes_on_where_and_as_the_first_ends(walker):
    both = join([walker, walker], blend=0)
    np.testing.assert_allclose(both.joints[:45], walker.joints[:45], atol=1e-4)
    jumps = np.linalg.norm(np.diff(both.joints, axis=0), axis=-1)
    assert jumps.max() < 3 * STRIDE, "nothing jumps at the seam"
    gone = both.joints[-1, 0] - walker.joints[-1, 0]
    assert gone[0] == pytest.approx(39 * STRIDE, abs=0.05), "after a turn to the left, ahead is +X"
    assert abs(gone[2]) < 0.15


def test_a_blend_shortens_and_smooths(walker, standing):
    joints = standing.joints.copy()
    for side in ("left", "right"):
        shoulder, *arm = (HUMANML3D.index(f"{side} {joint}") for joint in ("shoulder", "elbow", "wrist"))
        lengths = joints[:, [shoulder], 1] - joints[:, arm, 1]
        joints[:, arm] = joints[:, [shoulder]] + lengths[..., None] * [0, 0, 1]
    arms_ahead = Motion(joints)
    hard, soft = join([walker, arms_ahead], blend=0), join([walker, arms_ahead], blend=0.5)
    assert len(hard) - len(soft) == 9, "one frame is both at the least"
    assert len(soft) == len(walker) + len(arms_ahead) - 10
    steps = [np.abs(np.diff(motion.joints[:, HUMANML3D.index("left wrist"), 1])).max() for motion in (hard, soft)]
    assert steps[0] > 0.2, "the arms are there in two frames"
    assert steps[1] < 0.3 * steps[0]


@pytest.mark.parametrize("blend", [-1, float("nan")])
def test_what_cannot_be_joined_is_said(walker, blend):
    with pytest.raises(ValueError, match="at least one"):
        join([])
    with pytest.raises(ValueError, match="0 seconds or more"):
        join([walker, walker], blend=blend)
