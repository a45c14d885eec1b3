"""Small operations on curves over frames, and the body's own frame of reference."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from mote.motion.skeleton import HUMANML3D

FPS = 20.0
"""The rate at which everything is measured."""


def smooth(values: Float[np.ndarray, "frames n"], *, seconds: float) -> Float[np.ndarray, "frames n"]:
    """Moving average that keeps the first and the last value near their place."""
    half = min(int(seconds * FPS / 2), (len(values) - 1) // 2)
    padded = np.pad(values, ((half + 1, half), (0, 0)), mode="reflect", reflect_type="odd") if half else values
    if not half:
        return values
    total = np.cumsum(padded, axis=0)
    return (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)


def velocity(positions: Float[np.ndarray, "frames n"]) -> Float[np.ndarray, "frames n"]:
    """Central differences, in units a second."""
    if len(positions) < 2:
        return np.zeros_like(positions)
    return np.gradient(positions, axis=0) * FPS


def runs(mask: Bool[np.ndarray, " frames"]) -> Int[np.ndarray, "runs 2"]:
    """First frame and the frame after the last one of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def reversals(signal: Float[np.ndarray, " frames"], amplitude: float) -> int:
    """How often a signal swings from below -amplitude to above +amplitude or back."""
    side = np.sign(signal) * (np.abs(signal) > amplitude)
    side = side[side != 0]
    return int((side[1:] != side[:-1]).sum())


def facing_angles(joints: Float[np.ndarray, "frames joints 3"]) -> Float[np.ndarray, " frames"]:
    """Where the body faces in radians about Y, unwrapped: 0 is +Z, growing to the body's left.

    Frames in which hips and shoulders stand on end (a roll, a cartwheel) take the angle between their neighbours.
    """
    hip_r, hip_l, shoulder_r, shoulder_l = HUMANML3D.facing
    hips, shoulders = joints[:, hip_l] - joints[:, hip_r], joints[:, shoulder_l] - joints[:, shoulder_r]
    across = (hips + 0.5 * shoulders)[:, [0, 2]]  # (frames, 2), to the left of the body
    length = np.linalg.norm(across, axis=-1)
    known = np.flatnonzero(length > 0.4 * np.median(length) + 1e-6)
    if len(known) == 0:
        return np.zeros(len(joints))
    angles = np.unwrap(np.arctan2(-across[known, 1], across[known, 0]))
    return smooth(np.interp(np.arange(len(joints)), known, angles)[:, None], seconds=0.3)[:, 0]


def body_frame(vectors: Float[np.ndarray, "frames 3"], facing: Float[np.ndarray, " frames"]) -> np.ndarray:
    """Vectors as (left, up, forward) of a body that faces `facing`."""
    sin, cos = np.sin(facing), np.cos(facing)
    x, y, z = vectors.T
    return np.stack([x * cos - z * sin, y, x * sin + z * cos], axis=-1)
