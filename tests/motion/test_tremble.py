"""What trembles is steadied where it is calm, and left sharp where it is quick."""

import numpy as np
import pytest
from people import standing

from mote.motion.quality import jitter
from mote.motion.tremble import CALM, steadied

FPS = 20.0


def going(speed: float, frames: int = 80) -> np.ndarray:
    """Who goes straight on at so many metres a second."""
    return standing(frames) + np.arange(frames)[:, None, None] * [0, 0, speed / FPS]


def trembling(joints: np.ndarray) -> np.ndarray:
    return joints + np.random.default_rng(0).normal(scale=0.001, size=joints.shape)


def kept(speed: float) -> float:
    """The share of a tremble that is left at a speed, away from both ends."""
    shaken = trembling(going(speed))
    return jitter(steadied(shaken, FPS)[10:-10]) / jitter(shaken[10:-10])


def test_the_calmer_the_steadier():
    shares = [kept(speed) for speed in (0.0, 0.3, 1.0, 4.0)]
    assert shares[0] < 0.3
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
    assert kept(CALM / 2) == pytest.approx(shares[0], rel=0.1)


def test_who_suddenly_goes_goes_as_suddenly():
    start = np.concatenate([going(0.0, 40), going(3.0, 40)])
    step = np.diff(steadied(start, FPS)[:, 0, 2])
    assert step[36] < 0.01
    assert step[43] > 0.14, "of the 15 cm that are gone in a frame"


def test_neither_shape_nor_place_changes():
    still = standing(5).astype(np.float32) + np.float32(7)
    steady = steadied(still, FPS)
    assert steady.dtype == np.float32
    np.testing.assert_allclose(steady, still, atol=1e-5)
