"""The interactive 3D player as a Gradio component.  Its script is `assets/viewer.js`, bundled from `assets/viewer/`."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import gradio as gr

from mote.ui.packing import figure

_TOGGLES = (
    ("loop", "Loop", "Start again at the end", True),
    ("follow", "Follow", "The camera follows the motion", True),
    ("trail", "Trail", "The way of the root on the floor", True),
    ("contacts", "Contacts", "Colour the feet that stand still", False),
    ("ghosts", "Ghosts", "Translucent poses over time", False),
)
_SPEEDS = (0.25, 0.5, 1, 1.5, 2)
_HEAD_START = 0.25
"""Seconds from the result to the player's first pictures, on a slow machine."""


def give_way() -> None:
    """Wait until the player plays a result, with what nobody misses until then: the processor may be one for both."""
    time.sleep(_HEAD_START)


def player(script: Path, hint: str = "The motion appears here") -> gr.HTML:
    """A stage that plays what `mote.ui.packing.pack` packed, given as the component's value.

    The markup never changes with the value: the script watches the value and draws it, so that Gradio has nothing to
    render anew.  Without WebGL the stage hides itself.

    Args:
        script: The bundle, which Gradio serves where `allowed_paths` has its folder.
        hint: What the empty stage says.
    """
    version = hashlib.sha256(script.read_bytes()).hexdigest()[:12]  # a browser keeps the script until it changes
    return gr.HTML(
        label="Player",
        html_template=_markup(hint),
        js_on_load="MoteViewer.attach(element, props, watch);",
        head=f'<script src="gradio_api/file={script}?v={version}"></script>',
        apply_default_css=False,
        elem_classes="stage-player",
        figure=figure(),
    )


def _markup(hint: str) -> str:
    toggles = "".join(
        f'<button type="button" data-part="{name}" aria-pressed="{str(on).lower()}" title="{title}">{text}</button>'
        for name, text, title, on in _TOGGLES
    )
    speeds = "".join(
        f'<option value="{speed}"{" selected" if speed == 1 else ""}>{speed:g}x</option>' for speed in _SPEEDS
    )
    return f"""
<section class="player" aria-label="3D player">
  <div class="player-stage" data-part="stage" tabindex="0" role="group"
    aria-label="Motion in 3D. Drag to turn, scroll to zoom. Space plays, arrow keys step a frame, R resets the view.">
    <div class="player-labels" data-part="labels"></div>
    <p class="player-hint">{hint}</p>
  </div>
  <div class="player-time">
    <button type="button" class="player-icon" data-part="back" aria-label="Previous frame"></button>
    <button type="button" class="player-icon" data-part="play" data-state="paused" aria-label="Play"></button>
    <button type="button" class="player-icon" data-part="forward" aria-label="Next frame"></button>
    <input type="range" data-part="timeline" aria-label="Timeline" min="0" max="0" step="1" value="0">
    <output data-part="readout">0 / 0  ·  0.00 s</output>
  </div>
  <div class="player-options" role="group" aria-label="Options of the player">
    <select data-part="speed" aria-label="Speed">{speeds}</select>
    {toggles}
    <button type="button" data-part="reset" title="Show the motion from where it started (R)">Reset view</button>
  </div>
</section>
"""
