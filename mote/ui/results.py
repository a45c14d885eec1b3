"""What a run gives back: files of its own, and the values that the page and the API show."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import NamedTuple

from gradio.utils import get_upload_folder

from mote.export import Format, export, slug
from mote.files import read
from mote.pipeline import Sample

KEPT_SECONDS = 24 * 3600
"""How long the files of a result can be downloaded."""
PREFIX = "mote-"
"""Of the names of the folders of results."""
_PENS = BoundedSemaphore(2)  # more pictures at once would all be later, none sooner


class Motions(NamedTuple):
    """GIFs with their captions, the joints as npy files, the seed, and one line about the run.

    The GIFs are none where they are drawn later.
    """

    animations: list[tuple[str, str | None]]
    files: list[str]
    seed: int
    status: str


class Captions(NamedTuple):
    """Captions, one on a line, the seed, and one line about the run."""

    captions: str
    seed: int
    status: str


class Pairs(NamedTuple):
    """Motions and their captions in the same order, with the rest of the two above."""

    animations: list[tuple[str, str | None]]
    captions: str
    files: list[str]
    seed: int
    status: str


def fresh_folder() -> Path:
    """A new folder in Gradio's cache whose name nobody can guess; once an hour those that are a day old are deleted."""
    cache = Path(get_upload_folder())
    _sweep(cache, int(time.time() // 3600))
    folder = cache / f"{PREFIX}{secrets.token_hex(16)}"
    folder.mkdir(mode=0o700, parents=True)
    return folder


@lru_cache(maxsize=1)
def _sweep(cache: Path, hour: int) -> None:
    """Delete what is too old, the first time in an hour: looking at thousands of folders takes a tenth of a second."""
    for folder in cache.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # another request deletes them too
            if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Run:
    """The samples that a task made, in the forms that its page shows.

    `started` is the time.perf_counter of the request; `drawn` is called with (GIFs done, GIFs to do) before each GIF,
    unless `draws` says that there are to be none.
    """

    made: Sequence[Sample]
    started: float
    drawn: Callable[[int, int], None]
    draws: bool

    def motions(self, name: str) -> Motions:
        """The motions, with files called after `name`: a prompt or the task."""
        animations, files = self._save(name)
        return Motions(animations, files, self.made[0].seed, self._status("motion"))

    def captions(self) -> Captions:
        """The sentences."""
        return Captions(self._lines(), self.made[0].seed, self._status("caption"))

    def pairs(self) -> Pairs:
        """The motions and their sentences."""
        animations, files = self._save(self.made[0].text or "pair")
        return Pairs(animations, self._lines(), files, self.made[0].seed, self._status("pair"))

    def _lines(self) -> str:
        return "\n".join(sample.text or "" for sample in self.made)

    def _status(self, what: str) -> str:
        count = f"1 {what}" if len(self.made) == 1 else f"{len(self.made)} {what}s"
        return f"{count} in {time.perf_counter() - self.started:.2f} s"

    def _save(self, name: str) -> tuple[list[tuple[str, str | None]], list[str]]:
        """GIFs with their captions for a gallery, and npy files of the joints, in a folder of their own."""
        folder = fresh_folder()
        animations: list[tuple[str, str | None]] = []
        files: list[str] = []
        for index, sample in enumerate(self.made):
            if sample.motion is None:
                raise ValueError("the task makes no motion to draw")
            path = folder / f"{slug(name)}-{sample.seed}"
            files.append(str(export(sample.motion, path.with_suffix(".npy"))))
            if self.draws:
                with _PENS:
                    self.drawn(index, len(self.made))
                    animations.append((str(export(sample.motion, path.with_suffix(".gif"))), sample.text))
        return animations, files


def convert(file: str, form: Format) -> str:
    """The path of a motion file's copy in another form: a picture or another file format."""
    return str(export(read(file), fresh_folder() / f"{Path(file).stem}.{form}"))
