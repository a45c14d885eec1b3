"""The page as Gradio serves it, with one answer to whatever a field cannot take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.utils import get_upload_folder

from mote.ui import checks

_SERVED = re.compile(r"https?://[^/]+/gradio_api/file=(.+)")


class Page(gr.Blocks):
    """Blocks that meet what a program sends as they meet what a person types: with a sentence, not with a traceback.

    Gradio itself sends "null" for a value of the wrong kind, rounds what should be whole, and logs both at length.
    """

    async def preprocess_data(self, block_fn: BlockFunction, inputs: list[Any], *others: Any, **more: Any) -> Any:
        """The values of the fields as the handlers take them.

        Raises:
            gr.Error: a value is missing, of the wrong kind or out of range, or a file was never uploaded.
        """
        for field, value in zip(block_fn.inputs, inputs, strict=False):
            checks.entered(field, value)
        try:
            return await super().preprocess_data(block_fn, [_own(value) for value in inputs], *others, **more)
        except gr.Error as error:
            raise checks.fault(str(error.message)) from error
        except Exception as error:
            raise checks.fault(
                "This is not what the fields take: send values in the order of the API page, and upload files first."
            ) from error


def _own(value: Any) -> Any:
    """A file that the app made, when it is named by its address as agents do, by its path: Gradio fetches no file from
    its own machine.
    """
    served = _SERVED.fullmatch(str(value.get("path"))) if isinstance(value, dict) else None
    if not served:
        return value
    path = Path(unquote(served[1]))
    own = path.resolve().is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file()
    return value | {"path": str(path), "url": None} if own else value
