"""Below a motion file: what was found in it, the range to use, corrections of the reading; and the preview of it all.

Layout only; what it does is in `staging`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from mote.coding import Limits
from mote.motion.convention import UNITS
from mote.ui import scripts, staging
from mote.ui.tasks import READING
from mote.ui.trimming import trimmer

_RANGE = "(range) => [range.start, range.end]"
_ANOTHER_FILE = f"() => Array({len(READING)}).fill(null)"  # what was said of one file does not hold for the next


def row(limits: Limits) -> dict[str, Any]:
    """The fields of a reading by the names in `READING`, around them the `sheet` with its `note`, and the `trimmer`.

    The sheet is hidden while there is no file.
    """
    with gr.Column(elem_classes="reading", min_width=0, visible=False) as sheet:
        note = gr.HTML(elem_classes="note", label="What was found in the file")
        handles = trimmer(limits)
        with gr.Row():
            fields: dict[str, Component] = {
                "start": gr.Number(label="From, s", minimum=0, step=0.1, min_width=0),
                "end": gr.Number(label="To, s", minimum=0, step=0.1, min_width=0),
                "fps": gr.Number(label="Fps", min_width=0),
                "units": gr.Dropdown(list(UNITS), value=None, label="Units", filterable=False, min_width=0),
                "up": gr.Dropdown(["Y", "Z"], value=None, label="Up", filterable=False, min_width=0),
            }
    return {**fields, "sheet": sheet, "note": note, "trimmer": handles}


def preview(limits: Limits, given: dict[str, Any], screen: gr.HTML, received: gr.State) -> Dependency:
    """Show a file in the player as soon as it is chosen, and again whenever its reading is corrected.

    Args:
        limits: How long the motions are that the model takes.
        given: The components of the file and its skeleton, and those of `row`.
        screen: The player.
        received: Becomes the npy file of what is shown.
    """
    fields = [given[name] for name in READING]
    asked = gr.State(())
    scripts.run(given["motion"].change, _ANOTHER_FILE, None, fields)
    scripts.run(given["trimmer"].input, _RANGE, given["trimmer"], [given["start"], given["end"]])
    triggers = [given["motion"].change, given["skeleton"].change, given["trimmer"].release]
    triggers += [given["units"].input, given["up"].input]
    for name in ("start", "end", "fps"):
        triggers += [given[name].submit, given[name].blur]
    return gr.on(
        triggers, partial(_receive, limits), [asked, given["motion"], given["skeleton"], *fields],
        [asked, given["sheet"], screen, received, given["note"], given["trimmer"], *fields],
        show_progress_on=screen, trigger_mode="always_last", concurrency_id="drawing", concurrency_limit=2,
        api_visibility="private",
    )  # fmt: skip


def _receive(limits: Limits, before: tuple[Any, ...], motion: str | None, skeleton: str | None, *reading: Any) -> Any:
    """The values of the row and of the player, unless they hold already."""
    if before == (motion, skeleton, *reading):
        return gr.skip()
    known = before[:2] == (motion, skeleton)
    asked = _moved(limits, before[2:], reading) if known else (None,) * len(READING)
    shown, file, note, whole, *values = staging.receive(limits, motion, skeleton, *asked)
    fields = [gr.skip() if known and value == typed else value for value, typed in zip(values, reading, strict=True)]
    handles: Any = {"seconds": whole, "start": values[0], "end": values[1]} if whole else None
    if known and not whole:
        handles = gr.skip()  # they stay where they held
    return [(motion, skeleton, *values), gr.Column(visible=bool(note)), shown, file, note, handles, *fields]


def _moved(limits: Limits, before: tuple[Any, ...], reading: tuple[Any, ...]) -> tuple[Any, ...]:
    """A reading whose range is a new one at another rate, and whose end is where it can be for another start."""
    start, end, fps, *rest = reading
    if fps != before[2]:
        start = end = None
    elif start != before[0] and end == before[1] and not limits.include((end or 0.0) - (start or 0.0)):
        end = None
    return (start, end, fps, *rest)
