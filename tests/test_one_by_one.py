"""Sentences of one action after another: what is told apart in them, and what stays whole."""

from __future__ import annotations

import pytest
import torch

from mote import sequence
from mote.sequence import one_by_one

WAYS = {"walks": "walk", "walk": "walk", "waves": "wave", "wave": "wave", "bow": "bow", "jump": "jump",
        "sits": "sit-down", "turns": "turn-around", "stands": "stand"}  # fmt: skip


@pytest.fixture
def telling(choosy_model, monkeypatch):
    """A model that is sure of the action of a few words."""

    def claimed(_, parts):
        return [next((WAYS[word] for word in part.strip(".").split() if word in WAYS), None) for part in parts]

    monkeypatch.setattr(sequence, "_claimed", claimed)
    return choosy_model


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("a person walks, then waves", ["a person walks", "a person waves"]),
        ("An old man walks and then he waves.", ["An old man walks", "he waves"]),
        ("walk forward, then wave", ["walk forward", "wave"]),
        ("someone walks; afterwards they bow", ["someone walks", "they bow"]),
        ("she walks, sits down, and finally waves", ["she walks", "she sits down", "she waves"]),
        ("a man walks followed by a jump", ["a man walks", "a man does a jump"]),
        ("at a slow pace, a woman walks, then waves", ["at a slow pace, a woman walks", "a woman waves"]),
        ("a man walks 3 meters, then walks four steps", ["a man walks 3 meters", "a man walks four steps"]),
        ("a man walks 3 meters, taking 4 steps, then waves", ["a man walks 3 meters, taking 4 steps", "a man waves"]),
    ],
)
def test_every_action_is_a_sentence_of_who_does_it(telling, text, actions):
    assert one_by_one(telling, text) == actions


@pytest.mark.parametrize(
    "text",
    [
        "a person walks",
        "a person walks and waves",
        "a person walks, waves",
        "a person walks, then turns to the left",
        "a person walks, then does what nobody knows",
        "a person walks, then walks faster",
        "a person stands and then walks off",
        "a person walks, then !!!",
        "a person walks, then \u8dd1",
        "then",
        "and then, then",
    ],
)
def test_what_is_one_action_stays_whole(telling, text):
    assert one_by_one(telling, text) == [text]


def test_without_a_reader_of_claims_everything_stays_whole(tiny_model):
    assert one_by_one(tiny_model, " a person walks, then waves ") == ["a person walks, then waves"]


@pytest.mark.parametrize(("sure", "count"), [(0.9, 2), (0.5, 1)])
def test_only_what_is_surely_claimed_is_told_apart(choosy_model, monkeypatch, sure, count):
    names = choosy_model.claims.config.classes["action"]
    claims = torch.full((2, len(names) + 1), (1 - sure) / len(names))
    claims[[0, 1], [names.index("walk"), names.index("wave")]] = sure
    monkeypatch.setattr(choosy_model.reader, "claimed", lambda *_: {"action": claims})
    assert len(one_by_one(choosy_model, "a person walks, then waves")) == count
