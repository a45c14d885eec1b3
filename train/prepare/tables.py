"""Label tables: what each take of a source shows, written down after watching it.

A table is a JSON file in `labels/`: `licence`; `takes`, from a take (or a pattern such as `69_0[1-5]`) to
its parts; and `dropped`, from a take or pattern to the reason.  A part has an `action` and may have `from`
and `to` (seconds), `side`, `style`, `still` (keeping still is the action) and `texts` (sentences that tell more
than the action does).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from mote.files import MotionFileError, read
from train.prepare.segments import cut
from train.prepare.source import Clip, Side, Source

LABELS = Path(__file__).parent / "labels"
SUFFIXES = (".amc", ".bvh")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a take that shows one action; seconds within the take."""

    action: str
    start: float = 0.0
    end: float | None = None
    side: Side | None = None
    style: str | None = None
    texts: tuple[str, ...] = ()
    still: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """The labels of one source."""

    source: Source

    @cached_property
    def _content(self) -> dict[str, Any]:
        return json.loads((LABELS / f"{self.source}.json").read_text(encoding="utf-8"))

    @property
    def licence(self) -> str:
        return self._content["licence"]

    @cached_property
    def takes(self) -> dict[str, tuple[Part, ...]]:
        """Take or pattern -> its parts, in the order of the file: the first that matches counts."""
        return {take: tuple(map(_part, parts)) for take, parts in self._content["takes"].items()}

    @property
    def dropped(self) -> dict[str, str]:
        """Take or pattern -> why it is left out."""
        return self._content["dropped"]

    def files(self, folder: Path) -> Iterator[tuple[Path, str, tuple[Part, ...]]]:
        """Each labelled file below a folder, with the take's name and parts; files that no label names are passed over.

        A file is known by the end of its path, so that the folder may be any above or below a download's root.
        """
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        for path in paths:
            found = self._find(path)
            if found is not None:
                yield path, *found

    def _find(self, path: Path) -> tuple[str, tuple[Part, ...]] | None:
        steps = path.with_suffix("").parts
        tails = ["/".join(steps[-count:]) for count in range(min(len(steps), 8), 0, -1)]
        for take in tails:
            if any(fnmatchcase(take, pattern) for pattern in self.dropped):
                return None
            for pattern, parts in self.takes.items():
                if fnmatchcase(take, pattern):
                    return take, parts
        return None

    def clips(self, folder: Path) -> Iterator[Clip]:
        """The clips of every labelled take below a folder; takes that are not cut keep their whole length.

        Raises:
            MotionFileError: a take cannot be read; the message names it.
        """
        for path, take, parts in self.files(folder):
            try:
                motion = read(path)
            except MotionFileError as error:
                raise MotionFileError(f"{path}: {error}") from error
            spans = [
                (part, span) for part in parts for span in cut(motion, start=part.start, end=part.end, still=part.still)
            ]
            for number, (part, (start, end)) in enumerate(spans):
                yield Clip(
                    name=f"{self.source}/{take}/{number:02d}",
                    source=self.source,
                    licence=self.licence,
                    path=path,
                    start=start,
                    end=end,
                    action=part.action,
                    style=part.style,
                    side=part.side,
                    texts=part.texts,
                    take=f"{self.source}/{take}",
                )


def _part(fields: dict[str, Any]) -> Part:
    rest = {name: value for name, value in fields.items() if name not in ("from", "to", "texts")}
    return Part(start=fields.get("from", 0.0), end=fields.get("to"), texts=tuple(fields.get("texts", ())), **rest)
