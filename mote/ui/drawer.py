"""The history as a drawer over the inputs.  Layout only; assets/history.js fills it."""

from __future__ import annotations

import gradio as gr

_MARKUP = """
<aside class="drawer" id="history" aria-labelledby="history-title" hidden>
  <header>
    <h2 id="history-title">History</h2>
    <button type="button" data-part="compare" disabled>Compare</button>
    <button type="button" data-part="close" aria-label="Close the history">&times;</button>
  </header>
  <ul data-part="list"></ul>
  <p data-part="empty">What you generate is kept here, in this browser alone.</p>
  <p class="drawer-note">
    The last 50 results, and all with a star. Their files last a day on the server; after that a result is made again
    from its settings.
  </p>
</aside>
"""


def drawer() -> gr.HTML:
    """A list of the runs of this browser, hidden at first.

    A value of `mote.ui.history.entry` is put on top of it.  Its events are `again` with the entry that was opened, and
    `compare` with those that were chosen, as `entries`.
    """
    return gr.HTML(
        label="History",
        html_template=_MARKUP,
        js_on_load="""
          MoteHistory.attach(element, props, watch, {
            again: (entry) => trigger("again", entry),
            compare: (entries) => trigger("compare", { entries }),
          });
        """,
        apply_default_css=False,
        elem_classes="history",
    )
