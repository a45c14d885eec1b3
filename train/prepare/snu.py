"""The two sets of Seoul National University's Movement Research Lab, TillingPatch (snu-patches) and ys2010.

They come without captions and their takes hold several actions each, so that the labels are tables made by watching.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from train.prepare.source import Clip
from train.prepare.tables import Table

PATCHES = Table(source="snu-patches")
YS2010 = Table(source="snu-ys2010")
PERSON = re.compile(r"/multi/(hys|mmk)_")


def clips(folder: Path) -> Iterator[Clip]:
    """The clips of both sets, or of the one that is there; two people of one scene share a split.

    Raises:
        MotionFileError: a take cannot be read; the message names it.
    """
    for table in (PATCHES, YS2010):
        for clip in table.clips(folder):
            yield replace(clip, take=PERSON.sub("/multi/", clip.take))
