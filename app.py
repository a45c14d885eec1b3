"""MoTe Studio: reads the arguments, builds the page on a model, and serves it.

python app.py
python app.py --port 8000 --checkpoint path/to/checkpoint
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
gc.disable()  # the imports make a million objects that stay; looking for garbage among them costs a second

import gradio as gr  # noqa: E402

from mote.map import MapError  # noqa: E402
from mote.pipeline import MoTe  # noqa: E402
from mote.render import render_gif  # noqa: E402
from mote.retrieve import Index  # noqa: E402
from mote.ui import blocks, zero_gpu  # noqa: E402

gc.freeze()
gc.enable()

ROOT = Path(__file__).resolve().parent
ASSETS = ROOT / "assets"
VIEWER = ASSETS / "viewer.js"
QUIET, QUIET_DARK = "#5f6e85", "#a5b2c5"  # text of 4.5 : 1 and more on every background there is, fields among them
SCRIPTS = (
    "studio.js",
    "history.js",
    "completion.js",
    "trimming.js",
    "marks.js",
    "pointing.js",
    "map.js",
    "neighbours.js",
    "tour.js",
)
STYLES = ("studio.css", "player.css", "trimming.css", "history.css", "checked.css", "map.css")
CHECKPOINT = ROOT / "checkpoints" / "mote-open"
MAP = ASSETS / "map.safetensors"


def build(model: MoTe, folder: Path = CHECKPOINT, index: Index | None = None) -> gr.Blocks:
    """The page on a model, which is called after its folder, where its card is; nothing is started.

    The tab of the map shows `index`; without one, that of the map that is here, if that fits the model.
    """
    return blocks.build(
        model,
        name=folder.name,
        device=str(model.device),
        examples=ASSETS / "examples",
        viewer=VIEWER,
        card=folder / "README.md",
        index=index or _index(model),
    )


def _index(model: MoTe) -> Index | str:
    """The index of the map that is here, or why it does not fit."""
    try:
        return Index.open(MAP, model)
    except MapError as error:
        return str(error)


def launch(page: gr.Blocks, **options: Any) -> tuple[Any, str, str]:
    """Serve a page; `options` are those of gradio's launch, which wins over the app's own."""
    own: dict[str, Any] = {
        "theme": theme(),
        "css_paths": [ASSETS / name for name in STYLES],
        "head": "".join(f"<script>{(ASSETS / name).read_text()}</script>" for name in SCRIPTS),
        "allowed_paths": [str(ASSETS)],
        "max_file_size": "200mb",
        "footer_links": ["api"],
    }
    return page.queue(max_size=64).launch(**own | options)


def warm_up(model: MoTe) -> None:
    """Go from a sentence to a GIF once, so that nobody's first click waits for what is loaded at first use."""
    [sample] = model.generate("text-to-motion", text="a person walks", steps=1)
    assert sample.motion is not None
    with tempfile.TemporaryDirectory() as folder:
        render_gif(sample.motion, Path(folder) / "first.gif")


def theme() -> gr.themes.Base:
    """Fonts of the system, so that the page asks nobody else for one; calm greys and one colour."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        spacing_size=gr.themes.sizes.spacing_sm,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_sm,
        font=["ui-sans-serif", "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_600",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        body_text_color_subdued=QUIET,
        body_text_color_subdued_dark=QUIET_DARK,
        input_placeholder_color=QUIET,
        input_placeholder_color_dark=QUIET_DARK,
        color_accent="*primary_700",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the arguments, load the model, and serve the page until it is stopped."""
    parser = argparse.ArgumentParser(description="MoTe Studio: motion from words, words from motion.")
    public = "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1"
    parser.add_argument("--host", default=public, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, help="port to listen on (default: the first free one from 7860)")
    parser.add_argument("--checkpoint", default=str(CHECKPOINT), help="a folder, or a Hub id (default: %(default)s)")
    parser.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    parser.add_argument("--data", type=Path, help="what train.prepare wrote: the map plays its recordings too")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio's servers")
    parser.add_argument("--mcp", action="store_true", help="be a tool server for agents too (MCP), at /gradio_api/mcp/")
    given = parser.parse_args(arguments)
    if given.mcp and find_spec("mcp") is None:
        parser.error('--mcp needs a package that is not here: pip install "gradio[mcp]"')
    try:
        model = MoTe.from_pretrained(given.checkpoint, device="cpu" if zero_gpu.HERE else given.device)
        index = Index.open(MAP, model, given.data) if given.data else None
    except ValueError as error:
        parser.error(str(error))
    page = build(model, Path(given.checkpoint), index)
    threading.Thread(target=warm_up, args=(model,), daemon=True).start()
    launch(page, server_name=given.host, server_port=given.port, share=given.share, mcp_server=given.mcp)


if __name__ == "__main__":
    main()
