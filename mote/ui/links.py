"""The events between the tabs: results sent on, recipes opened, and results of the history shown again or compared.

Layout only; what goes into the fields is in `filling` and `history`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from mote.pipeline import MoTe
from mote.recipe import Recipe
from mote.sampling import Side, Task
from mote.ui import filling, history, scripts
from mote.ui.stage import AT_ONCE, Stage
from mote.ui.tasks import TABS

TARGETS: dict[str, tuple[Side, Task, bool]] = {
    "Caption this": ("motion", "motion-to-text", True),
    "Vary this": ("motion", "motion-variation", True),
    "Use as prompt": ("text", "text-to-motion", False),
    "Reword": ("text", "text-variation", True),
}
"""What each button of a result sends on, where to, and whether it runs there at once."""

QUEUED: dict[str, Any] = AT_ONCE | {"queue": True, "concurrency_limit": None}
"""For what changes a state or tells the person something: without its queue Gradio forgets both."""
COMPARE = "compare"
"""The tab where results of the history stand side by side."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A tab's components: its inputs by the names of the handler's arguments, and its result.

    A value that `again` did not have before runs the task.
    """

    inputs: dict[str, Any]
    stage: Stage
    again: gr.State


def send(benches: Mapping[Task, Bench], tabs: gr.Tabs) -> None:
    """Let the buttons below each result fill the field of another tab, and show that tab."""
    for bench in benches.values():
        for name, button in bench.stage.sends.items():
            send_on(name, button, filling.sent, [bench.stage.record, bench.stage.chosen], benches, tabs)


def send_on(
    name: str,
    button: gr.Button,
    sent: Callable[..., str],
    sources: list[Component],
    benches: Mapping[Task, Bench],
    tabs: gr.Tabs,
) -> None:
    """Let a button of TARGETS fill its field with what `sent` makes of the values of the sources and the side."""
    side, task, runs = TARGETS[name]
    target = benches[task]

    def sender(*values: Any) -> tuple[Any, ...]:
        return gr.Tabs(selected=task), sent(*values, side)

    filled = button.click(sender, sources, [tabs, target.inputs[side]], **QUEUED)
    filled.success(None, None, None, js=scripts.FOCUS)
    if runs:  # once the tab is there to show what comes
        filled.success(lambda: secrets.token_hex(), None, target.again, **QUEUED)


def open_recipes(upload: gr.UploadButton, benches: Mapping[Task, Bench], tabs: gr.Tabs, model: MoTe) -> None:
    """Let a recipe that is uploaded fill the fields of its tab, and show that tab."""

    def opened(path: str) -> dict[Any, Any]:
        recipe, given = filling.opened(path)
        if warning := recipe.foreign(model):
            gr.Warning(escape(warning))
        if recipe.motion and not given:
            gr.Info(escape(f"Choose the motion that it was given as well: {recipe.motion.name}."))
        return _filled(benches, tabs, recipe, given)

    upload.upload(opened, upload, _fields(benches, tabs), trigger_mode="multiple", **QUEUED).success(
        None, None, None, js=scripts.FOCUS
    )


def keep_history(drawer: gr.HTML, benches: Mapping[Task, Bench], tabs: gr.Tabs, screen: gr.HTML) -> None:
    """Let each run go into the history, and what is chosen there come back to its tab, or to the screen to compare."""
    for bench in benches.values():
        bench.stage.record.change(history.entry, bench.stage.record, drawer, **AT_ONCE)

    def again(event: gr.EventData) -> dict[Any, Any]:
        recipe, record = history.found(event)
        filled = _filled(benches, tabs, recipe, record.given if record else None)
        bench = benches[recipe.task]
        if record is None:
            return filled if recipe.motion else filled | {bench.again: secrets.token_hex()}
        shown = {bench.stage.captions: "\n".join(record.captions), bench.stage.files: [*record.files]}
        shown = {component: value for component, value in shown.items() if component is not None}
        return filled | shown | {bench.stage.used: recipe.seed, bench.stage.record: record}

    def compare(event: gr.EventData) -> tuple[gr.Tabs, dict[str, Any]]:
        return gr.Tabs(selected=COMPARE), history.compared(event)

    stages = [bench.stage for bench in benches.values()]
    results = [part for stage in stages for part in (stage.captions, stage.files, stage.used, stage.record) if part]
    runs = [bench.again for bench in benches.values()]
    drawer.again(again, None, [*_fields(benches, tabs), *results, *runs], **QUEUED)
    drawer.compare(compare, None, [tabs, screen], **AT_ONCE)


def _fields(benches: Mapping[Task, Bench], tabs: gr.Tabs) -> list[Component]:
    """What `_filled` may fill; no HTML, which forgets its own values where it is an output in a tab not opened yet."""
    return [tabs, *(bench.inputs[name] for task, bench in benches.items() for name in TABS[task].inputs)]


def _filled(benches: Mapping[Task, Bench], tabs: gr.Tabs, recipe: Recipe, given: str | None) -> dict[Any, Any]:
    """The values that select a recipe's tab and fill its fields."""
    fields = filling.fields(recipe, given)
    return {tabs: gr.Tabs(selected=recipe.task)} | {
        benches[recipe.task].inputs[name]: value for name, value in fields.items()
    }
