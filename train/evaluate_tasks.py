"""The parts of the evaluation that ask whether what a task makes shows, or tells, what it was given."""

from collections.abc import Mapping

import numpy as np

from mote.said import METERS_OFF, SECONDS_OFF, STEPS_OFF, Fact, kept
from train.evaluation import Evaluation
from train.observe import Outcome, judge_caption, judge_motion, observe, table_by
from train.prepare.captions import read_caption
from train.report import Row

FACTS: Mapping[Fact, str] = {
    "turn": "turn named is made",
    "steps": f"steps named are made, {STEPS_OFF} more or fewer allowed",
    "pace": "pace named is kept",
    "distance": f"distance named is covered, to {METERS_OFF:.0%}",
    "duration": f"seconds named are taken, {SECONDS_OFF:g} more or less allowed",
    "times": "jumps, waves and strikes named are made, as often",
    "path": "shape of the way named is gone: straight, a curve, a circle",
    "size": "size of the turn named is made",
    "height": "height named is reached by the hands",
    "stop": "stop named is made",
}
"""What is measured of a motion against its prompt, and the words for it."""


def text_to_motion(evaluation: Evaluation) -> None:
    """Whether the motion made for a prompt does what the prompt says; one prompt for each clip."""
    asked = [evaluation.prompt(number) for number in range(len(evaluation.real))]
    seen = observe(evaluation.judge, evaluation.motions)
    judged = [
        judge_motion(read_caption(text), clip, one, held_out=held)
        for (text, held), clip, one in zip(asked, evaluation.real, seen, strict=True)
    ]
    outcomes = [outcome for outcome in judged if outcome is not None]
    name = "text-to-motion"
    evaluation.add(f"{name}: the action named is the action done, its side too", [o.right for o in outcomes])
    for held, wording in ((False, "known"), (True, "held-out")):
        chosen = [outcome for outcome in outcomes if outcome.held_out is held]
        evaluation.add(f"{name}: the same, prompts of {wording} wording", [outcome.right for outcome in chosen])
        _add_details(evaluation, f"{name}, {wording} wording", chosen, 0.97 if held else None, 0.9 if held else None)
    evaluation.add(f"{name}: the side, the direction and the turn named", [o.ways for o in outcomes], 0.97)
    for fact, what in FACTS.items():
        evaluation.add(f"{name}: the {what}", [outcome.facts.get(fact) for outcome in outcomes])
    every = [right for outcome in outcomes for right in outcome.facts.values()]
    evaluation.add(f"{name}: all that is named and measured", every)
    _add_tables(evaluation, name, outcomes)


def motion_to_text(evaluation: Evaluation) -> None:
    """Whether the caption of a real clip names the action and the side of its label, and what is measured of it."""
    said = [*zip(map(read_caption, evaluation.captions), evaluation.real, strict=True)]
    outcomes = [judge_caption(claims, clip) for claims, clip in said]
    name = "motion-to-text"
    evaluation.add(f"{name}: action and side named right", [o.right for o in outcomes], 0.97)
    spoken = [outcome.right for outcome in outcomes if not outcome.silent]
    evaluation.add(f"{name}: the same, without the captions that leave out a known side", spoken)
    _add_details(evaluation, name, outcomes, style=0.9)
    every = [right for claims, clip in said for right in kept(claims, clip.seen.facts).values()]
    evaluation.add(f"{name}: what is named and measured is so", every)
    _add_tables(evaluation, name, outcomes)


def _add_details(
    evaluation: Evaluation,
    name: str,
    outcomes: list[Outcome],
    action: float | None = None,
    style: float | None = None,
) -> None:
    """Rows of action, side and style, with the least that is asked of the first and the last."""
    evaluation.add(f"{name}: action alone", [outcome.action for outcome in outcomes], action)
    evaluation.add(f"{name}: side alone", [outcome.side for outcome in outcomes])
    evaluation.add(f"{name}: style, where one is named", [outcome.style for outcome in outcomes], style)


def _add_tables(evaluation: Evaluation, name: str, outcomes: list[Outcome]) -> None:
    table = table_by(outcomes, "wanted")
    means = [row["action"] for row in table.values()]
    mean = Row(what=f"{name}: action alone, mean over actions", measured=float(np.mean(means)), count=len(means))
    evaluation.report.rows.append(mean)
    evaluation.report.groups[f"{name}, by action"] = table
    evaluation.report.groups[f"{name}, by style"] = table_by(outcomes, "named_style")


def joint(evaluation: Evaluation) -> None:
    """Whether the motion and the caption of a pair made from nothing tell of the same action."""
    samples = evaluation.generate("joint", evaluation.settings.joint)
    seen = observe(evaluation.judge, [sample.motion for sample in samples if sample.motion is not None])
    said = [read_caption(sample.text or "").action for sample in samples]
    agree = [s == one.action for s, one in zip(said, seen, strict=True) if s in evaluation.judge.config.actions]
    evaluation.add("joint: the action of the motion is the action of the caption", agree, 0.97)
