"""What few formats say of a recording: the unit of its lengths and the axis that is up, found from the body in it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mote.motion.recording import Recording, find_joints
from mote.motion.rotation import normalise
from mote.motion.skeleton import HUMANML3D

Units = Literal["m", "cm", "mm", "in", "ft"]
Up = Literal["Y", "Z"]

METRES: dict[Units, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
"""Metres in one of each unit."""
UNITS: dict[Units, str] = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches", "ft": "feet"}
LEGS = float(HUMANML3D.lengths[[4, 7]].sum())
"""Metres from the hip to the ankle of HumanML3D's skeleton, along the leg."""
TALL = 1.7
"""Metres that somebody with such legs is tall."""

_USUAL = (1.0, 2.5)  # metres that people are tall; no two units have heights in common
_LIKELY = (0.5, 3.0)  # for metres, in which most arrays are
_POSSIBLE = (0.2, 5.0)  # beyond it, not even a child or a giant is
_UPRIGHT = 0.7  # of a trunk's direction, along an axis
_ON_FLOOR = 0.01  # of the body's height


@dataclass(frozen=True, kw_only=True)
class Convention:
    """How a recording counts length and height.

    `units` are None where none makes a person of the body, as in CMU's BVH files.  `height` is how tall the body is in
    the file's own units, 0 of a body without length.
    """

    units: Units | None
    up: Up
    height: float

    def metres(self, units: Units | None = None) -> float:
        """Metres in one of the recording's units: of `units`, or of those found, or so that the legs are `LEGS` long.

        Raises:
            ValueError: in `units` the body would be no person's.
        """
        if units is not None and self.height and not _within(_POSSIBLE, self.height * METRES[units]):
            known = f"; {UNITS[self.units]} fit" if self.units else ""
            raise ValueError(f"in {UNITS[units]} the body is {self.height * METRES[units]:.3g} m tall{known}")
        chosen = units or self.units
        return METRES[chosen] if chosen else TALL / self.height


def find_convention(recording: Recording) -> Convention:
    """The convention of a recording of a biped.

    Raises:
        RetargetError: its joints cannot be told from their names.
    """
    found = find_joints(recording.names)
    height = legs(recording.positions, found) / LEGS * TALL
    usual = (units for units in METRES if _within(_LIKELY if units == "m" else _USUAL, height * METRES[units]))
    return Convention(units=next(usual, None) if height else "m", up=_up(recording, found, height), height=height)


def legs(positions: np.ndarray, found: dict[str, int]) -> float:
    """The mean length of the left leg from the hip to the ankle in joints (frames, joints, 3), along the leg."""
    hip, knee, ankle = (positions[:, found[f"left {joint}"]] for joint in ("hip", "knee", "ankle"))
    return float(sum(np.linalg.norm(bone, axis=-1).mean() for bone in (hip - knee, knee - ankle)))


def y_up(places: np.ndarray, up: Up) -> np.ndarray:
    """Places (..., 3) in axes of which Y is up, from those of which `up` is."""
    return places if up == "Y" else places[..., [0, 2, 1]] * [1, 1, -1]


def _up(recording: Recording, found: dict[str, int], height: float) -> Up:
    """Z where frames and rest pose both stand along it; for what has no rest pose, where its floor is not at Y = 0."""
    upright = _trunk(recording.positions, found).mean(0)
    if recording.rest is None:
        resting = abs(recording.positions[..., 1].min()) > _ON_FLOOR * height
    else:
        resting = _trunk(recording.rest, found)[2] > _UPRIGHT
    return "Z" if upright[2] > _UPRIGHT and resting else "Y"


def _trunk(places: np.ndarray, found: dict[str, int]) -> np.ndarray:
    """The direction from the hips to the neck, (..., 3), in joints (..., joints, 3)."""
    return normalise(
        places[..., found["neck"], :] - places[..., [found["left hip"], found["right hip"]], :].mean(axis=-2)
    )


def _within(limits: tuple[float, float], value: float) -> bool:
    return limits[0] <= value <= limits[1]
