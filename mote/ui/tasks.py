"""The table that the page is built from: what each task needs from the person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mote.sampling import Task

READING = ("start", "end", "fps", "units", "up")
"""The arguments that say which part of a motion file is used, and how it is read where that is not as found."""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One task's tab.

    `inputs` name the arguments of the task's handler, in order.  `examples` maps what a button says to the arguments
    that a click on it sets; a task that is given a motion takes its examples from the folder of examples instead.
    """

    title: str
    hint: str
    inputs: tuple[str, ...]
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_PROMPTS = {
    text: {"text": text}
    for text in (
        "a person waves with the left hand",
        "an old man walks slowly",
        "someone runs forward",
        "a person raises both hands",
        "a person walks and turns to the right",
    )
}
_SEEDS = {
    "One, seed 7": {"samples": 1, "seed": 7},
    "Two, seed 11": {"samples": 2, "seed": 11},
    "Four, seed 3": {"samples": 4, "seed": 3},
}


def endpoint(task: Task) -> str:
    """The name of a task's handler, and of its endpoint."""
    return task.replace("-", "_")


TABS: dict[Task, Tab] = {
    "text-to-motion": Tab(
        title="Text to motion",
        hint="Write what a person does, and watch it. What comes next follows “then”, or goes on a line of its own.",
        inputs=("text", "seconds", "samples", "steps", "guidance", "seed"),
        examples=_PROMPTS | {"runs, jumps, bows": {"text": "a person runs\na person jumps\na person bows"}},
    ),
    "motion-to-text": Tab(
        title="Motion to text",
        hint="Give a motion, and read a sentence about it.",
        inputs=("motion", "samples", "steps", "guidance", "seed", "skeleton", *READING),
    ),
    "joint": Tab(
        title="Joint",
        hint="Let the model invent a motion and its sentence together.",
        inputs=("seconds", "samples", "steps", "motion_guidance", "text_guidance", "seed"),
        examples=_SEEDS,
    ),
    "motion": Tab(
        title="Motion",
        hint="Let the model invent a motion.",
        inputs=("seconds", "samples", "steps", "seed"),
        examples=_SEEDS,
    ),
    "text": Tab(
        title="Text",
        hint="Let the model invent a sentence about a motion.",
        inputs=("samples", "steps", "seed"),
        examples=_SEEDS,
    ),
    "motion-variation": Tab(
        title="Motion variation",
        hint="Give a motion, and get others that mean the same.",
        inputs=(
            "motion", "seconds", "samples", "steps", "motion_guidance", "text_guidance", "seed", "skeleton",
            *READING,
        ),
    ),
    "text-variation": Tab(
        title="Text variation",
        hint="Write a sentence, and read it in other words.",
        inputs=("text", "samples", "steps", "motion_guidance", "text_guidance", "seed"),
        examples=_PROMPTS,
    ),
}  # fmt: skip
