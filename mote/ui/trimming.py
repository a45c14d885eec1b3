"""The part of a motion file that is used, as two handles over a timeline of it all.  Layout only; assets/trimming.js
moves them.
"""

from __future__ import annotations

import gradio as gr

from mote.coding import Limits

_MARKUP = """
<div class="trimming" role="group" aria-label="Range of the file to use" hidden>
  <input type="range" data-part="start" aria-label="Start of the range" min="0" step="0.1">
  <input type="range" data-part="end" aria-label="End of the range" min="0" step="0.1">
</div>
"""


def trimmer(limits: Limits) -> gr.HTML:
    """Two handles of which each takes the other along where the range would leave the model's limits.

    Its value has the file's `seconds` and the `start` and `end` of the range in it, or is None where there is nothing
    to choose.  Its events are `input`, while a handle moves, and `release`.
    """
    return gr.HTML(
        label="Range",
        html_template=_MARKUP,
        js_on_load="""
          MoteTrimming.attach(element, props, watch, {
            moved: () => trigger("input"),
            released: () => trigger("release"),
          });
        """,
        apply_default_css=False,
        least=limits.least,
        most=limits.most,
    )
