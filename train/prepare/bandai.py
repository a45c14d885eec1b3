"""Bandai-Namco-Research-Motiondataset 1 and 2 (arXiv 2306.08861): the label is the file name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from train.prepare.source import Clip, Side

LICENCE = "CC-BY-NC-4.0"
NAME = re.compile(r"dataset-[12]_(?P<content>[a-z-]+)_(?P<style>[a-z-]+)_\d+")
ACTIONS = {"dance-short": "dance", "dance-long": "dance"}
STYLES = {"masculinity": "masculine", "old": "elderly"}
"""Set 1's words for what set 2 calls otherwise."""


def clips(folder: Path) -> Iterator[Clip]:
    """The clips of every `dataset-N_<content>_<style>_<number>.bvh` below a folder, by name.

    Raises:
        ValueError: a BVH file has a name of another form.
    """
    for path in sorted(folder.rglob("*.bvh"), key=lambda path: path.stem):
        label = NAME.fullmatch(path.stem)
        if label is None:
            raise ValueError(f"{path.name} is not named dataset-N_<content>_<style>_<number>.bvh")
        content, style = label["content"], label["style"]
        yield Clip(
            name=f"bandai-namco/{path.stem}",
            source="bandai-namco",
            licence=LICENCE,
            path=path,
            action=ACTIONS.get(content, content),
            style=STYLES.get(style, style),
            side=_side(content),
            take=path.stem,
        )


def _side(content: str) -> Side | None:
    return next((side for side in get_args(Side) if side in content.split("-")), None)
