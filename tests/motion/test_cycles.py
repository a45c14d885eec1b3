"""What is done again and again, done as often as was asked for."""

import numpy as np
import people
import pytest

from mote.motion.cycles import as_often
from mote.motion.facts import measure
from mote.motion.motion import Motion

PERIOD = 30
"""Frames from one jump to the next."""


def jumping(count: int) -> Motion:
    """Somebody who jumps so often, for half of each period, and drifts ahead; each jump as high as the one before."""
    joints = people.walking((count + 1) * PERIOD / people.LIMITS.fps, (0.0, 0.4), rate=0)
    moment = np.arange(len(joints)) / PERIOD - 0.5
    up = 0.3 * np.maximum(0, np.sin(2 * np.pi * moment)) * (moment >= 0) * (moment < count)
    joints[..., 1] += up[:, None]
    return Motion(joints)


def jumps(motion: Motion) -> int:
    return measure(motion).jumps


@pytest.mark.parametrize("wanted", [1, 2, 4, 7])
def test_as_many_jumps_are_made_as_are_wanted_and_nothing_shakes(wanted):
    motion = jumping(3)
    made = as_often(motion, wanted, jumps)
    assert jumps(motion) == 3
    assert jumps(made) == wanted
    assert (len(made) - len(motion)) / PERIOD == pytest.approx(wanted - 3, rel=0.25)
    steps = [np.abs(np.diff(each.joints, axis=0)).max() for each in (motion, made)]
    assert steps[1] < 1.2 * steps[0]


def test_the_body_goes_on_from_where_it_is():
    ways = [np.diff(motion.joints[:, 0, 2]) for motion in (jumping(3), as_often(jumping(3), 5, jumps))]
    np.testing.assert_allclose(ways[1].mean(), ways[0].mean(), rtol=0.05)


def test_what_is_right_and_what_has_nothing_to_count_stays_as_it_is():
    for motion in (jumping(3), jumping(0), Motion(people.standing(1)), Motion(people.standing(5))):
        assert as_often(motion, 3, jumps) is motion


@pytest.mark.parametrize("wanted", [1, 5])
def test_a_motion_lasts_as_long_as_it_may(wanted):
    motion = jumping(3)
    assert as_often(motion, wanted, jumps, lambda seconds: abs(seconds - motion.seconds) < 0.3) is motion


def test_what_cannot_be_had_is_done_as_nearly_as_it_can():
    made = as_often(jumping(2), 9, lambda made: 2 * jumps(made))
    assert jumps(made) in (4, 5)
