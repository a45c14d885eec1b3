"""The model on ZeroGPU, the Spaces where a GPU is lent to a function for the time of a call."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from mote.pipeline import MoTe, Sample

HERE = "SPACES_ZERO_GPU" in os.environ


def on_lent_gpu(model: MoTe) -> Callable[..., list[Sample]]:
    """`model.generate`, on ZeroGPU under its decorator; anywhere else as it is.

    There the call runs in a process of its own, which takes the model from the CPU's memory along and can call nothing
    back: no step is told, and none can be the last.
    """
    if not HERE:
        return model.generate
    import spaces  # of ZeroGPU's own Python

    def generate(*given: Any, **settings: Any) -> list[Sample]:
        for part in (model.med, model.ted, model.mtdm, model.retrieval, model.claims):
            if part:
                part.to("cuda")
        return model.generate(*given, **settings)

    lent = spaces.GPU(generate)
    return lambda *given, callback, **settings: lent(*given, **settings)
