"""The tiny model as one that compares motions and sentences, and figures of real clips to judge its results by."""

import torch

from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.pipeline import MoTe
from mote.reference import RealClips


def model_with(tiny: MoTe, real: RealClips | None, retrieval: bool = True) -> MoTe:
    """The tiny model with a space of motions and sentences, and with figures of real clips."""
    torch.manual_seed(0)
    text = tiny.ted.config.tokens, tiny.ted.config.meaning_width
    space = Retrieval(RetrievalConfig(motion=(2, 8), text=text, width=16, layers=1, heads=2, space=8))
    return MoTe(tiny.med, tiny.ted, tiny.mtdm, retrieval=space if retrieval else None, real=real)


def real_clips(match: tuple[float, float], jitter: tuple[float, float] = (0, 1e6)) -> RealClips:
    pairs = dict.fromkeys(("mismatch", "agreement", "disagreement"), (-2.0, -1.5))
    return RealClips(speed=(), skating=((0, 1e-9),), jitter=(jitter,), match=match, **pairs)
