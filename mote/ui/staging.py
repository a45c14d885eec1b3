"""What the page does around a run that no endpoint does: GIFs that come while the motion plays, uploads, the ZIP.

Drawing the GIFs takes longer than making the motions.  The endpoints return both together, as programs expect; the page
asks for the motions alone, plays them, and fetches the GIFs while the person already watches.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from mote.coding import Limits
from mote.export import export, slug
from mote.files import MotionFileError
from mote.motion.convention import Units, Up
from mote.recipe import RecipeError
from mote.ui import checks, results, uploads
from mote.ui.packing import pack
from mote.ui.player import give_way
from mote.ui.runs import GIVEN, Record

_NOTE = "<details><summary>{}</summary>{}</details>"


class Received(NamedTuple):
    """An uploaded motion for the player and as an npy file, a note of how it was read, and the values that hold.

    `seconds` is how long the whole file lasts; None if it was not read.
    """

    shown: dict[str, Any] | None = None
    file: str | None = None
    note: str = ""
    seconds: float | None = None
    start: float | None = None
    end: float | None = None
    fps: float | None = None
    units: Units | None = None
    up: Up | None = None


def draw(record: Record | None) -> list[tuple[str, str | None]]:
    """The GIFs of a run's motions for its gallery, each with its sentence where it has one; the player goes first."""
    files = record.files if record else ()
    if files:
        give_way()
    captions = record.captions if record and record.captions else (None,) * len(files)
    return [(results.convert(file, "gif"), caption) for file, caption in zip(files, captions, strict=True)]


def restore(record: Record | None) -> Any:
    """What the player shows of a run that comes from the history; what was made just now is there already."""
    return record.shown() if record and record.restored else gr.skip()


def show_beside(record: Record | None, received: str | None) -> Any:
    """What the run shows, if the received motion is the one that it was given; else the player keeps what it has."""
    if record is None or not (record.given and record.files and received):
        return gr.skip()
    same = Path(record.given).read_bytes() == Path(received).read_bytes()
    return record.shown() if same else gr.skip()


def offer(record: Record | None) -> gr.Radio:
    """The choice among the sentences of a run; it is there if there are several."""
    count = len(record.captions) if record else 0
    choices = [str(number + 1) for number in range(count)]
    return gr.Radio(choices, value=choices[0] if choices else None, visible=count > 1)


def pack_all(record: Record | None) -> str:
    """The ZIP of all files of a run.

    Raises:
        gr.Error: nothing was made yet, or its files are gone.
    """
    if record is None:
        raise checks.fault("There is nothing to download yet: generate first.")
    try:
        path = results.fresh_folder() / f"{slug(record.recipe.title)}-{record.recipe.seed}.zip"
        return str(record.result().write_zip(path))
    except (MotionFileError, RecipeError) as error:
        raise checks.fault(checks.sentence(error)) from error


def receive(
    limits: Limits,
    motion: str | None,
    skeleton: str | None = None,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    units: Units | None = None,
    up: Up | None = None,
) -> Received:
    """An uploaded motion, or the part of it that is asked for, as the model of these limits will be given it.

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
        given = uploads.excerpt(limits, source, start, end, fps, units, up)
    except gr.Error as error:
        return Received(None, None, _NOTE.format(error.message, reasons), None, start, end, rate, unit, above)
    file = export(given.motion, results.fresh_folder() / f"{Path(motion).stem}.npy")
    seconds = source.seconds(given.reading)
    cut = given.end - given.start < seconds - 0.01
    used = f", {given.start:g} to {given.end:g} used" if cut else ""
    note = _NOTE.format(f"{source.described(given.reading)}{used}", reasons)
    return Received(pack({GIVEN: given.motion}), str(file), note, seconds, given.start, given.end, rate, unit, above)


def picture(file: str | None) -> str | None:
    """The GIF of one npy file, or None without one."""
    return results.convert(file, "gif") if file else None
