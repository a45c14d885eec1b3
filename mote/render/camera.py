"""A camera that follows a motion: smooth, from the side of the front and slightly above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mote.motion.motion import Motion


@dataclass(frozen=True, kw_only=True)
class CameraConfig:
    """Where the camera stands. Angles in degrees, lengths in metres, `smoothing` in seconds."""

    azimuth: float = 32.0  # from +Z towards +X: in front of a person at the start, a little to the left of the body
    elevation: float = 17.0
    distance: float = 6.0
    smoothing: float = 0.4
    headroom: float = 0.6  # how far the root may rise or sink before the camera follows
    stand: float = 0.35  # a motion that stays within this has a camera that stands still
    nearest: float = 1.25  # the least height of the picture
    margin: float = 0.055  # free share of the picture at each side
    flesh: float = 0.13  # what the body adds around its joints


class Camera:
    """Projects world points of each frame to pixels; made for one motion and one picture size.

    `look` (frames, 3) is the point looked at, `pixels` the focal length in pixels.
    """

    def __init__(self, motion: Motion, size: int, config: CameraConfig | None = None) -> None:
        config = config or CameraConfig()
        azimuth, elevation = np.radians([config.azimuth, config.elevation])
        sin, cos = np.sin(elevation), np.cos(elevation)
        self.size = size
        self.back = np.array([np.sin(azimuth) * cos, sin, np.cos(azimuth) * cos])
        right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
        self.screen = np.stack([right, -np.cross(self.back, right)])  # x to the right, y down the picture
        self.look = follow(motion, config)
        joints = motion.joints - self.look[:, None]
        self.distance = config.distance + 2 * float(np.abs(joints @ self.back).max())
        self.pixels, self.middle = 1.0, np.zeros(2)
        seen, scale = self.project(motion.joints)
        low = (seen - config.flesh * scale[..., None]).min(axis=(0, 1))
        high = (seen + config.flesh * scale[..., None]).max(axis=(0, 1))
        extent = max(float((high - low).max()), config.nearest / self.distance)
        self.pixels = size * (1 - 2 * config.margin) / extent
        self.middle = size / 2 - self.pixels * (low + high) / 2
        self.reach = 0.5 * size / self.pixels * self.distance  # metres from the middle to the side

    def project(
        self, points: Float[np.ndarray, "frames ... 3"], frames: slice = slice(None)
    ) -> tuple[Float[np.ndarray, "frames ... 2"], Float[np.ndarray, "frames ..."]]:
        """Places in the picture (x right, y down, pixels) in some frames, and how many pixels a metre takes there.

        The second tells the depth too: what is nearer has the larger scale.
        """
        look = self.look[frames]
        seen = points - look.reshape(len(look), *[1] * (points.ndim - 2), 3)
        depth = np.maximum(self.distance - seen @ self.back, 0.2 * self.distance)
        scale = self.pixels / depth
        return seen @ self.screen.T * scale[..., None] + self.middle, scale


def follow(motion: Motion, config: CameraConfig) -> Float[np.ndarray, "frames 3"]:
    """The point to look at: the root smoothed over time; its height counts only where it leaves the usual."""
    root = motion.joints[:, 0].astype(np.float64)
    usual = np.median(root[:, 1])
    root[:, 1] += usual - np.clip(root[:, 1], usual - config.headroom, usual + config.headroom)
    radius = max(1, round(3 * config.smoothing * motion.fps))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / (config.smoothing * motion.fps)) ** 2)
    if (np.ptp(root, axis=0) <= config.stand).all():
        return np.broadcast_to((root.min(axis=0) + root.max(axis=0)) / 2, root.shape)
    padded = np.pad(root, ((radius, radius), (0, 0)), mode="reflect", reflect_type="odd")
    return np.stack([np.convolve(axis, weights / weights.sum(), mode="valid") for axis in padded.T], axis=1)
