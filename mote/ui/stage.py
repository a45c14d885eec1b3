"""The right side of a tab: the player and the GIFs of its motions, its captions, downloads, and the seed.

Layout only; what it does is in `handlers` and `staging`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, get_args

import gradio as gr
from gradio.components import Component

from mote.export import Format
from mote.sampling import TASKS, Task
from mote.ui import handlers, importing, scripts, staging
from mote.ui.player import player

_DRAWING: dict[str, Any] = {"concurrency_id": "drawing", "concurrency_limit": 2, "api_visibility": "private"}


def result(
    task: Task, given: dict[str, Any], seed: Component, viewer: Path
) -> tuple[list[Component], gr.Number, Component]:
    """What the task makes: motions with their downloads, captions, both; the seed that was used; where progress shows.

    Whenever a run has filled in the motion files, they go to the player first and then become GIFs.  So neither the
    player is an output of the endpoints, nor does the page wait for the drawing.

    Args:
        given: The components of what the task is given, by name.
        seed: The field that "Keep seed" fills.
        viewer: The script of the player.
    """
    sides = TASKS[task][-1].generated
    received = gr.State(None)  # the npy file of the given motion
    made: list[Any] = []
    if "motion" in given or "motion" in sides:
        with gr.Row(elem_classes="figures"):
            screen = player(viewer)
            with gr.Column(elem_classes="pictures", scale=0, min_width=0):
                if "motion" in given:
                    _given_motion(given, screen, received)
                if "motion" in sides:
                    made.append(_gallery())
    sentences = [_captions()] if "text" in sides else []
    made += sentences
    with gr.Row(elem_classes="result-bar"):
        if "motion" in sides:
            made.append(_downloads(made[0]))
        if sentences:
            copy = gr.Button("Copy text", size="sm", scale=0, min_width=88)
            scripts.run(copy.click, scripts.COPY, sentences, None)
        used = gr.Number(label="Seed used", precision=0, interactive=False, scale=0, min_width=190, elem_classes="used")
        keep = gr.Button("Keep seed", size="sm", scale=0, min_width=88)
    scripts.run(keep.click, scripts.KEEP, used, seed)
    if "motion" not in sides:
        return made, used, made[0]
    gallery, files = made[0], made[-1]
    files.change(
        staging.show, [files, used, received, *sentences], screen,
        queue=False, show_progress="hidden", api_visibility="private",
    ).success(staging.draw, [files, *sentences], gallery, trigger_mode="always_last", **_DRAWING)  # fmt: skip
    return made, used, screen


def _given_motion(given: dict[str, Any], screen: gr.HTML, received: gr.State) -> None:
    """The picture of an uploaded motion, and the field for the skeleton that an AMC file needs."""
    picture = gr.Image(label="Given motion", type="filepath", interactive=False, buttons=[], elem_classes="given")
    importing.preview(given, screen, received).success(staging.picture, received, picture, **_DRAWING)
    given["motion"].change(
        lambda path: gr.File(visible=bool(path) and path.lower().endswith(".amc")), given["motion"], given["skeleton"],
        queue=False, show_progress="hidden", api_visibility="private",
    )  # fmt: skip


def _gallery() -> gr.Gallery:
    """The GIFs of the made motions; the one that is clicked is the one downloaded."""
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


def _downloads(gallery: gr.Gallery) -> gr.File:
    """The buttons that fetch the chosen motion of a gallery in each form; the files that they start from."""
    gr.HTML("Download", elem_classes="caption")
    files = gr.File(label="Motion files", file_count="multiple", interactive=False, visible="hidden")
    copy = gr.File(label="Download", interactive=False, visible="hidden")
    chosen = gr.State(0)
    gallery.select(_index, None, chosen, queue=False, show_progress="hidden", api_visibility="private")
    gallery.change(lambda: 0, None, chosen, queue=False, show_progress="hidden", api_visibility="private")
    for form in get_args(Format):
        button = gr.Button(form.upper() if form != "npy" else form, size="sm", scale=0, min_width=64)
        button.click(
            partial(handlers.export, form=form), [files, chosen], copy, show_progress="hidden", **_DRAWING
        ).success(None, copy, None, js=scripts.DOWNLOAD)
    return files


def _index(event: gr.SelectData) -> int:
    return int(event.index)
