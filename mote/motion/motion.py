"""A motion: joint positions over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mote.motion.skeleton import BODIES, HUMANML3D, Skeleton


@dataclass(frozen=True, eq=False)
class Motion:
    """Positions of HumanML3D's 22 joints, (frames, 22, 3) float32 in metres: Y up, floor at 0; or of KIT-ML's 21 alike.

    Raises:
        ValueError: the array has another shape, no frame, or a number that is not finite, or fps is not positive.
    """

    joints: np.ndarray
    fps: float = HUMANML3D.fps

    def __post_init__(self) -> None:
        joints = np.asarray(self.joints, dtype=np.float32)
        if joints.ndim != 3 or joints.shape[1] not in BODIES or joints.shape[2] != 3 or len(joints) == 0:
            raise ValueError(f"a motion is an array of (frames, 22, 3) or (frames, 21, 3) joints, not {joints.shape}")
        if not np.isfinite(joints).all():
            raise ValueError("a motion holds finite numbers only; this one has NaN or infinity")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise ValueError(f"fps is a positive number, not {self.fps}")
        object.__setattr__(self, "joints", joints)
        object.__setattr__(self, "fps", float(self.fps))

    def __len__(self) -> int:
        return len(self.joints)

    def __getitem__(self, frames: slice) -> Motion:
        """The motion cut to a slice of frames."""
        if not isinstance(frames, slice):
            raise TypeError(f"a motion is cut by a slice such as motion[10:50], not by {frames!r}")
        if frames.step not in (None, 1):
            raise ValueError("a slice with a step would change the speed: use resample for another frame rate")
        return Motion(self.joints[frames], self.fps)

    @property
    def skeleton(self) -> Skeleton:
        """Whose joints these are, told by their number."""
        return BODIES[self.joints.shape[1]]

    @property
    def seconds(self) -> float:
        """Length in seconds: every frame lasts 1 / fps."""
        return len(self) / self.fps

    def resample(self, fps: float) -> Motion:
        """The same movement at another frame rate, by a Catmull-Rom spline through the positions."""
        if not (np.isfinite(fps) and fps > 0):
            raise ValueError(f"fps is a positive number, not {fps}")
        if fps == self.fps:
            return self
        last = len(self) - 1
        count = int(last / self.fps * fps + 1e-6) + 1
        at = np.minimum(np.arange(count) * (self.fps / fps), last)
        frame = np.floor(at).astype(int)
        t = (at - frame).astype(np.float32)[:, None, None]
        a, b, c, d = (self.joints[np.clip(frame + shift, 0, last)] for shift in (-1, 0, 1, 2))
        joints = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        return Motion(joints, fps)

    def mirror(self) -> Motion:
        """Left and right exchanged: the picture in a mirror that stands along the motion's YZ plane."""
        joints = self.joints[:, list(self.skeleton.mirrored)].copy()
        joints[..., 0] *= -1
        return Motion(joints, self.fps)

    def on_floor(self) -> Motion:
        """The motion raised or lowered so that its lowest joint touches the floor once."""
        return Motion(self.joints - self.joints[..., 1].min() * np.array([0, 1, 0], np.float32), self.fps)
