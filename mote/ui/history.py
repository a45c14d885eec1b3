"""The history of a browser: what it keeps of each run, and what comes back from it.

The browser keeps the list (assets/history.js), so nobody else ever sees it; the files of a run stay here for a day
under a name that only that browser was told.
"""

from __future__ import annotations

import base64
import io
import json
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from mote.files import read
from mote.motion.motion import Motion
from mote.recipe import Recipe, RecipeError, from_json
from mote.render import render_frames
from mote.ui import checks, runs
from mote.ui.packing import pack
from mote.ui.runs import Record
from mote.ui.tasks import TABS

MOST_COMPARED = 8
THUMBNAIL = 128
"""Pixels a side."""


def entry(record: Record | None) -> dict[str, Any] | None:
    """What the browser keeps of a run: the name of its folder, its recipe, its sentences and a small picture."""
    if record is None:
        return None
    return {
        "id": record.folder.name,
        "recipe": json.loads(record.recipe.to_json()),
        "tab": TABS[record.recipe.task].title,
        "title": "; ".join(record.captions) if record.captions else record.recipe.title,
        "motions": len(record.files),
        "thumbnail": _thumbnail(read(record.files[0])) if record.files else None,
    }


def found(event: gr.EventData) -> tuple[Recipe, Record | None]:
    """The recipe of an entry that was chosen in the history, and its run, if its files are still there.

    Raises:
        gr.Error: what the browser sent is no entry.
    """
    values = event._data
    try:
        record = runs.load(str(values["id"]))
        recipe = record.recipe if record else from_json(json.dumps(values["recipe"]))
    except (RecipeError, LookupError, TypeError) as error:
        raise checks.fault("This entry of the history cannot be read: delete it.") from error
    if record is None:
        then = f"choose its motion ({recipe.motion.name}) again, then Generate" if recipe.motion else "it is made again"
        gr.Info(escape(f"The files of this result are gone, they last a day: {then}."))
    return recipe, record


def compared(event: gr.EventData) -> dict[str, Any]:
    """What the player shows of the entries that were chosen in the history: all their motions, side by side.

    Raises:
        gr.Error: the files of one are gone, there are too many motions, or what the browser sent are no entries.
    """
    try:
        entries = [(str(chosen["id"]), str(chosen["name"])) for chosen in event._data["entries"]]
    except (LookupError, TypeError) as error:
        raise checks.fault("These entries of the history cannot be read: delete them.") from error
    motions: dict[str, Motion] = {}
    for folder, name in entries:
        record = runs.load(folder)
        if record is None:
            raise checks.fault(f"The files of “{name}” are gone, they last a day: open it to make it again.")
        for sample in record.samples:
            if sample.motion is not None:
                motions[f"{len(motions) + 1}. {name} (seed {sample.seed})"] = sample.motion
    if len(motions) > MOST_COMPARED:
        raise checks.fault(f"At most {MOST_COMPARED} motions stand side by side; these are {len(motions)}.")
    return pack(motions)


def _thumbnail(motion: Motion) -> str:
    """A small picture of the middle of a motion, as a data URL."""
    middle = len(motion) // 2
    picture = Image.fromarray(render_frames(motion[middle : middle + 1], THUMBNAIL)[0])
    file = io.BytesIO()
    picture.save(file, "webp", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
