"""What a sentence says that can be measured of a motion, and whether it is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mote import spelled
from mote.models.claims import Claims
from mote.motion.facts import Facts
from mote.motion.grades import CLIMBS, pace, path, raised_to, times, turned

SURE = 0.5
"""How probable it is at the least that something is claimed."""
TURN = 15.0
"""Degrees from which a clip turns to a side; the captions tell clearer ones alone."""
STEPS_OFF, METERS_OFF, SECONDS_OFF = 1, 0.25, 1.0
"""How many steps, what share of a way (at least half a metre) and how many seconds more or less than a sentence says
are right: captions round, and a half step at either end is a matter of taste."""
WRONG = 2.0
"""How many things that are so, and are said, one that is said and is not so outweighs."""
NUMBERED = ("meters", "steps", "times", "seconds")
"""The kinds of claims that are numbers."""
Fact = Literal["turn", "steps", "pace", "distance", "duration", "times", "path", "size", "height", "stop"]
"""What a sentence may say that is measured, beside the side; size is that of a turn, height that of hands."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a sentence says; None where it says nothing. Those that differ in what is measured alone, and rounded, are
    equal.

    Args:
        action, side: what is done, and by the hand or foot of which side.
        turn, turned, degrees: to which side somebody turns, by which part of a turn, by how much.
        path, speed, meters, steps, stops: the shape of the way, the pace on it, its length, its steps, and its end.
        raised: how high hands are raised.
        times: how often somebody does it.
        seconds: how long it lasts.
        climbs: whether somebody who climbs climbs up or down.
    """

    action: str | None = None
    side: str | None = None
    turn: str | None = None
    turned: str | None = field(default=None, compare=False)
    degrees: float | None = field(default=None, compare=False)
    path: str | None = field(default=None, compare=False)
    speed: str | None = None
    meters: float | None = field(default=None, compare=False)
    steps: int | None = None
    stops: bool | None = field(default=None, compare=False)
    raised: str | None = field(default=None, compare=False)
    times: int | None = field(default=None, compare=False)
    seconds: int | None = field(default=None, compare=False)
    climbs: spelled.Climb | None = field(default=None, compare=False)


def said(texts: Sequence[str], claims: Claims, classes: Mapping[str, Sequence[str]]) -> list[Said]:
    """What each of several texts says: what it spells out, else what it surely claims, by the kinds of `train.claims`;
    the last class of each is that it claims nothing."""
    names = {kind: (*each, None) for kind, each in classes.items()}
    likeliest = {
        kind: each.argmax(dim=-1).where(each.amax(dim=-1) > SURE, each.shape[-1] - 1).tolist()
        for kind, each in claims.items()
    }
    return [
        _said(text, {kind: names[kind][rows[row]] for kind, rows in likeliest.items()})
        for row, text in enumerate(texts)
    ]


def _said(text: str, claimed: Mapping[str, str | None]) -> Said:
    numbers = {kind: float(claim) for kind in NUMBERED if (claim := claimed.get(kind))} | spelled.numbers(text)
    counts = {kind: round(number) for kind, number in numbers.items()}
    return Said(
        action=claimed.get("action"),
        side=claimed.get("side"),
        turn=claimed.get("turn"),
        turned=claimed.get("turned"),
        degrees=numbers.get("degrees"),
        path=claimed.get("path"),
        speed=claimed.get("speed"),
        meters=numbers.get("meters"),
        steps=counts.get("steps"),
        stops=claimed.get("stops") == str(True) or None,
        raised=spelled.height(text) or claimed.get("raised"),
        times=counts.get("times"),
        seconds=counts.get("seconds"),
        climbs=spelled.climb(text) if claimed.get("action") in CLIMBS else None,
    )


def kept(saying: Said, facts: Facts) -> dict[Fact, bool | None]:
    """Whether what is measured is what a sentence says; None where it says nothing."""
    checks: dict[Fact, tuple[object, Callable[[], bool]]] = {
        "turn": (saying.turn, lambda: side_turned(facts) == saying.turn),
        "steps": (saying.steps, lambda: abs(facts.steps - (saying.steps or 0)) <= STEPS_OFF),
        "pace": (saying.speed, lambda: pace(saying.action or "", facts) == saying.speed),
        "distance": (saying.meters, lambda: _near(facts.distance, saying.meters or 0.0)),
        "duration": (saying.seconds, lambda: abs(facts.seconds - (saying.seconds or 0)) <= SECONDS_OFF),
        "times": (saying.times, lambda: times(saying.action or "", saying.side, facts) == saying.times),
        "path": (saying.path, lambda: path(facts) == saying.path),
        "size": (saying.turned, lambda: turned(facts) == saying.turned),
        "height": (saying.raised, lambda: raised_to(saying.side, facts) == saying.raised),
        "stop": (saying.stops, lambda: facts.stops),
    }
    return {fact: None if asked is None else check() for fact, (asked, check) in checks.items()}


def truth(saying: Said, facts: Facts) -> float:
    """How much a sentence says that is so, without what it says that is not."""
    so = [*kept(saying, facts).values()]
    return so.count(True) - WRONG * so.count(False)


def side_turned(facts: Facts) -> Literal["left", "right"] | None:
    """The side to which a clip turns clearly, if it does."""
    if abs(facts.turn) < TURN:
        return None
    return "left" if facts.turn > 0 else "right"


def _near(distance: float, meters: float) -> bool:
    return abs(distance - meters) <= max(0.5, METERS_OFF * meters)
