"""What `MoTe.generate` is given: one input or several, and values for all of them or for each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mote.coding import Limits
from mote.motion.motion import Motion
from mote.sampling import TASKS, Side, Task


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a task is given, checked.

    Args:
        texts, motions: one or more of what the task takes, or none.
        seconds: one for each input, None where the model chooses.
        seeds: one for every sample of every input, those of one input one after another.
    """

    texts: list[str]
    motions: list[Motion]
    seconds: list[float | None]
    seeds: list[int]

    @classmethod
    def of(
        cls,
        task: Task,
        text: object,
        motion: object,
        *,
        seconds: float | Sequence[float | None] | None,
        seed: int | Sequence[int] | None,
        samples: int,
        limits: Limits,
    ) -> Inputs:
        """Those of `MoTe.generate`.

        Raises:
            ValueError: the task is unknown, an input is missing or of the wrong kind, or a value is out of range.
        """
        if task not in TASKS:
            raise ValueError(f"there is no task {task!r}: the tasks are {', '.join(TASKS)}")
        if samples < 1:
            raise ValueError(f"samples is at least 1, not {samples}")
        texts, motions = _listed(text, str, "text"), _listed(motion, Motion, "motion")
        count = _count(task, {"text": texts, "motion": motions})
        count = count or (len(seed) if isinstance(seed, Sequence) and seed else 1)
        starts = _for_each(count, secrets.randbelow(2**31) if seed is None else seed, "seed")
        for start in starts:
            if not 0 <= start < 2**63:
                raise ValueError(f"a seed is a whole number from 0 to {2**63 - 1}, not {start}")
        told = _for_each(count, seconds, "seconds")
        for asked in told:
            if asked is not None and not limits.include(asked):
                raise ValueError(f"seconds is from {limits.least:g} to {limits.most:g}, not {asked:g}")
        seeds = [start + number for start in starts for number in range(samples)]
        return cls(texts=texts, motions=motions, seconds=told, seeds=seeds)


def _listed(value: object, kind: type, name: str) -> list:
    """One or several inputs as a list; None is no input."""
    values = [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
    for one in values:
        if not isinstance(one, kind):
            raise ValueError(f"{name} is a {kind.__name__} or a list of them, not {type(one).__name__}")
    if value is not None and not values:
        raise ValueError(f"{name} is an empty list: give at least one")
    return values


def _count(task: Task, inputs: dict[Side, list]) -> int:
    """How many inputs the task was given; 0 for a task that takes none."""
    first = TASKS[task][0]
    for side, values in inputs.items():
        if first[side] == "given" and not values:
            raise ValueError(f"the task {task!r} needs a {side}")
        if first[side] != "given" and values:
            raise ValueError(f"the task {task!r} takes no {side}")
    return max(len(values) for values in inputs.values())


def _for_each(count: int, value: Any, name: str) -> list[Any]:
    """One value for each of `count` inputs: the same for all, or those of a list."""
    values = list(value) if isinstance(value, Sequence) else [value] * count
    if len(values) != count:
        raise ValueError(f"{name} is one for all inputs or a list of one for each: {len(values)} are not {count}")
    return values
