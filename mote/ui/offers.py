"""What stands beside the result of a strange prompt: that the model knows little like it, and what it knows instead.

Each of the prompts that are offered is a button that writes it in place of the strange line and runs it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from mote import advice
from mote.pipeline import MoTe
from mote.sequence import one_by_one

_EVENT: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def beside() -> dict[str, Any]:
    """The `note` and the `prompts` that are offered, both hidden until a prompt is strange, and its `line`."""
    with gr.Row(elem_classes="offers"):
        note = gr.HTML(label="About the prompt", elem_classes="note", visible=False)
        prompts = gr.Dataset(
            components=["textbox"], samples=[], show_label=False, label="Try instead", visible=False, min_width=0
        )
    return {"note": note, "prompts": prompts, "line": gr.State("")}


def taken(parts: dict[str, Any], text: Component) -> Dependency:
    """The event of taking an offer into the prompt."""
    return parts["prompts"].click(take, [text, parts["line"], parts["prompts"]], text, **_EVENT)


def tell(model: MoTe, parts: dict[str, Any], text: Component, starts: list[Any], fills: list[Dependency]) -> None:
    """Fill the parts whenever a run starts: by one of the triggers, or once one of `fills` has set the prompt."""
    looks: dict[str, Any] = {"fn": partial(look, model), "inputs": text, "outputs": list(parts.values()), **_EVENT}
    gr.on(starts, **looks)
    for fill in fills:
        fill.success(**looks)


def look(model: MoTe, text: str | None) -> tuple[gr.HTML, gr.Dataset, str]:
    """What to show beside a prompt: nothing, or of its first strange action that it is, and what to write
    instead of its line."""
    for line in (text or "").splitlines():
        actions = one_by_one(model, line)
        for number, action in enumerate(actions):
            known = _instead(model, action)
            if known is not None:
                said = f"{advice.STRANGE}{'Try instead:' if known else advice.PLAIN}"
                offers = [["\n".join([*actions[:number], one, *actions[number + 1 :]])] for one in known]
                return gr.HTML(said, visible=True), gr.Dataset(samples=offers, visible=bool(known)), line
    return gr.HTML(visible=False), gr.Dataset(visible=False), ""


def _instead(model: MoTe, line: str) -> list[str] | None:
    """`advice.instead`, and None for a line without words, of which the run itself will say so."""
    try:
        return advice.instead(model, line)
    except ValueError:
        return None


def take(text: str, line: str, offer: list[str]) -> str:
    """The prompt with an offer in place of its strange line."""
    return "\n".join(offer[0] if own == line else own for own in text.splitlines())
