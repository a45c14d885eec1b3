"""The tab of the map: a search on the left, the points and a player on the right.

Layout only; what it shows is in `places`, and what draws it in assets/map.js and assets/neighbours.js.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mote.retrieve import Index
from mote.sampling import SIDES, Task
from mote.ui import completion, scripts
from mote.ui.links import QUEUED, Bench, send_on
from mote.ui.places import Places
from mote.ui.player import player
from mote.ui.stage import AT_ONCE, DRAWING, SENDS

MAP = "map"
FILES = [".bvh", ".npy", ".npz"]
_HINT = (
    "Motions and sentences, near each other where they mean the same. "
    "Search, or choose a point: with the pointer, or with the arrow keys and Enter."
)
_RECORDINGS = """
<p class="map-note">Recordings are not part of this app: of one that is chosen, what the model makes of its sentence
plays. <code>python app.py --data PREPARED</code> plays them.</p>
"""
_CHART_ON_LOAD = """
const told = (event) => (key) => trigger(event, key);
MoteMap.attach(element, props, watch, { choose: told("choose"), draw: told("draw"), arrived: told("arrived") });
"""
_CHART = """
<section class="map" aria-label="Map">
  <div class="map-tools">
    <div role="group" aria-label="What is shown">
      <button type="button" data-kind="recorded" aria-pressed="true"><i class="mark recorded"></i>Recorded</button>
      <button type="button" data-kind="made" aria-pressed="true"><i class="mark made"></i>Made</button>
      <button type="button" data-kind="sentence" aria-pressed="true"><i class="mark sentence"></i>Sentences</button>
    </div>
    <select data-part="by" aria-label="Colours"><option value="action">By action</option>
      <option value="style">By style</option></select>
    <div role="group" aria-label="View of the map">
      <button type="button" data-zoom="0.7" aria-label="Zoom out" title="Zoom out">&minus;</button>
      <button type="button" data-zoom="1.4" aria-label="Zoom in" title="Zoom in">+</button>
      <button type="button" data-zoom="0" title="Show the whole map">Whole</button>
    </div>
  </div>
  <div class="map-stage" data-part="stage">
    <canvas data-part="canvas" tabindex="0" role="application" aria-roledescription="map"></canvas>
    <p class="map-tip" data-part="tip" hidden></p>
    <p class="map-heard" data-part="heard" role="status"></p>
  </div>
  <ul class="map-legend" data-part="legend" aria-label="What the colours mean"></ul>
</section>
"""
_LIST = """
<section class="neighbours" aria-label="Nearest">
  <h2 data-part="about" role="status">Nothing is chosen yet</h2>
  <p data-part="note">What you generate in another tab is on the map when you come back.</p>
  <div data-part="groups"></div>
</section>
"""


def states() -> dict[str, gr.State]:
    """What the tab remembers; made among the tabs, these would count as tabs, and the next one be there twice."""
    return {"playing": gr.State(None), "spots": gr.State([]), "record": gr.State(None), "chosen": gr.State(0)}


def tab(
    index: Index | str, benches: Mapping[Task, Bench], tabs: gr.Tabs, viewer: Path, known: Mapping[str, gr.State]
) -> None:
    """Lay out the tab of an index, or say in it why there is none; results of the benches appear among its points.

    Args:
        viewer: The script of the 3D player.
        known: What `states` made.
    """
    with gr.Tab("Map", id=MAP) as page, gr.Row(elem_classes="workspace"):
        if isinstance(index, str):
            for bench in benches.values():
                bench.stage.mapped.visible = False
            gr.HTML(f"<p>There is no map here: {escape(index)}.</p>", label="Why there is no map", elem_classes="hint")
            return
        with gr.Column(elem_classes="inspector", scale=0, min_width=360):
            gr.HTML(_HINT, elem_classes="hint")
            text = gr.Textbox(label="Search for a sentence", placeholder="someone is dancing", lines=1, max_lines=3)
            completion.suggestions(index.model.vocabulary)
            with gr.Row(elem_classes="run"):
                search = gr.Button("Search", variant="primary", elem_classes="generate")
                file = gr.UploadButton("Search by file", file_types=FILES, elem_classes="by-file")
            answer = gr.HTML(
                label="Nearest",
                html_template=_LIST,
                js_on_load="MoteNeighbours.attach(element, props, watch, (key) => trigger('play', key));",
                apply_default_css=False,
                elem_classes="neighbours-block",
            )
            if not index.data:
                gr.HTML(_RECORDINGS, label="About the recordings", elem_classes="neighbours-block")
        places = Places(index)
        with gr.Column(elem_classes="stage map-page"):
            with gr.Row(elem_classes="figures"):
                chart = _chart(places)
                screen = player(viewer, hint="Choose a point, and it moves here")
                picture = gr.Image(label="Motion", interactive=False, buttons=[], elem_classes="given map-picture")
            with gr.Row(elem_classes="result-bar"):
                gr.HTML("Go on", elem_classes="caption")
                names = [name for side in SIDES for name in SENDS[side]]
                sends = {name: gr.Button(name, size="sm", scale=0, min_width=112) for name in names}
    playing, spots = known["playing"], known["spots"]
    view: dict[str, Any] = {"outputs": [chart, answer, screen, playing, spots], **QUEUED}
    gr.on([text.submit, search.click], places.search, [text, spots], **view)
    file.upload(places.search_file, [file, spots], **view)
    chart.choose(places.choose, spots, **view)
    chart.draw(places.picture, spots, picture, trigger_mode="always_last", **DRAWING)
    answer.play(places.play, spots, **view)
    for name, button in sends.items():
        send_on(name, button, places.sent, [playing], benches, tabs)
    _show_results(places, page, view, chart, known, benches, tabs)


def _chart(places: Places) -> gr.HTML:
    return gr.HTML(
        label="Map",
        html_template=_CHART,
        js_on_load=_CHART_ON_LOAD,
        apply_default_css=False,
        elem_classes="map-block",
        points=places.points(),
    )


def _show_results(
    places: Places,
    page: gr.Tab,
    view: dict[str, Any],
    chart: gr.HTML,
    known: Mapping[str, gr.State],
    benches: Mapping[Task, Bench],
    tabs: gr.Tabs,
) -> None:
    """Let the last result be on the map: when the person comes to it, is there when the result comes, or asks for it.

    What arrives is told to the chart, which asks for it: values for components of a tab that was not opened yet, even
    those that are skipped, would take from them what they know of themselves.
    """
    result = [known[name] for name in ("record", "chosen", "spots")]
    for bench in benches.values():
        own = bench.stage.record
        own.change(lambda made: (made, 0), own, result[:2], **QUEUED).success(None, None, None, js=scripts.TELL_MAP)
        bench.stage.mapped.click(places.ask, [own, bench.stage.chosen, known["spots"]], result, **QUEUED).success(
            lambda: gr.Tabs(selected=MAP), None, tabs, **AT_ONCE
        )
    page.select(places.here, result, **view)
    chart.arrived(places.here, result, **view)
