"""Facts of a motion by the classes that a sentence tells: pace, way, the size of a turn, how high, how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from mote.motion.facts import Facts, Hand

TURNS: dict[str, tuple[int, int]] = {
    "slight": (30, 60),
    "quarter": (70, 115),
    "half": (150, 225),
    "full": (330, 400),
}
"""Degrees between which a turn is told by its size."""
PACES = {"walk": (0.7, 1.35), "run": (1.7, 3.0), "walk-back": (0.5, 1.0)}
"""Metres a second below which an action is slow, and above which it is fast."""
WAVE = "wave"
"""The action of which swings of the hand are counted."""
JUMPS = frozenset({"jump", "hop", "jumping-jacks"})
"""The actions of which flights are counted."""
STRIKES: Mapping[str, Callable[[Facts], int]] = {
    "punch": lambda facts: facts.strikes,
    "kick": lambda facts: facts.kicks,
}
"""The actions of which strikes are counted."""
CLIMBS = frozenset({"climb", "climb-steps"})
"""The actions that lead up or down."""
COUNTED = frozenset({WAVE, *JUMPS, *STRIKES})
"""The actions of which can be told how often they are done."""


def pace(action: str, facts: Facts) -> Literal["slow", "steady", "fast"] | None:
    """How fast a clip is for its action; None where the action has no pace or the way is short."""
    limits = PACES.get(action)
    if limits is None or facts.distance < 0.8:
        return None
    slow, fast = limits
    return "slow" if facts.speed < slow else "fast" if facts.speed > fast else "steady"


def path(facts: Facts) -> Literal["straight", "curve", "circle"] | None:
    """The shape of a way; None for a short one, and for one that is none of these clearly."""
    if facts.distance < 1.5:
        return None
    if facts.straightness > 0.97 and abs(facts.turn) < 25:
        return "straight"
    if facts.straightness < 0.5 and abs(facts.turn) > 300:
        return "circle"
    return "curve" if abs(facts.turn) > 60 else None


def turned(facts: Facts) -> str | None:
    """The size of a turn; None for none, and for one between these."""
    return next((size for size, (least, most) in TURNS.items() if least < abs(facts.turn) < most), None)


def used(side: str | None, facts: Facts) -> tuple[Hand, ...]:
    """The hands of a side, those that are raised where none is named."""
    own = {"left": (facts.left_hand,), "right": (facts.right_hand,), "both": (facts.left_hand, facts.right_hand)}
    return own.get(side or "", facts.raised)


def raised_to(side: str | None, facts: Facts) -> Literal["chest", "shoulder", "head", "over"] | None:
    """How high the hands of a side are raised, or those that are; None where none is."""
    hands = used(side, facts)
    if not hands or min(hand.seconds_raised for hand in hands) == 0:
        return None
    if min(hand.seconds_over_head for hand in hands) > 0.2:
        return "over"
    if min(hand.seconds_over_shoulder for hand in hands) > 0.2:
        return "head" if min(hand.height for hand in hands) > -0.12 else "shoulder"
    return "chest"


def times(action: str, side: str | None, facts: Facts) -> int | None:
    """How often somebody does an action that is COUNTED; None for another."""
    if action == WAVE:
        return max((hand.waves for hand in used(side, facts)), default=0)
    if action in STRIKES:
        return STRIKES[action](facts)
    return facts.jumps if action in JUMPS else None
