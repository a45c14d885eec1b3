"""What real clips measure, beside which a result is judged: a small file with a model's weights, of no clip itself."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from mote.motion.quality import Movement

REAL = "real.json"
"""The file in a model's folder; `python -m train.real` writes it."""

MOST = 1e9
"""No figure is as large; JSON holds numbers that no float does."""

Trait = Literal["skating", "jitter"]
Pairing = Literal["match", "mismatch", "agreement", "disagreement"]


class Standing(NamedTuple):
    """At least what shares of all that was measured are less than a figure, and more than it."""

    less: float
    more: float


@dataclass(frozen=True, kw_only=True)
class RealClips:
    """Quantiles of real clips' figures, from the least to the most at equal steps.

    Args:
        speed: bounds between groups of clips that move alike fast (`Movement.speed`); there is one group more.
        skating, jitter: of each group (`mote.motion.quality`).
        match: cosines of clips and sentences about them (`MoTe.match`); nothing where the model cannot tell.
        mismatch: of clips and sentences about clips that show something else.
        agreement, disagreement: the same of two sentences, about one clip and about two that show something else.

    Raises:
        ValueError: a list is no list of at least two finite numbers in order, or there is not one for each group.
    """

    speed: tuple[float, ...]
    skating: tuple[tuple[float, ...], ...]
    jitter: tuple[tuple[float, ...], ...]
    match: tuple[float, ...] = ()
    mismatch: tuple[float, ...] = ()
    agreement: tuple[float, ...] = ()
    disagreement: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            values: Any = getattr(self, field.name)  # JSON has lists
            if not isinstance(values, list | tuple):
                raise ValueError(f"{field.name} is a list of numbers, not {type(values).__name__}")
            if field.name in ("skating", "jitter"):
                if len(values) != len(self.speed) + 1:
                    raise ValueError(f"{field.name} has a list for each of {len(self.speed) + 1} groups of speed")
                kept: tuple[Any, ...] = tuple(_ordered(field.name, part, least=2) for part in values)
            else:
                kept = _ordered(field.name, values, least=2 if values and field.name != "speed" else 0)
            object.__setattr__(self, field.name, kept)

    def of_movement(self, trait: Trait, measured: Movement) -> Standing:
        """Where a motion's figure stands among those of clips that move about as fast."""
        group = bisect_left(self.speed, measured.speed)
        return _standing(getattr(self, trait)[group], getattr(measured, trait))

    def of_cosine(self, pairing: Pairing, cosine: float) -> Standing | None:
        """Where a cosine stands among those of such pairs; None where these were not measured."""
        return _standing(quantiles, cosine) if (quantiles := getattr(self, pairing)) else None


def _ordered(name: str, values: Any, least: int) -> tuple[float, ...]:
    """The numbers of a list that may stand in the file.

    Raises:
        ValueError: they are not numbers, not finite, not in order, or fewer than `least`.
    """
    if not isinstance(values, list | tuple) or not all(type(value) in (int, float) for value in values):
        raise ValueError(f"{name} holds something that is not a list of numbers")
    if len(values) < least or not all(abs(value) < MOST for value in values) or list(values) != sorted(values):
        raise ValueError(f"{name} is not finite numbers from the least to the most")
    return tuple(map(float, values))


def _standing(quantiles: Sequence[float], value: float) -> Standing:
    steps = len(quantiles) - 1
    less, more = bisect_left(quantiles, value), steps + 1 - bisect_right(quantiles, value)
    return Standing(max(0, less - 1) / steps, max(0, more - 1) / steps)
