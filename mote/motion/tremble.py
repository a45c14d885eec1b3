"""The tremble of made motions, and how it is taken out."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from mote.motion.features import smooth

STEADYING, CALM, AROUND = 0.05, 0.12, 0.3
"""The deviation, in seconds, of the smoothing that takes the tremble out of a made motion where its joints go at CALM
metres a second or slower, on average over AROUND seconds; it falls as the root of their speed rises. Real clips
are the steadier the calmer they are, and a strike is not to be blunted (train/NOTES.md)."""


def steadied(joints: Float[np.ndarray, "frames joints 3"], fps: float) -> Float[np.ndarray, "frames joints 3"]:
    """Joints without the tremble of a denoiser: each frame a Gaussian mean, over the longer the calmer it is."""
    flat, most = joints.reshape(len(joints), -1), STEADYING * fps
    velocity = np.gradient(smooth(flat, most).reshape(joints.shape), 1 / fps, axis=0)
    speed = smooth(np.linalg.norm(velocity, axis=-1).mean(axis=1, keepdims=True), AROUND * fps)  # (frames, 1)
    deviation = most * np.sqrt(CALM / np.maximum(speed, CALM))
    reach = int(4 * most + 0.5)
    away = np.arange(-reach, len(joints) + reach) - np.arange(len(joints))[:, None]
    kernel = np.exp(-0.5 * (away / deviation) ** 2)
    padded = np.pad(flat, [(reach, reach), (0, 0)], mode="edge")
    return (kernel / kernel.sum(axis=1, keepdims=True) @ padded).astype(joints.dtype).reshape(joints.shape)
