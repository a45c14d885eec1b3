"""Whether a motion could be a body's: feet that stand, a floor that holds and is stood on, bones of one length, no
tremor.

All are measured on joints (frames, joints, 3) in metres, and mean little by themselves: real clips stand beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from scipy.ndimage import binary_opening

from mote.motion.motion import Motion
from mote.motion.quality import jitter, skating
from mote.motion.skeleton import Skeleton

HIGH, HELD = 0.08, 0.5
"""Metres over the floor, and seconds, from which a body that touches nothing floats: a jump is shorter."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """Figures of one motion, or their means.

    Args:
        skating: share of the frames in which a foot stands and slides.
        penetration: mean depth of the lowest joint below the floor, in millimetres.
        jitter: mean length of the third difference of positions, in millimetres a frame cubed.
        drift: mean deviation of a bone's length over time, in millimetres.
        floating: share of the frames in which the body has been high over the floor, or will be, for half a second.
    """

    skating: float
    penetration: float
    jitter: float
    drift: float
    floating: float


def measure_body(motion: Motion) -> Body:
    """The figures of a motion.

    Raises:
        ValueError: it has fewer than four frames, too few for a third difference.
    """
    joints = motion.joints
    if len(joints) < 4:
        raise ValueError(f"a jitter needs four frames, the motion has {len(joints)}")
    return Body(
        skating=skating(motion),
        penetration=1000 * float(np.maximum(0, -joints[..., 1].min(axis=1)).mean()),
        jitter=1000 * jitter(joints),
        drift=1000 * _drift(joints, motion.skeleton),
        floating=_floating(joints[..., 1].min(axis=1), round(HELD * motion.fps)),
    )


def mean_body(motions: Sequence[Motion]) -> Body:
    """The means of the figures of some motions."""
    bodies = [measure_body(motion) for motion in motions]
    return Body(**{part.name: float(np.mean([getattr(body, part.name) for body in bodies])) for part in fields(Body)})


def _floating(lowest: Float[np.ndarray, " frames"], held: int) -> float:
    return float(binary_opening(lowest > HIGH, np.ones(held)).mean())


def _drift(joints: Float[np.ndarray, "frames joints 3"], skeleton: Skeleton) -> float:
    bones = [(child, parent) for child, parent in enumerate(skeleton.parents) if parent >= 0]
    children, parents = map(list, zip(*bones, strict=True))
    lengths = np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1)  # (frames, bones)
    return float(lengths.std(axis=0).mean())
