"""The length of motions to make: seconds or the model's own choice, what that is in frames, and the model's limits."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from mote.coding import Limits
from mote.ui import scripts
from mote.ui.staging import GIVEN

_SECONDS_OF_AUTO = "(auto) => (auto ? null : 4)"
_AUTO_OF_SECONDS = "(seconds) => seconds === null || seconds === undefined || seconds === ''"
_SAID = """
(seconds, shown) => {
  const [least, most, fps, limits] = %s;
  const length = (frames) => `${(frames / fps).toFixed(1)} s = ${frames} frames`;
  if (seconds !== null && seconds !== undefined && seconds !== "") {
    const within = least <= seconds && seconds <= most;
    return within ? `${length(Math.round(seconds * fps))}, of ${limits}` : `Only from ${limits}`;
  }
  const made = (shown?.motions ?? []).filter((motion) => motion.label !== %s).map((motion) => motion.frames);
  if (made.length === 0) return %s;
  const [shortest, longest] = [Math.min(...made), Math.max(...made)];
  return `Auto made ${length(shortest)}${shortest < longest ? ` to ${length(longest)}` : `, of ${limits}`}`;
}
"""


def _auto(limits: Limits) -> str:
    return f"From {limits}, or auto"


def row(limits: Limits, seconds: gr.Number) -> gr.HTML:
    """Lay out the field of seconds, not yet rendered, beside its "Auto"; the line below, which `tell` keeps right."""
    with gr.Row(elem_classes="setting"):
        seconds.render()
        auto = gr.Checkbox(True, label="Auto", container=False, scale=0, min_width=76)
    scripts.run(auto.input, _SECONDS_OF_AUTO, auto, seconds)
    scripts.run(seconds.change, _AUTO_OF_SECONDS, seconds, auto)
    return gr.HTML(_auto(limits), label="Length in frames", elem_classes="in-frames")


def tell(limits: Limits, line: gr.HTML, seconds: gr.Number, player: Any) -> None:
    """Say in the line what the seconds are in frames or, once the player has them, how long the motions became."""
    given: list[Any] = [seconds, player]
    known = [limits.least, limits.most, limits.fps, str(limits)]
    said = _SAID % tuple(json.dumps(value) for value in (known, GIVEN, _auto(limits)))
    scripts.run(seconds.change, said, given, line)
    scripts.run(player.change, said, given, line)
