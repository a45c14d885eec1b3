"""What `MoTe.generate` is given: one input or several, and values for all of them or for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mote.sampling import TASKS, Side, Task


def listed(value: object, kind: type, name: str) -> list:
    """One or several inputs as a list; None is no input."""
    values = [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
    for one in values:
        if not isinstance(one, kind):
            raise ValueError(f"{name} is a {kind.__name__} or a list of them, not {type(one).__name__}")
    if value is not None and not values:
        raise ValueError(f"{name} is an empty list: give at least one")
    return values


def count_inputs(task: Task, inputs: dict[Side, list]) -> int:
    """How many inputs the task was given; 0 for a task that takes none."""
    first = TASKS[task][0]
    for side, values in inputs.items():
        if first[side] == "given" and not values:
            raise ValueError(f"the task {task!r} needs a {side}")
        if first[side] != "given" and values:
            raise ValueError(f"the task {task!r} takes no {side}")
    return max(len(values) for values in inputs.values())


def for_each(count: int, value: Any, name: str) -> list[Any]:
    """One value for each of `count` inputs: the same for all, or those of a list."""
    values = list(value) if isinstance(value, Sequence) else [value] * count
    if len(values) != count:
        raise ValueError(f"{name} is one for all inputs or a list of one for each: {len(values)} are not {count}")
    return values
