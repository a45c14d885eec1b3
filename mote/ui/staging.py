"""What the page does around a run that no endpoint does: motions in the player at once, their GIFs afterwards.

Drawing the GIFs takes longer than making the motions.  The endpoints return both together, as programs expect; the page
asks for the motions alone, plays them, and fetches the GIFs while the person already watches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mote.export import export
from mote.files import read
from mote.ui import checks, results
from mote.ui.packing import pack

GIVEN = "Given"


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


def receive(motion: str | None, skeleton: str | None = None) -> tuple[dict[str, Any] | None, str | None]:
    """An uploaded motion for the player, and as an npy file for what comes after.

    Both are None while no file, or an AMC file without its skeleton, is chosen.
    """
    if not motion or (motion.lower().endswith(".amc") and not skeleton):
        return None, None
    given = checks.uploaded(motion, skeleton)
    file = export(given, results.fresh_folder() / f"{Path(motion).stem}.npy")
    return pack({GIVEN: given}), str(file)


def picture(file: str | None) -> str | None:
    """The GIF of one npy file, or None without one."""
    return results.convert(file, "gif") if file else None
