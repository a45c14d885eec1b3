"""Clips cut anew: strikes that begin alike, ways that are counted."""

import numpy as np
import people
import pytest
from conftest import STRIKES

from mote.motion.facts import measure, strikes
from mote.motion.features import to_motion
from mote.motion.motion import Motion
from train.cuts import KEPT, UnseenError, beginning_alike, with_counted
from train.data import Clips
from train.prepare.reading import read_caption


def test_a_fist_strikes_where_it_is_fastest():
    found = strikes(Motion(people.boxing(*STRIKES)).on_floor())
    assert all(min(abs(row - moment) for moment in STRIKES) <= 2 for row in found)
    assert {min(STRIKES, key=lambda moment, row=row: abs(row - moment)) for row in found} == set(STRIKES)


def test_clips_of_an_action_that_strikes_begin_alike(active):
    alike = beginning_alike(active, ["punch"])
    assert {record["action"] for record in alike.records} == {"punch"}
    for features in alike.features:
        first, *_ = strikes(to_motion(features.astype(np.float32), alike.layout))
        assert abs(first - 8) <= 2, "a strike 0.4 s after the beginning"
    assert {len(features) // 40 for features in alike.features} >= {0, 1, 2}, "one strike, two and all three"


def test_what_does_not_strike_stays_whole(active):
    resting = Clips([active.features[2]], [active.records[0]])
    assert [len(clip) for clip in beginning_alike(resting, ["punch"]).features] == [59], "of a punch without a strike"
    assert [len(clip) for clip in beginning_alike(active, ["dance"]).features] == [59]


def test_stretches_of_a_walk_say_how_many_steps_they_take_and_how_far_they_go(active):
    clips = with_counted(active)
    assert clips.records[:3] == active.records
    assert {record["action"] for record in clips.records[3:]} == {"walk"}
    assert len({len(features) for features in clips.features[3:]}) > 1
    told = set()
    for features, record in zip(clips.features[3:], clips.records[3:], strict=True):
        facts = measure(to_motion(features.astype(np.float32), clips.layout))
        assert record["facts"]["steps"] == facts.steps
        assert 0 < len(record["captions"]) == len(record["mirrored_captions"]) <= 2 * KEPT
        for claims in map(read_caption, record["captions"]):
            assert claims.steps in (None, facts.steps)
            assert claims.meters is None or abs(claims.meters - facts.distance) <= 0.25
            told |= {kind for kind in ("steps", "meters", "path") if getattr(claims, kind) is not None}
    assert told == {"steps", "meters", "path"}


def test_the_stretches_are_the_same_again(active):
    first, again = (with_counted(active) for _ in range(2))
    assert first.records == again.records


def test_actions_that_no_clip_shows_are_told_in_a_sentence(active):
    with pytest.raises(UnseenError, match="no clip shows kick: prepare such clips"):
        beginning_alike(active, ["kick"])
