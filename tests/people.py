"""Somebody whose motion is known, in any axes, and how long a motion most models take."""

import numpy as np

from mote.coding import Limits
from mote.motion.skeleton import HUMANML3D

LIMITS = Limits(least=1.5, most=9.8, fps=20.0)


def z_up(places: np.ndarray) -> np.ndarray:
    """The same places where Z is up."""
    return np.stack([places[..., 0], -places[..., 2], places[..., 1]], axis=-1)


def body(seconds: float = 4.0, fps: float = 20.0) -> np.ndarray:
    """Somebody who slides ahead with an arm that rises, (frames, 22, 3), on the floor."""
    time = np.arange(round(seconds * fps)) / fps
    joints = np.tile(HUMANML3D.offsets, (len(time), 1, 1))
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        joints[:, joint] += joints[:, parent]
    joints[..., 1] -= joints[..., 1].min()
    joints[..., 2] += 0.3 * time[:, None] + 0.05
    angle = 0.3 * time
    joints[:, 20] = joints[:, 18] + 0.26 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    return joints


def standing(frames: int = 20) -> np.ndarray:
    """Joints (frames, 22, 3) of somebody who does not move, on the floor."""
    joints = np.zeros((22, 3))
    for child, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            joints[child] = joints[parent] + HUMANML3D.offsets[child]
    joints[:, 1] -= joints[:, 1].min()
    return np.repeat(joints[None], frames, axis=0)


def walking(seconds: float, velocity: tuple[float, float], rate: float = 1.0) -> np.ndarray:
    """Joints of a person who glides by velocity (x, z) m/s; each foot steps `rate` times a second."""
    joints = standing(round(seconds * LIMITS.fps))
    clock = np.arange(len(joints)) / LIMITS.fps
    way = np.array([velocity[0], 0.0, velocity[1]])
    joints += (clock[:, None] * way)[:, None]
    swing = 0.3 * np.sin(2 * np.pi * rate * clock)[:, None] * way / np.linalg.norm(way)
    for foot, sign in ((HUMANML3D.left_foot, 1), (HUMANML3D.right_foot, -1)):
        joints[:, list(foot)] += sign * swing[:, None]
    return joints


def boxing(*moments: int, frames: int = 140) -> np.ndarray:
    """Joints of somebody whose right fist is thrust out at these frames, a tenth of a second each way."""
    joints = standing(frames)
    for moment in moments:
        for away, reach in ((-1, 0.2), (0, 0.4), (1, 0.2)):
            joints[moment + away, HUMANML3D.index("right wrist"), 2] += reach
    return joints
