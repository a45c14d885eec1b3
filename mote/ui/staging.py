"""What the page does around a run that no endpoint does: motions in the player at once, their GIFs afterwards.

Drawing the GIFs takes longer than making the motions.  The endpoints return both together, as programs expect; the page
asks for the motions alone, plays them, and fetches the GIFs while the person already watches.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from mote.export import export
from mote.files import read
from mote.motion.convention import Units, Up
from mote.ui import results, uploads
from mote.ui.packing import pack

GIVEN = "Given"
_NOTE = "<details><summary>{}</summary>{}</details>"


class Received(NamedTuple):
    """An uploaded motion for the player and as an npy file, a note of how it was read, and the values that hold."""

    shown: dict[str, Any] | None = None
    file: str | None = None
    note: str = ""
    start: float | None = None
    end: float | None = None
    fps: float | None = None
    units: Units | None = None
    up: Up | None = None


def show(files: Sequence[str] | None, seed: int, given: str | None, captions: str = "") -> dict[str, Any] | None:
    """What the player shows of a run: the given motion if there is one, and each made motion; None without any.

    Args:
        files: The npy files of the motions.
        seed: That of the first of them; the others follow it.
        given: The npy file of the motion that they are variations of, if any.
        captions: Their sentences, one on a line.
    """
    sentences = captions.splitlines()
    labelled = {GIVEN: given} if given else {}
    for index, file in enumerate(files or ()):
        name = f"Seed {seed + index}"
        labelled[f"{name}: {sentences[index]}" if index < len(sentences) else name] = file
    return pack({label: read(file) for label, file in labelled.items()}) if labelled else None


def draw(files: Sequence[str] | None, captions: str = "") -> list[tuple[str, str | None]]:
    """The GIFs of a run's npy files for its gallery, each with its sentence where there are `captions`."""
    sentences = captions.splitlines()
    return [
        (results.convert(file, "gif"), sentences[index] if index < len(sentences) else None)
        for index, file in enumerate(files or ())
    ]


def receive(
    motion: str | None,
    skeleton: str | None = None,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    units: Units | None = None,
    up: Up | None = None,
) -> Received:
    """An uploaded motion, or the part of it that is asked for, as the model will be given it.

    Nothing while no file, or an AMC file without its skeleton, is chosen.  What cannot be read in the way that is asked
    for, or is too short or too long, is no motion either: the note says so.

    Raises:
        gr.Error: the file holds no motion.
    """
    if not motion or (motion.lower().endswith(".amc") and not skeleton):
        return Received()
    source = uploads.opened(motion, skeleton)
    rate, unit, above = source.fps(fps), units or source.convention.units, up or source.convention.up
    reasons = escape(source.reasons)
    try:
        given = uploads.excerpt(source, start, end, fps, units, up)
    except gr.Error as error:
        return Received(None, None, _NOTE.format(error.message, reasons), start, end, rate, unit, above)
    file = export(given.motion, results.fresh_folder() / f"{Path(motion).stem}.npy")
    cut = given.end - given.start < source.seconds(given.reading) - 0.01
    used = f", {given.start:g} to {given.end:g} used" if cut else ""
    note = _NOTE.format(f"{source.described(given.reading)}{used}", reasons)
    return Received(pack({GIVEN: given.motion}), str(file), note, given.start, given.end, rate, unit, above)


def picture(file: str | None) -> str | None:
    """The GIF of one npy file, or None without one."""
    return results.convert(file, "gif") if file else None
