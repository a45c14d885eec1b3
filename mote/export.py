"""A motion as a file of any kind that is written here: a picture, or a motion to go on with."""

import re
from pathlib import Path
from typing import Literal

from mote.files import write
from mote.motion.motion import Motion
from mote.render import render_gif, render_mp4

Format = Literal["gif", "mp4", "bvh", "glb", "npy"]
_PICTURES = {".gif": render_gif, ".mp4": render_mp4}


def export(motion: Motion, path: Path) -> Path:
    """Write a motion as what the path's suffix says, and return the path.

    Raises:
        MotionFileError: the suffix is unknown, or the file cannot be written.
    """
    _PICTURES.get(path.suffix, write)(motion, path)
    return path


def slug(name: str) -> str:
    """A file name that every system takes: lower-case words joined by hyphens, 40 letters at most."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-") or "motion"
