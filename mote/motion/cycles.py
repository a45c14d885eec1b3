"""What a motion does again and again, done as often as was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mote.motion.motion import Motion
from mote.motion.sequence import join
from mote.motion.signals import body_frame, facing_angles, velocity

SHORTEST = 0.4
"""Seconds of the shortest stretch that is left out or done again."""
ALIKE = 0.2
"""Metres by which two moments may differ at most, in the mean over joints: in the pose, and in what the speed of a
joint adds to it in SOON seconds."""
SOON = 0.1
APART = 0.15
"""Seconds by which two stretches that are tried differ at either end."""
BLEND = 0.4
"""Seconds in which one moment turns into its like."""
TRIED = 40
"""Stretches that are tried at most."""


def as_often(
    motion: Motion,
    wanted: int,
    count: Callable[[Motion], int],
    lasting: Callable[[float], bool] = lambda seconds: True,
) -> Motion:
    """The motion with one stretch of it left out, or done again, so that `count` finds as many as are wanted, or as
    nearly as can be had.

    A stretch lies between two moments of one pose that moves one way, as the edges of a motion graph do (Kovar et al.
    2002, section 3), the most alike first; the body goes on from where it is.  A motion that has none that helps, or
    that has nothing to count, stays as it is.

    Args:
        motion: on HumanML3D's skeleton.
        lasting: whether it may last so many seconds.
    """
    have = count(motion)
    if have in (0, wanted):
        return motion
    half = round(BLEND / 2 * motion.fps)
    nearest, off = motion, abs(have - wanted)
    for first, second in _stretches(motion, half):
        again = -1
        if have < wanted:
            more = count(_with(motion, first, second, 1, half)) - have
            again = round((wanted - have) / more) if more > 0 else 0
        if not again or not lasting(motion.seconds + again * (second - first) / motion.fps):
            continue
        made = _with(motion, first, second, again, half)
        if (still := abs(count(made) - wanted)) < off:
            nearest, off = made, still
        if not off:
            break
    return nearest


def _with(motion: Motion, first: int, second: int, again: int, half: int) -> Motion:
    """The motion with the stretch between two frames so many times again, or, -1, without it."""
    if again > 0:
        parts = [motion[: second + half], *[motion[first - half : second + half]] * (again - 1), motion[first - half :]]
    else:
        parts = [motion[: first + half], motion[second - half :]]
    return join(parts, BLEND)


def _stretches(motion: Motion, half: int) -> Iterator[tuple[int, int]]:
    """Frames of two moments that are alike, the most alike first."""
    joints = motion.joints.astype(np.float64)
    frames, count = joints.shape[:2]
    from_root = (joints - joints[:, :1] * [1, 0, 1]).reshape(-1, 3)
    pose = body_frame(from_root, facing_angles(joints).repeat(count)).reshape(frames, -1)
    moments = [part.reshape(frames, count, 3) for part in (pose, SOON * velocity(pose))]
    apart = sum(np.linalg.norm(part[:, None] - part[None], axis=-1).mean(axis=-1) for part in moments)
    least = round(SHORTEST * motion.fps)
    pairs = np.argwhere(np.triu(np.asarray(apart) <= ALIKE, least))
    pairs = pairs[(pairs[:, 0] >= half) & (pairs[:, 1] <= frames - half)]
    near = APART * motion.fps
    told: list[tuple[int, int]] = []
    for first, second in pairs[np.argsort(np.asarray(apart)[tuple(pairs.T)])].tolist():
        if all(max(abs(first - one), abs(second - other)) >= near for one, other in told):
            told.append((first, second))
            yield first, second
        if len(told) == TRIED:
            return
