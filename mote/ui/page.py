"""The page as Gradio serves it, with one answer to whatever a field cannot take."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction

from mote.ui import checks


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
            return await super().preprocess_data(block_fn, inputs, *others, **more)
        except gr.Error as error:
            raise checks.fault(str(error.message)) from error
        except Exception as error:
            raise checks.fault(
                "This is not what the fields take: send values in the order of the API page, and upload files first."
            ) from error
