"""Motions as pictures: frames, GIF and MP4."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from mote.motion.motion import Motion
from mote.render.draw import draw_frames
from mote.render.encode import FASTEST_GIF, write_gif, write_mp4

__all__ = ["render_frames", "render_gif", "render_mp4"]


def render_frames(motion: Motion, size: int = 480) -> UInt8[np.ndarray, "frames size size 3"]:
    """Every frame of a motion as RGB pictures of `size` pixels a side."""
    frames = np.empty((len(motion), size, size, 3), np.uint8)
    for place, frame in zip(frames, draw_frames(motion, size), strict=True):
        place[:] = frame[..., :3]
    return frames


def render_gif(motion: Motion, path: str | os.PathLike[str], size: int = 480) -> Path:
    """Draws a motion to an endless GIF and returns its path.

    One picture a frame; above 50 frames a second, which players slow down, the motion is resampled to 50 first.
    """
    motion = motion.resample(min(motion.fps, FASTEST_GIF))
    return write_gif(draw_frames(motion, size), path, motion.fps)


def render_mp4(motion: Motion, path: str | os.PathLike[str], size: int = 480) -> Path:
    """Draws a motion to an H.264 video, its sides rounded up to even, and returns its path.

    Raises:
        RuntimeError: ffmpeg is missing or failed.
    """
    return write_mp4(draw_frames(motion, size + size % 2), path, motion.fps)
