"""A motion file that somebody gives: opened, read as they say, and cut to what the model takes."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from mote.coding import Limits
from mote.files import MotionFileError, Reading, Source, open_file
from mote.files.errors import MAX_FPS, MAX_HOURS
from mote.motion.convention import UNITS, Units, Up
from mote.motion.motion import Motion
from mote.motion.retarget import canonical
from mote.ui.checks import fault, within


@dataclass(frozen=True, kw_only=True)
class Given:
    """The motion that the model is given, on the floor at the origin, and how and from when to when it was read."""

    motion: Motion
    reading: Reading
    start: float
    end: float


def given(
    limits: Limits,
    motion: str | None,
    skeleton: str | None = None,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    units: Units | None = None,
    up: Up | None = None,
) -> Given:
    """The part of an uploaded file from `start` to `end` seconds, or its first seconds, read with these corrections.

    The model's `limits` say how long it may be.

    Raises:
        gr.Error: no file was chosen, or it holds no motion that can be read so, or too short or too long a one.
    """
    return excerpt(limits, opened(motion, skeleton), start, end, fps, units, up)


def opened(motion: str | None, skeleton: str | None) -> Source:
    """What is in an uploaded file; an AMC file needs its ASF skeleton as well.

    Raises:
        gr.Error: no file was chosen, or it holds no motion.
    """
    if not motion:
        raise fault("Choose a motion file first: BVH, AMC with its ASF, npy or npz.")
    path = Path(motion)
    try:
        return _open_acclaim(path, skeleton) if path.suffix.lower() == ".amc" else open_file(path)
    except MotionFileError as error:
        raise fault(f"{str(error).rstrip('.')}.") from error


def excerpt(
    limits: Limits,
    source: Source,
    start: float | None,
    end: float | None,
    fps: float | None,
    units: Units | None,
    up: Up | None,
) -> Given:
    """A part of a file as a motion that the model takes; the arguments are those of `given`.

    Raises:
        gr.Error: the file has no such part, or cannot be read so, or the part is too short or too long.
    """
    if units not in (None, *UNITS) or up not in (None, "Y", "Z"):
        raise fault(f"Units are {', '.join(UNITS)}, and Y or Z is up; not {units} and {up}.")
    for number, name, low, high, unit in (
        (start, "The start of the range", 0, MAX_HOURS * 3600, " seconds"),
        (end, "The end of the range", 0, MAX_HOURS * 3600, " seconds"),
        (fps, "The frame rate", 1, MAX_FPS, " frames a second"),
    ):
        if number is not None:
            within(number, name, low, high, unit)
    asked = Reading(start=start or 0.0, end=end, fps=fps, units=units, up=up)
    try:
        seconds, first = source.seconds(asked), asked.start
        last = round(min(seconds, first + limits.most if end is None else end), 3)
        lasts = (
            f"{'' if last - first >= seconds - 1e-3 else 'The range of '}{source.path.name} lasts {last - first:.1f} s"
        )
        if first < last and not limits.include(round(last - first, 5), 1e-6):
            raise fault(f"{lasts}: the model takes {limits}.")
        reading = replace(asked, end=last)
        return Given(motion=canonical(source.motion(reading)), reading=reading, start=first, end=last)
    except MotionFileError as error:
        raise fault(f"{str(error).rstrip('.')}.") from error


def _open_acclaim(motion: Path, skeleton: str | None) -> Source:
    """What is in an AMC file, whose reader wants the skeleton beside it under the same name."""
    if not skeleton:
        raise fault("An AMC file needs the ASF skeleton it was recorded with: choose that file too.")
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(shutil.copy(motion, folder))
        shutil.copy(skeleton, beside.with_suffix(".asf"))
        return open_file(beside)
