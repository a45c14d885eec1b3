"""The page: a tab per task, all made by one builder from one table.  Layout only; what it does is in handlers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from mote.coding import Limits
from mote.pipeline import MoTe
from mote.retrieve import Index
from mote.sampling import Task
from mote.ui import (
    about,
    batching,
    checks,
    completion,
    handlers,
    importing,
    lengths,
    links,
    map_tab,
    offers,
    scripts,
    stage,
)
from mote.ui.drawer import drawer
from mote.ui.links import Bench
from mote.ui.page import Page
from mote.ui.player import player
from mote.ui.results import KEPT_SECONDS
from mote.ui.runs import recorded
from mote.ui.tasks import READING, TABS, Tab, endpoint

MOTION_FILES = [".bvh", ".amc", ".npy", ".npz"]

CONTROLS: dict[str, Callable[[Any], Component]] = {
    "text": lambda _: gr.Textbox(
        label="What the person does", placeholder="a person walks in a circle", lines=3, max_lines=5
    ),
    "motion": lambda _: gr.File(label="Motion: BVH, AMC, npy or npz", file_types=MOTION_FILES, height=120),
    "skeleton": lambda _: gr.File(label="Skeleton of the AMC: ASF", file_types=[".asf"], height=120, visible=False),
    "samples": lambda value: _slider("Samples", 1, checks.MAX_SAMPLES, value, 1),
    "steps": lambda value: _slider("Steps", 1, checks.MAX_STEPS, value, 1),
    "guidance": lambda value: _slider("Guidance", 0, checks.MAX_GUIDANCE, value, 0.5),
    "motion_guidance": lambda value: _slider("Motion guidance", 0, checks.MAX_GUIDANCE, value, 0.5),
    "text_guidance": lambda value: _slider("Text guidance", 0, checks.MAX_GUIDANCE, value, 0.5),
    "seconds": lambda value: gr.Number(value, label="Seconds", placeholder="auto", step=0.1, render=False),
    "seed": lambda value: gr.Number(value, label="Seed", placeholder="random", precision=0),
}
"""What makes the component of each argument of a handler, given the argument's default."""


def build(
    model: MoTe, *, name: str, device: str, examples: Path, viewer: Path, card: Path, index: Index | str
) -> gr.Blocks:
    """The whole page on a model; nothing is started.

    Args:
        model: What makes the results.
        name: The model's name.
        device: The device's name.
        examples: A folder of motion files, each an example of the tasks that are given a motion; it may be missing.
        viewer: The script of the 3D player.
        card: The model's card in Markdown; it may be missing.
        index: What the tab of the map shows, or why there is none.
    """
    actions = handlers.Handlers(model)
    batching.line(model)  # ZeroGPU wants to know before the start what needs its GPU
    lifetime = (KEPT_SECONDS // 24, KEPT_SECONDS)
    with Page(title="MoTe Studio", fill_height=True, fill_width=True, delete_cache=lifetime) as page:
        gr.HTML(html_template=scripts.MASTHEAD, js_on_load=scripts.MASTHEAD_ON_LOAD, elem_classes="masthead")
        with gr.Column(elem_classes="recipe-file"):  # never seen: the masthead has the button
            recipe = gr.UploadButton("Open recipe", file_types=[".json", ".zip"])
        past = drawer()
        tabs = gr.Tabs(elem_classes="tasks")
        status = gr.HTML(
            "Ready", label="Status", html_template=scripts.STATUS, elem_classes="status", model=name, device=device
        )
        benches: dict[Task, Bench] = {}
        known = map_tab.states()
        states = {task: (gr.State(None), gr.State(None)) for task in TABS}  # in a tab that was not opened yet, a state
        with tabs:  # that is an output would tell of a change whenever it is skipped
            for task, tab in TABS.items():
                with gr.Tab(tab.title, id=task), gr.Row(elem_classes="workspace"):
                    benches[task] = _tab(task, tab, actions, status, examples, viewer, *states[task])
            with gr.Tab("Compare", id=links.COMPARE), gr.Row(elem_classes="workspace comparison"):
                screen = player(viewer, hint="Choose motions in the history, and they move here side by side")
            map_tab.tab(index, benches, tabs, viewer, known)
            with gr.Tab("About", id="about"):
                about.tab(name, device, card)
        links.send(benches, tabs)
        links.open_recipes(recipe, benches, tabs, model)
        links.keep_history(past, benches, tabs, screen)
        numbers = [block for block in page.blocks.values() if isinstance(block, gr.Number)]
        scripts.run(page.load, scripts.EMPTY % len(numbers), None, numbers)
    return page


def _tab(
    task: Task,
    tab: Tab,
    actions: handlers.Handlers,
    status: gr.HTML,
    examples: Path,
    viewer: Path,
    record: gr.State,
    again: gr.State,
) -> Bench:
    """The inputs of a task on the left, its result on the right, and the events that join them.

    Programs and the page have an event each, of the same inputs and outputs: a program gets motions with their GIFs
    and never sees the player; the page gets the motions at once with the record of the run, and `stage.result` shows
    and draws what comes.
    """
    handler, limits = getattr(actions, endpoint(task)), actions.model.limits
    with gr.Column(elem_classes="inspector", scale=0, min_width=360):
        gr.HTML(tab.hint, elem_classes="hint")
        given: dict[str, Any] = {
            name: _control(handler, name) for name in ("text", "motion", "skeleton") if name in tab.inputs
        }
        if "motion" in given:
            given |= importing.row(limits)
        if "text" in given:
            examples_of = [line for values in tab.examples.values() for line in values["text"].splitlines()]
            completion.suggestions([*actions.model.vocabulary, *examples_of])
        picks = {**tab.examples, **(_clips(examples) if "motion" in given else {})}
        offered = gr.Dataset(
            label="Examples",
            components=["textbox"],
            samples=[[pick] for pick in picks],
            type="index",
            visible=bool(picks),
        )
        inputs = given | _settings(tab, handler, limits)
        with gr.Row(elem_classes="run"):
            generate = gr.Button("Generate", variant="primary", elem_classes="generate")
            stop = gr.Button("Stop", elem_classes="stop", scale=0, min_width=76)
    with gr.Column(elem_classes="stage"):
        strange = offers.beside() if "text" in given else None
        shown = stage.result(task, given, inputs["seed"], viewer, record, actions)
        if "seconds" in inputs:
            lengths.tell(limits, inputs["length"], inputs["seconds"], shown.progress)

    run: dict[str, Any] = {
        "inputs": [inputs[name] for name in tab.inputs],
        "outputs": [*shown.made, shown.used, status],
        "show_progress_on": shown.progress,
        "concurrency_id": "model",
        "concurrency_limit": batching.MAX_SAMPLES,
    }
    gr.on([], handler, api_name=endpoint(task), **run)
    run |= {"fn": recorded(actions, task), "outputs": [*run["outputs"], *shown.kept], "api_visibility": "private"}
    starts = [generate.click, again.change, *([given["text"].submit] if "text" in given else [])]
    fills = [
        offered.click(
            partial(_pick, list(picks.values())), offered, [inputs[name] for name in next(iter(picks.values()))],
            queue=False, show_progress="hidden", api_visibility="private",
        )
    ] if picks else []  # fmt: skip
    if strange:
        fills.append(offers.taken(strange, given["text"]))
    runs: list[Any] = [gr.on(starts, **run), *(fill.success(**run) for fill in fills)]
    if strange:  # after the run: the page asks for one after the other
        offers.tell(actions.model, strange, given["text"], starts, fills)
    stop.click(None, cancels=runs, api_visibility="private")
    return Bench(inputs=inputs, stage=shown, again=again)


def _settings(tab: Tab, handler: Callable[..., Any], limits: Limits) -> dict[str, Any]:
    """The components of a task's settings: a sheet of rows."""
    made: dict[str, Any] = {}
    with gr.Column(elem_classes="settings", min_width=0):
        for name in ("samples", "steps", "guidance", "motion_guidance", "text_guidance"):
            if name in tab.inputs:
                made[name] = _control(handler, name)
        if "seconds" in tab.inputs:
            made["seconds"] = _control(handler, "seconds")
            made["length"] = lengths.row(limits, made["seconds"])
        with gr.Row(elem_classes="setting"):
            made["seed"] = _control(handler, "seed")
            roll = gr.Button("Roll", elem_classes="dice", size="sm", scale=0, min_width=76)
        scripts.run(roll.click, scripts.ROLL, None, made["seed"])
    return made


def _control(handler: Callable[..., Any], name: str) -> Component:
    """The component of one argument of a handler, at the handler's own default."""
    return CONTROLS[name](inspect.signature(handler).parameters[name].default)


def _slider(label: str, low: float, high: float, value: float, step: float) -> gr.Slider:
    return gr.Slider(low, high, value, step=step, label=label, buttons=[])


def _clips(folder: Path) -> dict[str, Mapping[str, str | None]]:
    """Each motion file of the folder as an example, by a name that reads well."""
    files = sorted(path for path in folder.glob("*") if path.suffix in MOTION_FILES)
    found: dict[str, None] = dict.fromkeys(READING)
    names = (path.stem.replace("-", " ").replace("_", " ").capitalize() for path in files)
    return {name: {"motion": str(path), **found} for name, path in zip(names, files, strict=True)}


def _pick(picks: list[Mapping[str, Any]], index: int) -> Any:
    """The values of an example, as Gradio takes them: one alone, or a list."""
    values = list(picks[index].values())
    return values if len(values) > 1 else values[0]
