"""The trials of the CMU Graphics Lab Motion Capture Database, as ASF/AMC or as any exporter's BVH.

The labels follow CMU's one-line descriptions.  HumanML3D's human captions are not part of this project; where
`humanml3d_rows.json` lies below the data folder, the stretches that it names are clips with their captions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from train.prepare.source import Clip
from train.prepare.tables import Table

TABLE = Table(source="cmu")
ROWS = "humanml3d_rows.json"
SAME = 0.5
"""The share of a cut clip from which on a captioned stretch stands for it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A stretch of a trial with the captions that people wrote for it; seconds."""

    name: str
    start: float
    end: float
    captions: tuple[str, ...]

    def overlap(self, clip: Clip) -> float:
        """Seconds that the row shares with a clip."""
        return max(0.0, min(self.end, clip.end or self.end) - max(self.start, clip.start or 0.0))


def clips(folder: Path) -> Iterator[Clip]:
    """The clips of every trial that the table knows; captioned stretches take the place of the cuts that they cover.

    Raises:
        MotionFileError: a trial cannot be read; the message names it.
    """
    rows = captioned_rows(folder)
    for take, group in groupby(TABLE.clips(folder), key=lambda clip: clip.take):
        yield from _with_captions(list(group), rows.get(take.removeprefix("cmu/"), []))


def captioned_rows(folder: Path) -> dict[str, list[Row]]:
    """HumanML3D's captioned rows by trial; those of its test split are never used."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for path in sorted(folder.rglob(ROWS)):
        for row in json.loads(path.read_text(encoding="utf-8")):
            if row["captions"] and row["split"] != "test":
                captions = tuple(row["captions"])
                rows[row["trial"]].append(Row(name=row["id"], start=row["start"], end=row["end"], captions=captions))
    return rows


def _with_captions(cuts: list[Clip], rows: list[Row]) -> Iterator[Clip]:
    for row in rows:
        nearest = max(cuts, key=row.overlap)
        if row.overlap(nearest) > 0:
            name = f"{nearest.take}/humanml3d-{row.name}"
            start = max(row.start, cuts[0].start or 0.0)  # some trials begin with a frame in a T-pose
            yield replace(nearest, name=name, start=start, end=row.end, texts=row.captions)
    for clip in cuts:
        covered = max((row.overlap(clip) for row in rows), default=0.0)
        if covered < SAME * ((clip.end or 0.0) - (clip.start or 0.0)):
            yield clip
