"""The length of motions to make: seconds or the model's own choice, what that is in frames, and the model's limits."""

from __future__ import annotations

from typing import Any

import gradio as gr

from mote.motion.skeleton import HUMANML3D
from mote.pipeline import MAX_SECONDS, MIN_SECONDS
from mote.ui import scripts
from mote.ui.staging import GIVEN

_LIMITS = f"{MIN_SECONDS:g} to {MAX_SECONDS:g} s"
_AUTO = f"From {_LIMITS}, or auto"
_SECONDS_OF_AUTO = "(auto) => (auto ? null : 4)"
_AUTO_OF_SECONDS = "(seconds) => seconds === null || seconds === undefined || seconds === ''"
_SAID = f"""
(seconds, shown) => {{
  const length = (frames) => `${{(frames / {HUMANML3D.fps:g}).toFixed(1)}} s = ${{frames}} frames`;
  if (seconds !== null && seconds !== undefined && seconds !== "") {{
    const within = {MIN_SECONDS} <= seconds && seconds <= {MAX_SECONDS};
    return within ? `${{length(Math.round(seconds * {HUMANML3D.fps:g}))}}, of {_LIMITS}` : "Only from {_LIMITS}";
  }}
  const made = (shown?.motions ?? []).filter((motion) => motion.label !== {GIVEN!r}).map((motion) => motion.frames);
  if (made.length === 0) return {_AUTO!r};
  const [least, most] = [Math.min(...made), Math.max(...made)];
  return `Auto made ${{length(least)}}${{least < most ? ` to ${{length(most)}}` : ", of {_LIMITS}"}}`;
}}
"""


def row(seconds: gr.Number) -> gr.HTML:
    """Lay out the field of seconds, not yet rendered, beside its "Auto"; the line below, which `tell` keeps right."""
    with gr.Row(elem_classes="setting"):
        seconds.render()
        auto = gr.Checkbox(True, label="Auto", container=False, scale=0, min_width=76)
    scripts.run(auto.input, _SECONDS_OF_AUTO, auto, seconds)
    scripts.run(seconds.change, _AUTO_OF_SECONDS, seconds, auto)
    return gr.HTML(_AUTO, label="Length in frames", elem_classes="in-frames")


def tell(line: gr.HTML, seconds: gr.Number, player: Any) -> None:
    """Say in the line what the seconds are in frames or, once the player has them, how long the motions became."""
    given: list[Any] = [seconds, player]
    scripts.run(seconds.change, _SAID, given, line)
    scripts.run(player.change, _SAID, given, line)
