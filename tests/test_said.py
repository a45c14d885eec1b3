"""Whether what a sentence says is so, by what is measured of a motion."""

import people
import pytest

from mote.motion.facts import measure
from mote.motion.motion import Motion
from mote.said import Said, kept, truth

WALK = measure(Motion(people.walking(4, (0, 1.0))))  # 4 m straight ahead in 4 s


def test_only_what_is_said_is_asked_for():
    assert set(kept(Said(), WALK).values()) == {None}
    assert truth(Said(), WALK) == 0


@pytest.mark.parametrize(
    ("saying", "fact", "so"),
    [
        (Said(meters=4.4), "distance", True),
        (Said(meters=7), "distance", False),
        (Said(seconds=5), "duration", True),
        (Said(seconds=8), "duration", False),
        (Said(path="straight"), "path", True),
        (Said(path="circle"), "path", False),
        (Said(action="walk", speed="steady"), "pace", True),
        (Said(action="walk", speed="fast"), "pace", False),
        (Said(turn="left"), "turn", False),
        (Said(turned="half"), "size", False),
        (Said(stops=True), "stop", False),
        (Said(side="left", raised="over"), "height", False),
        (Said(action="jump", times=3), "times", False),
    ],
)
def test_what_is_said_is_measured(saying, fact, so):
    assert {name: right for name, right in kept(saying, WALK).items() if right is not None} == {fact: so}
    assert (truth(saying, WALK) > 0) is so


def test_one_thing_that_is_not_so_outweighs_one_that_is():
    assert truth(Said(meters=4, seconds=4), WALK) > truth(Said(meters=4), WALK) > 0
    assert truth(Said(meters=4, seconds=9), WALK) < truth(Said(), WALK)
