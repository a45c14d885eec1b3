"""The right side of a tab: the player and the GIFs of its motions, its captions, and what can be done with them.

Layout only; what it does is in `handlers` and `staging`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import gradio as gr
from gradio.components import Component

from mote.coding import Limits
from mote.export import Format
from mote.sampling import Task, sides_made
from mote.ui import checked, handlers, importing, scripts, staging
from mote.ui.player import player

DRAWING: dict[str, Any] = {"concurrency_id": "drawing", "concurrency_limit": 2, "api_visibility": "private"}
AT_ONCE: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SENDS = {"motion": ("Caption this", "Vary this"), "text": ("Use as prompt", "Reword")}
"""The buttons that send a motion or a sentence on to another tab."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The components of a tab's result; a task has only those of what it makes.

    `used` is the seed, `record` the Record of the last run (or None), `chosen` the number of the sample that is sent
    on, from 0, `sends` the buttons that do it, `mapped` the one that shows it on the map, and `progress` where that of
    a run is shown.
    """

    screen: gr.HTML | None
    gallery: gr.Gallery | None
    captions: gr.Textbox | None
    files: gr.File | None
    used: gr.Number
    progress: Component
    record: gr.State
    chosen: Component
    sends: dict[str, gr.Button]
    mapped: gr.Button

    @property
    def made(self) -> list[Component]:
        """The outputs of the task's endpoint, before the seed and the status."""
        return [part for part in (self.gallery, self.captions, self.files) if part is not None]

    @property
    def kept(self) -> list[Component]:
        """What the page's own runs put out besides: to the player, where the task makes motions, and the record."""
        return [part for part in (self.screen, self.record) if part is not None]


def result(
    task: Task, given: dict[str, Any], seed: Component, viewer: Path, record: gr.State, actions: handlers.Handlers
) -> Stage:
    """What the task makes: motions, captions, or both, with their downloads; the seed that was used.

    The motions go to the player with the record of their run; whenever there is a new record, they become GIFs.  So
    neither is the player an output of the endpoints, nor does the page wait for the drawing.

    Args:
        given: The components of what the task is given, by name.
        seed: The field that "Keep seed" fills.
        viewer: The script of the player.
        record: Where a run leaves its Record.
        actions: What the table below a result asks about it.
    """
    sides = sides_made(task)
    screen = gallery = captions = None
    if "motion" in given or "motion" in sides:
        with gr.Row(elem_classes="figures"):
            screen = player(viewer)
            with gr.Column(elem_classes="pictures", scale=0, min_width=0):
                if "motion" in given:
                    _given_motion(actions.model.limits, given, screen, record)
                if "motion" in sides:
                    gallery = _gallery()
    if "text" in sides:
        captions = _captions()
    if screen:
        checked.below(actions, record, asks=gallery is not None)
    with gr.Row(elem_classes="result-bar"):
        files, chosen = _downloads(gallery, record)
        used = gr.Number(label="Seed used", precision=0, interactive=False, scale=0, min_width=190, elem_classes="used")
        keep = gr.Button("Keep seed", size="sm", scale=0, min_width=88)
    scripts.run(keep.click, scripts.KEEP, used, seed)
    with gr.Row(elem_classes="result-bar"):
        gr.HTML("Go on", elem_classes="caption")
        if gallery is None:
            chosen = gr.Radio([], label="Sentence", type="index", visible=False, elem_classes="which")
            record.change(staging.offer, record, chosen, **AT_ONCE)
        sends = {name: gr.Button(name, size="sm", scale=0, min_width=112) for side in sides for name in SENDS[side]}
        mapped = gr.Button("Show on the map", size="sm", scale=0, min_width=126)
        if captions:
            clip = gr.Button("Copy text", size="sm", scale=0, min_width=88)
            scripts.run(clip.click, scripts.COPY, captions, None)
    if gallery:
        record.change(staging.restore, record, screen, **AT_ONCE)
        record.change(staging.draw, record, gallery, trigger_mode="always_last", **DRAWING)
    return Stage(
        screen=screen if gallery else None,
        gallery=gallery, captions=captions, files=files, used=used, record=record, chosen=chosen, sends=sends,
        mapped=mapped, progress=next(part for part in (screen if gallery else None, captions) if part),
    )  # fmt: skip


def _given_motion(limits: Limits, given: dict[str, Any], screen: gr.HTML, record: gr.State) -> None:
    """The picture of an uploaded motion, and the field for the skeleton that an AMC file needs."""
    received = gr.State(None)  # the npy file of the motion
    picture = gr.Image(label="Given motion", type="filepath", interactive=False, buttons=[], elem_classes="given")
    arrival = importing.preview(limits, given, screen, received)
    arrival.success(staging.show_beside, [record, received], screen, **AT_ONCE)
    arrival.success(staging.picture, received, picture, **DRAWING)
    given["motion"].change(
        lambda path: gr.File(visible=bool(path) and path.lower().endswith(".amc")), given["motion"], given["skeleton"],
        **AT_ONCE,
    )  # fmt: skip


def _gallery() -> gr.Gallery:
    """The GIFs of the made motions; the one that is clicked is the one downloaded or sent on."""
    return gr.Gallery(
        label="Motions", columns=1, object_fit="contain", allow_preview=False, buttons=["fullscreen"],
        interactive=False, elem_classes="motions",
    )  # fmt: skip


def _captions() -> gr.Textbox:
    return gr.Textbox(
        label="Captions",
        lines=1,
        max_lines=12,
        interactive=False,
        buttons=[],
        elem_classes="captions",
        placeholder="The sentence appears here",
    )


def _downloads(gallery: gr.Gallery | None, record: gr.State) -> tuple[gr.File | None, Component]:
    """The buttons that fetch the chosen motion of a gallery in each form, or everything that a run made.

    Returns the npy files that they start from, and the number of the chosen motion.
    """
    gr.HTML("Download", elem_classes="caption")
    copy = gr.File(label="Download", interactive=False, visible="hidden")
    chosen, files = gr.State(0), None
    if gallery:
        files = gr.File(label="Motion files", file_count="multiple", interactive=False, visible="hidden")
        gallery.select(_index, None, chosen, **AT_ONCE)
        gallery.change(lambda: 0, None, chosen, **AT_ONCE)
        for form in get_args(Format):
            button = gr.Button(form.upper() if form != "npy" else form, size="sm", scale=0, min_width=56)
            _fetch(button, partial(handlers.export, form=form), [files, chosen], copy)
    _fetch(gr.Button("ZIP of all", size="sm", scale=0, min_width=84), staging.pack_all, record, copy)
    return files, chosen


def _fetch(button: gr.Button, write: Callable[..., str], source: Any, copy: gr.File) -> None:
    """Let a button download the file that `write` makes of what the source components hold, by way of `copy`."""
    button.click(write, source, copy, show_progress="minimal", show_progress_on=button, **DRAWING).success(
        None, copy, None, js=scripts.DOWNLOAD
    )


def _index(event: gr.SelectData) -> int:
    return int(event.index)
