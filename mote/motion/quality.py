"""How a body moves: how fast, how much it trembles, and whether its feet slide.

The figures mean little by themselves: a run trembles more than a wave. Real clips that move as fast stand beside them
(`mote.reference`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D

DOWN = 0.05
"""Metres over the floor below which a foot is taken to stand."""

SLIDES = 0.5
"""Metres a second from which a standing foot slides (Karunratanakul et al. 2023, GMD: 2.5 cm in a frame of 20)."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Figures of one motion at 20 frames a second.

    Args:
        speed: mean way of a joint, in millimetres a frame.
        skating: share of the frames in which a foot stands and slides.
        jitter: mean length of the third difference of positions, in millimetres a frame cubed.
    """

    speed: float
    skating: float
    jitter: float


def measure_movement(motion: Motion) -> Movement:
    """The figures of a motion of any frame rate.

    Raises:
        ValueError: it has fewer than four frames at 20 a second, too few for a third difference.
    """
    motion = motion.resample(HUMANML3D.fps)
    if len(motion) < 4:
        raise ValueError(f"a jitter needs four frames, the motion has {len(motion)}")
    return Movement(
        speed=1000 * float(np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1).mean()),
        skating=skating(motion),
        jitter=1000 * jitter(motion.joints),
    )


def jitter(joints: Float[np.ndarray, "frames joints 3"]) -> float:
    """Mean length of the third difference of joint positions, in metres a frame cubed."""
    return float(np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean())


def skating(motion: Motion) -> float:
    """The share of the frames in which a foot stands and slides."""
    skeleton = motion.skeleton
    feet = motion.joints[:, [skeleton.left_foot[1], skeleton.right_foot[1]]]  # (frames, 2, 3)
    stands = (feet[1:, :, 1] < DOWN) & (feet[:-1, :, 1] < DOWN)
    speed = np.linalg.norm(np.diff(feet[..., [0, 2]], axis=0), axis=-1) * motion.fps
    return float((stands & (speed > SLIDES)).any(axis=1).mean())
