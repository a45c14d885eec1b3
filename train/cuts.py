"""Clips cut anew, for what is to be learned by them: strikes that begin alike, and ways that are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from mote.motion.facts import measure, strikes
from mote.motion.features import to_motion
from mote.motion.motion import Motion
from mote.motion.signals import FPS
from mote.sides import mirror_text
from train.data import MAX_FRAMES, Clips
from train.prepare.actions import ACTIONS, Kind, action_group, find_action
from train.prepare.captions import describe
from train.prepare.reading import read_caption
from train.storage import StoppedError

LEAD = 0.4
"""Seconds before a strike at which a clip begins."""
TAIL = 0.2
"""Seconds by which a single strike reaches into the next."""
STRETCHES = 3
"""Stretches of each clip that travels."""
WRITTEN, KEPT = 40, 5
"""Sentences that are written of a stretch, and how many are kept: of those that say how many steps it takes or how far
it goes, and as many of those that say more of the way."""

Part = tuple[np.ndarray, dict[str, Any]]
"""The features (frames, columns) of a part of a clip, and its record."""


class UnseenError(StoppedError):
    """No clip shows what is to be learned."""


def beginning_alike(clips: Clips, actions: Sequence[str]) -> Clips:
    """The clips of some groups of actions: of one that strikes, from a moment before each strike on, and each strike by
    itself, where that lasts long enough to be a clip; others are whole.

    Raises:
        UnseenError: there is no clip of these actions.
    """
    parts = [
        part
        for clip, record in _whole(clips)
        if action_group(record["action"]) in actions
        for part in _alike(clip, record, clips)
    ]
    if not parts:
        named = " or ".join(actions)
        raise UnseenError(f"no clip shows {named}: prepare such clips, or name other actions (--actions)")
    return _joined(parts, clips)


def with_counted(clips: Clips) -> Clips:
    """The clips, and stretches of all that travel, of many lengths, with sentences that say how many steps each takes,
    how far it goes, and what way: few captions of whole clips do, and hardly one of few steps."""
    rng = np.random.default_rng(0)
    travelling = [(clip, record) for clip, record in _whole(clips) if _kind(record) == "travel"]
    counted = [part for clip, record in travelling for part in _counted(clip, record, clips, rng)]
    return _joined(_whole(clips) + counted, clips)


def _whole(clips: Clips) -> list[Part]:
    return [*zip(clips.features, clips.records, strict=True)]


def _joined(parts: Sequence[Part], clips: Clips) -> Clips:
    features, records = zip(*parts, strict=True)
    return Clips([*features], [*records], clips.form)


def _kind(record: dict[str, Any]) -> Kind:
    return ACTIONS[find_action(record["action"])[0]].kind


def _alike(clip: np.ndarray, record: dict[str, Any], clips: Clips) -> Iterator[Part]:
    clip = clip[:MAX_FRAMES]
    least, lead, tail = clips.form.min_frames, round(LEAD * FPS), round(TAIL * FPS)
    moments = strikes(_motion(clip, clips)) if _kind(record) == "strike" else []
    firsts = [moment - lead for moment in moments if moment >= lead]
    parts = [clip[first:] for first in firsts]
    parts += [clip[first : then + tail] for first, then in pairwise(firsts)]
    yield from ((part, record) for part in [part for part in parts if len(part) >= least] or [clip])


def _counted(clip: np.ndarray, record: dict[str, Any], clips: Clips, rng: np.random.Generator) -> Iterator[Part]:
    most = min(len(clip), MAX_FRAMES)
    for _ in range(STRETCHES):
        frames = int(rng.integers(min(most, clips.form.min_frames), most + 1))
        first = int(rng.integers(most - frames + 1))
        part = clip[first : first + frames]
        facts = measure(_motion(part, clips))
        labels = record["action"], record["style"], facts
        written = describe(*labels, split=record["split"], rng=rng, count=WRITTEN, side=record["side"])
        read = [(one.text, read_caption(one.text)) for one in written]
        numbers = [text for text, claims in read if claims.steps or claims.meters][:KEPT]
        shapes = [text for text, claims in read if claims.path or claims.turned or claims.stops][:KEPT]
        if captions := [*dict.fromkeys(numbers + shapes)]:
            mirrored = [mirror_text(text) for text in captions]
            yield part, {**record, "captions": captions, "mirrored_captions": mirrored, "facts": asdict(facts)}


def _motion(clip: np.ndarray, clips: Clips) -> Motion:
    return to_motion(clip.astype(np.float32), clips.layout)
