"""Motions one after another."""

from collections.abc import Sequence

import numpy as np

from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.retarget import canonical, fit, stance

BLEND = 0.5
"""Seconds in which one motion turns into the next."""


def join(motions: Sequence[Motion], blend: float = BLEND) -> Motion:
    """The motions as one, at the first one's frame rate: each starts where the one before ends, the way that one faces.

    For `blend` seconds, or half of a motion that is shorter, both go on at once, in one place and facing one way, and
    the first fades into the second; the whole lasts so much less than its parts. Feet may slide there.

    Raises:
        ValueError: there is no motion, or `blend` is not a length of time.
    """
    if not motions:
        raise ValueError("there is no motion to join: give at least one")
    if not (np.isfinite(blend) and blend >= 0):
        raise ValueError(f"a blend lasts 0 seconds or more, not {blend}")
    first, *others = motions
    joined = first.joints.astype(np.float64)
    skeleton = first.skeleton if first.skeleton.uniform else first.skeleton.measured(joined)
    for motion in others:
        following = fit(motion, first.skeleton).resample(first.fps).joints.astype(np.float64)
        frames = max(1, min(round(blend * first.fps), len(joined) // 2, len(following) // 2))
        start = len(joined) - frames
        to, turned = stance(joined[start + frames // 2])
        spot, axes = stance(following[frames // 2])
        following = (following - spot) @ axes.T @ turned + to
        share = np.linspace(0, 1, frames + 2)[1:-1, None, None]
        share = share**2 * (3 - 2 * share)
        both = with_bone_lengths((1 - share) * joined[start:] + share * following[:frames], skeleton)
        joined = np.concatenate([joined[:start], both, following[frames:]])
    return canonical(Motion(joined, first.fps)) if others else first
