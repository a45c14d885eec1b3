"""Sentences for labelled and measured clips in the manner of HumanML3D: lower case, no full stop."""

from __future__ import annotations

import re

import numpy as np

from mote.motion.facts import Facts
from train.prepare.actions import ACTIONS, Action, find_action
from train.prepare.held_out import HELD_OUT
from train.prepare.reading import Claims, read_caption, uses_held_out
from train.prepare.words import PEOPLE, style_group
from train.prepare.writer import Caption, Writer

__all__ = [
    "Caption",
    "Claims",
    "describe",
    "paraphrase",
    "read_caption",
    "uses_held_out",
]

_TRIES = 40


def describe(
    action: str,
    style: str | None,
    facts: Facts,
    *,
    split: str,
    rng: np.random.Generator,
    count: int,
    side: str | None = None,
) -> list[Caption]:
    """Up to `count` different sentences about one clip, made of its labels and of what was measured.

    A side comes from `side`, from the action id or, for limbs, from the measurement.  Wording that is held out from
    training is used for `val` and `test`, each with its own, and mixed with the known one there.

    Raises:
        KeyError: the action or the style has no words; the message names it.
        ValueError: `side` contradicts the action id, or the split is unknown.
    """
    if split not in ("train", "val", "test"):
        raise ValueError(f"the split is train, val or test, not {split!r}")
    name, named = find_action(action)
    if side and named and side != named:
        raise ValueError(f"the side {side!r} contradicts the action {action!r}")
    writer = Writer(
        name=name,
        action=ACTIONS[name],
        style=None if style is None else style_group(style),
        side=side or named or _measured_side(ACTIONS[name], facts),
        facts=facts,
        rng=rng,
        own=HELD_OUT.get(split),
    )
    captions: dict[str, Caption] = {}
    for _ in range(_TRIES * count):
        if len(captions) == count:
            break
        caption = writer.sentence()
        if caption is not None:
            captions.setdefault(caption.text, caption)
    return list(captions.values())


def paraphrase(text: str, *, rng: np.random.Generator) -> str:
    """A human sentence about another person: the words for a neutral subject are exchanged, the rest stays."""
    neutral = r"^(?:a person|the person|person|someone|somebody|a human|the human|a figure|the figure)\b(?!')"
    person = str(rng.choice([word for word in PEOPLE if "man" not in word.split()]))
    return re.sub(neutral, person, text.strip().lower().rstrip(". "), count=1)


def _measured_side(action: Action, facts: Facts) -> str | None:
    """The side that the clip shows for the limb that the action uses, or the way of a turn."""
    if action.kind == "hand":
        return facts.raised_hand
    if action.kind == "strike":
        return facts.striking_hand
    if action.kind == "kick":
        return facts.kicking_foot
    if action.kind == "turn" and abs(facts.turn) > 40:
        return "left" if facts.turn > 0 else "right"
    if action.kind == "travel" and facts.heading is not None and 15 < abs(facts.heading) < 165:
        return "left" if facts.heading > 0 else "right"
    return None
