"""Clips whose labels are known, for the stages that learn from labels."""

from dataclasses import asdict

import numpy as np
import pytest

from mote.motion.motion import Motion
from mote.pipeline import MoTe
from train.data import Clips
from train.pairs import Motions
from train.prepare.facts import measure

ROWS = (("walk", None, None), ("raise-up-left-hand", "old", "left"), ("wave-right-hand", "feminine", "right"))


@pytest.fixture(scope="session")
def motions(choosy_model: MoTe) -> Motions:
    """Noise that is said to be three actions."""
    rng = np.random.default_rng(0)
    body = np.cumsum(np.full((22, 3), 0.1, np.float32), axis=0)
    facts = asdict(measure(Motion(np.repeat(body[None], 60, axis=0))))
    records = [
        {"action": action, "style": style, "side": side, "facts": facts,
         "captions": [f"a person {said}"], "mirrored_captions": [f"someone {said}"]}
        for (action, style, side), said in zip(
            ROWS, ("walks", "raises the left hand", "waves the right hand"), strict=True
        )
    ]  # fmt: skip
    return Motions(choosy_model.med, Clips([*rng.normal(size=(3, 60, 263)).astype(np.float16)], records), trims=1)
