"""Clips whose labels are known, for the stages that learn from labels."""

from dataclasses import asdict

import numpy as np
import people
import pytest

from mote.motion.facts import measure
from mote.motion.features import to_features
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from train.data import Clips
from train.pairs import Motions

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


STRIKES = (30, 70, 110)
"""The frames at which the boxer of `active` strikes."""


@pytest.fixture(scope="session")
def active() -> Clips:
    """A boxer, somebody who walks eight metres in sixteen steps, and somebody who stands and is said to dance."""
    shown = {"punch": people.boxing(*STRIKES), "walk": people.walking(8, (0, 1)), "dance": people.standing(60)}
    records = [
        {"action": action, "style": None, "side": None, "facts": asdict(measure(Motion(joints))), "split": "train",
         "captions": [f"a person {action}s"], "mirrored_captions": [f"a person {action}s"], "held_out": [False]}
        for action, joints in shown.items()
    ]  # fmt: skip
    return Clips(
        [to_features(Motion(joints).on_floor().joints).astype(np.float16) for joints in shown.values()], records
    )
