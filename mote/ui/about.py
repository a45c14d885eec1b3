"""The tab that tells of the app and of the model in it, from the model's own card."""

from __future__ import annotations

import platform
import re
from html import escape
from importlib.metadata import version
from pathlib import Path

import gradio as gr

from mote.version import VERSION

_NO_CARD = """
## No model card

The folder of this model has no README.md. What it learned from, under which licence it may be used and what it cannot
do is for whoever made it to say: ask them before you publish anything that it made.
"""
_CODE = """
MoTe Studio is an open implementation of MoTe (arxiv.org/abs/2411.19786): one diffusion model over a motion and a
sentence. Its code is under Apache-2.0; the licence of the model is its own. Everything here runs on the machine that
serves this page: what you write and upload goes nowhere else, and is deleted after a day.
"""


def tab(name: str, device: str, card: Path) -> None:
    """Lay out what is told of the app, of the model called `name` and of its card, a file that need not be there."""
    facts = {"MoTe Studio": VERSION, "Model": name, "Device": device, "Gradio": version("gradio"),
             "PyTorch": version("torch"), "Python": platform.python_version()}  # fmt: skip
    rows = "".join(f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items())
    with gr.Row(elem_classes="about"):
        with gr.Column(elem_classes="facts", scale=0, min_width=260):
            gr.HTML(f"<dl>{rows}</dl>", label="Versions")
            gr.Markdown(_CODE)
        gr.Markdown(card_text(card), elem_classes="card", latex_delimiters=[])


def card_text(card: Path) -> str:
    """A model card for the page: without front matter and pictures, and with links as text, addresses written out.

    Nothing in it makes a browser ask anybody, whoever wrote it.
    """
    if not card.is_file():
        return _NO_CARD
    text = card.read_text(encoding="utf-8", errors="replace")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\(https?://([^)\s]*)[^)]*\)", r"\1 (\2)", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"<(?=[a-zA-Z/!])", "&lt;", text)
