"""What can honestly be said of a result: how well it fits its sentence, and how its body moves beside real clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mote.motion.facts import THRESHOLDS, measure
from mote.motion.motion import Motion
from mote.motion.quality import measure_movement
from mote.motion.skeleton import HUMANML3D
from mote.pipeline import MoTe, Sample
from mote.reference import Standing, Trait
from mote.said import side_turned
from mote.sides import mirror_text

USUAL = 0.9
"""A figure beyond so large a share of real clips is not as theirs."""
APART = 0.95
"""Sentences that are nearer than so large a share of those about different things agree."""
UNKNOWN = "This model came without figures of real clips to compare with."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was measured of a result.

    Args:
        name: what it is.
        value: the figure: a cosine, metres, a share of frames, or millimetres a frame cubed.
        said: what that is beside real clips, or the figure where the model knows of none.
        why: a sentence or two on how it was found.
        fine: whether real clips are mostly so, too.
    """

    name: Trait | Literal["match", "agreement", "way"]
    value: float
    said: str
    why: str
    fine: bool = True


def findings(model: MoTe, sample: Sample, given: Motion | str | None) -> list[Finding]:
    """What is found of a sample that was made of what was given.

    How well motion and sentence fit, where there are both, made or given, and the model can tell; how far a motion goes
    that was made, and how its body moves. Several sentences that were joined are not what one motion fits: they are
    given as None.

    Raises:
        ValueError: the motion is shorter or longer than the model takes.
    """
    motion = given if sample.motion is None and isinstance(given, Motion) else sample.motion
    text = given if sample.text is None and isinstance(given, str) else sample.text
    found = []
    if motion is not None and text and model.retrieval:
        found.append(_match(model, motion, text))
    if sample.motion is not None and sample.motion.skeleton.names == HUMANML3D.names:
        found.append(_way(sample.motion))
    if sample.motion is not None:
        found += _movement(model, sample.motion)
    return found


def agreement(model: MoTe, prompt: str, caption: str) -> Finding | None:
    """Whether two sentences say the same, or None where the model cannot tell.

    Left and right change little in what a sentence means: of two that both name sides, the caption has to be nearer
    than it is with its sides exchanged.
    """
    if model.retrieval is None:
        return None
    cosine, mirrored = model.match(prompt, caption), mirror_text(caption)
    sided = mirrored != caption and mirror_text(prompt) != prompt
    exchanged = sided and (other := model.match(prompt, mirrored)) > cosine
    best = other if exchanged else cosine
    alike = model.real and model.real.of_cosine("agreement", best)
    unlike = model.real and model.real.of_cosine("disagreement", best)
    if not alike or not unlike:
        return Finding(name="agreement", value=cosine, said=f"cosine {cosine:.2f} with the sentence", why=UNKNOWN)
    same = unlike.less >= APART
    said = "says something else" if not same else "the same on the other side" if exchanged else "agrees"
    why = (
        f"Nearness in meaning {best:.2f}, of at most 1. Sentences about one real clip are nearer than this in "
        f"{_percent(alike.more)} of cases, sentences about clips that show something else in {_percent(unlike.more)}."
    )
    return Finding(name="agreement", value=cosine, said=said, why=why, fine=same and not exchanged)


def _match(model: MoTe, motion: Motion, text: str) -> Finding:
    cosine = model.match(motion, text)
    real = model.real and model.real.of_cosine("match", cosine)
    wrong = model.real and model.real.of_cosine("mismatch", cosine)
    if not real or not wrong:
        return Finding(name="match", value=cosine, said=f"cosine {cosine:.2f}", why=UNKNOWN)
    better = real.less >= real.more
    said = f"{'better' if better else 'worse'} than {_most(max(real))} real clips"
    why = (
        f"Match score {cosine:.2f}, of at most 1. Real clips fit sentences about them less well in "
        f"{_percent(real.less)} of cases, and better in {_percent(real.more)}; sentences about something else fit "
        f"better in {_percent(wrong.more)}."
    )
    return Finding(name="match", value=cosine, said=said, why=why, fine=real.more < USUAL)


def _way(motion: Motion) -> Finding:
    """What can be counted of a motion, and is in numbers what sentences say of it."""
    facts = measure(motion)
    goes = facts.distance > THRESHOLDS.travel
    side = side_turned(facts)
    parts = [
        f"{facts.distance:.1f} m" if goes else "in place",
        f"{facts.steps} step{'s' * (facts.steps != 1)}" if facts.steps else "",
        f"{abs(facts.turn):.0f}° {side}" if side else "",
    ]
    led = "left" if facts.turn > 0 else "right"
    why = (
        f"It goes {facts.distance:.2f} m in {facts.seconds:.1f} s with {facts.steps} steps, and turns by "
        f"{abs(facts.turn):.0f}° to the {led}. A step is a swing of a foot past the body."
    )
    return Finding(name="way", value=facts.distance, said=", ".join(filter(None, parts)), why=why)


def _movement(model: MoTe, motion: Motion) -> list[Finding]:
    measured = measure_movement(motion)
    figures: dict[Trait, tuple[float, str, str]] = {
        "skating": (
            measured.skating,
            f"in {_percent(measured.skating)} of the frames",
            f"A foot that stands slides over the floor in {_percent(measured.skating)} of the frames.",
        ),
        "jitter": (
            measured.jitter,
            f"{measured.jitter:.1f} mm/frame³",
            f"Jitter, the unevenness of the movement: {measured.jitter:.1f} mm/frame³.",
        ),
    }
    found = []
    for name, (value, number, why) in figures.items():
        if model.real is None:
            found.append(Finding(name=name, value=value, said=number, why=f"{why} {UNKNOWN}"))
            continue
        standing = model.real.of_movement(name, measured)
        why += (
            f" Of real clips that move about as fast, at least {_percent(standing.less)} have less,"
            f" and at least {_percent(standing.more)} have more."
        )
        found.append(Finding(name=name, value=value, said=_beside(standing), why=why, fine=standing.less < USUAL))
    return found


def _beside(standing: Standing) -> str:
    if max(standing) < USUAL:
        return "as in real clips"
    return f"{'more' if standing.less >= USUAL else 'less'} than {_most(max(standing))} real clips"


def _most(share: float) -> str:
    return "all" if share >= 1 else f"{_percent(share)} of"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
