"""The list of suggestions below a prompt.  Its script is `assets/completion.js`; nothing is asked of the server."""

from __future__ import annotations

from collections.abc import Iterable

import gradio as gr


def suggestions(prompts: Iterable[str]) -> gr.HTML:
    """A list that opens below the text box above it while something like one of the prompts is typed there."""
    return gr.HTML(
        label="Suggestions",
        html_template='<ul role="listbox" aria-label="Prompts that the model knows" hidden></ul>',
        js_on_load="MoteCompletion.attach(element, props.prompts);",
        apply_default_css=False,
        elem_classes="completion",
        prompts=sorted(set(prompts)),
    )
