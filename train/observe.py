"""What a motion shows, by the evaluator and by measurement, and whether that is what a sentence says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch

from mote.motion.facts import Facts, measure
from mote.motion.features import to_features, to_joints
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from mote.said import Fact, kept, side_turned
from train.data import Clips
from train.engine import shared
from train.evaluator import Evaluator, label
from train.prepare.actions import ACTIONS, Kind, find_action
from train.prepare.captions import Claims

HEADING = 8.0
"""Degrees from which a clip travels off the way it faces to a side; the captions tell clearer ones alone."""
WAVES = 2
"""Swings to and fro of a raised hand from which it waves; a hand that is just raised has none, a real wave three."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The evaluator's verdict on a motion, and what is measured of it."""

    action: str
    style: str
    facts: Facts


@dataclass(frozen=True, kw_only=True)
class RealClip:
    """A clip of the split: the classes of its labels, what it is observed to show, and the kind of its action."""

    record: dict[str, Any]
    action: str
    style: str | None
    kind: Kind
    motion: Motion
    seen: Observed

    @property
    def action_seen(self) -> bool:
        """Whether the evaluator is right on the action of the real clip, so that it may judge others by it."""
        return self.seen.action == self.action

    @property
    def style_seen(self) -> bool:
        return self.seen.style == self.style


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One judged result: the action wanted and got, and what else is right; None is what cannot be judged."""

    wanted: str
    got: str
    side: bool | None
    style: bool | None
    facts: Mapping[Fact, bool | None] = field(default_factory=dict)
    named_style: str | None = None
    held_out: bool = False
    silent: bool = False
    """A side was to be named and none is."""

    @property
    def action(self) -> bool:
        return self.got == self.wanted

    @property
    def ways(self) -> bool | None:
        """The side, the direction and the turn that are named are all right; None where none is."""
        named = [one for one in (self.side, self.facts.get("turn")) if one is not None]
        return all(named) if named else None

    @property
    def right(self) -> bool:
        """The action is right, and the side too where there is one."""
        return self.action and self.side is not False


def observe(judge: Evaluator, motions: Sequence[Motion]) -> list[Observed]:
    """What each motion shows; all are judged by features made anew of their joints."""
    verdicts = judge.judge([to_features(motion.joints) for motion in motions])
    return [
        Observed(action=verdict.action, style=verdict.style, facts=measure(motion))
        for verdict, motion in zip(verdicts, motions, strict=True)
    ]


def observe_clips(judge: Evaluator, clips: Clips) -> list[RealClip]:
    """The real clips of a split in its order, each beside what it shows."""
    motions = [Motion(to_joints(features)) for features in clips.features]
    return [
        RealClip(
            record=record,
            action=label(record, "action") or "",
            style=label(record, "style"),
            kind=ACTIONS[find_action(record["action"])[0]].kind,
            motion=motion,
            seen=seen,
        )
        for record, motion, seen in zip(clips.records, motions, observe(judge, motions), strict=True)
    ]


@torch.inference_mode()
def reconstructions(model: MoTe, clips: Clips, size: int) -> list[Motion]:
    """Every clip after MED's encode and decode, in the order of the clips.

    All processes come here together, and share the clips out.
    """

    def reconstruct(rows: torch.Tensor) -> list[tuple[int, Motion]]:
        batch = clips.batch(rows.tolist(), limit=model.med.config.max_frames).to(model.device)
        latents = model.med.encode(batch.features, batch.lengths)
        features = model.med.decode(latents, batch.lengths).cpu().numpy()
        rows_of = zip(batch.clips, features, batch.lengths.tolist(), strict=True)
        return [(number, Motion(to_joints(clip[:length]))) for number, clip, length in rows_of]

    parts = shared(reconstruct, torch.from_numpy(clips.by_length.copy()).split(size))
    made = dict(pair for part in parts for pair in part)
    return [made[number] for number in range(len(clips))]


def waving(facts: Facts) -> bool:
    """Whether a hand waves."""
    return max(facts.left_hand.waves, facts.right_hand.waves) >= WAVES


def shown_side(kind: Kind, facts: Facts) -> str | None:
    """The side of the limb or of the way that counts for a kind of action; None where nothing tells it."""
    if kind in ("hand", "place"):
        return facts.raised_hand
    if kind == "strike":
        return facts.striking_hand
    if kind == "kick":
        return facts.kicking_foot
    if kind == "turn":
        return side_turned(facts)
    heading = facts.heading or 0.0
    if kind != "travel" or abs(heading) < HEADING:
        return None
    return "left" if heading > 0 else "right"


def named_side(claims: Claims, kind: Kind) -> tuple[str | None, Kind]:
    """The side that a sentence about an action of a kind names, and the kind of movement that has to show it."""
    return (claims.side, kind) if claims.side else (claims.turn, "turn")


def judge_motion(claims: Claims, clip: RealClip, made: Observed, *, held_out: bool = False) -> Outcome | None:
    """Whether a motion does what a sentence about the clip says.

    The real clip is asked first: an action, a side or a style is judged only where it is found in the real clip.
    None where that leaves no action to judge.
    """
    if claims.action is None or clip.seen.action != claims.action:
        return None
    side, kind = named_side(claims, clip.kind)
    known_side = side is not None and shown_side(kind, clip.seen.facts) == side
    known_style = claims.style is not None and clip.seen.style == claims.style
    done, shown = kept(claims, made.facts), kept(claims, clip.seen.facts)
    return Outcome(
        wanted=claims.action,
        got=made.action,
        side=shown_side(kind, made.facts) == side if known_side else None,
        style=made.style == claims.style if known_style else None,
        facts={fact: done[fact] if shown[fact] else None for fact in done},
        named_style=claims.style if known_style else None,
        held_out=held_out,
    )


def judge_caption(claims: Claims, clip: RealClip) -> Outcome:
    """Whether a sentence says what the clip's label says.

    A side in the label has to be named.  Where the label has none, a side that is named has to be the measured one.
    """
    side, (named, kind) = clip.record["side"], named_side(claims, clip.kind)
    if side:
        right: bool | None = side == (claims.side if clip.kind not in ("turn", "travel") else named)
    else:
        shown = shown_side(kind, clip.seen.facts)
        right = named == shown if named and shown else None
    return Outcome(
        wanted=clip.action,
        got=claims.action or "nothing",
        side=right,
        style=claims.style == clip.style if clip.style and claims.style else None,
        silent=side is not None and named is None,
    )


def share(values: Sequence[bool | None]) -> tuple[float, int]:
    """The share of what is right among what can be judged, and how many that are; NaN of none."""
    known = [value for value in values if value is not None]
    return (float(np.mean(known)) if known else float("nan")), len(known)


def table_by(outcomes: Sequence[Outcome], key: Literal["wanted", "named_style"]) -> dict[str, dict[str, Any]]:
    """For each action wanted, or style, the commonest first: how many, what is right, what it is mostly taken for."""
    table = {}
    named = [(name, outcome) for outcome in outcomes if (name := getattr(outcome, key)) is not None]
    for name, count in Counter(name for name, _ in named).most_common():
        chosen = [outcome for other, outcome in named if other == name]
        wrong = Counter(outcome.got for outcome in chosen if not outcome.action)
        table[name] = {
            "count": count,
            "action": share([outcome.action for outcome in chosen])[0],
            "side": share([outcome.side for outcome in chosen])[0],
            "style": share([outcome.style for outcome in chosen])[0],
            "taken_for": dict(wrong.most_common(3)),
        }
    return table
