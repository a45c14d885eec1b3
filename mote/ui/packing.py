"""Motions as compact binary for the 3D player, and what the player must know once to draw any of them.

The drawing itself is the GIF renderer's: the same limbs, colours and camera, read from `mote.render` and sent along.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mote.motion.features import contacts
from mote.motion.motion import Motion
from mote.render import draw
from mote.render.body import LIMBS, body_points
from mote.render.camera import CameraConfig, follow
from mote.render.colours import (
    BACKGROUND,
    CONTACT,
    FACE,
    FLOOR,
    GRID,
    LEFT,
    RIGHT,
    SHADOW,
    TRAIL,
    TRUNK,
    Colour,
)

MATERIALS = (LEFT, RIGHT, TRUNK, FACE)
POINTS = tuple(dict.fromkeys(name for limb in LIMBS for name in (limb.start, limb.end)))
"""The points of the body that limbs begin or end at; a packed frame holds these and then the point looked at."""

_LARGEST = np.iinfo(np.int16).max
_STANDING = {"left ankle": 0b0011, "right ankle": 0b1100}  # the contacts that make the limb from here a standing foot
_DARK: dict[str, Colour] = {
    "background": (24, 30, 42), "floor": (38, 46, 61), "grid": (112, 126, 148), "shadow": (0, 0, 0),
}  # fmt: skip


def pack(motions: Mapping[str, Motion]) -> dict[str, Any]:
    """What the player shows, as JSON: each motion under the label that stands beside it.

    Motions are resampled to 20 fps, or to 12.5 where one is on KIT-ML's skeleton: what the model knows.  Each becomes
    base64 of little endian int16 (frames, points, 3), positions in steps of `scale` metres from `origin`, followed by a
    byte a frame whose lowest four bits are the foot contacts.  A step is 1 / 65534 of the widest axis of the motion:
    positions are right to half of it, that is below 0.1 mm for what happens within 10 m and below 1 mm within 130 m.
    Ten seconds are 42 kB.
    """
    fps = min((motion.skeleton.fps for motion in motions.values()), default=0.0)
    return {"motions": [_packed(label, motion.resample(fps)) for label, motion in motions.items()]}


def _packed(label: str, motion: Motion) -> dict[str, Any]:
    named = body_points(motion.joints)
    points = np.stack([*(named[name] for name in POINTS), follow(motion, CameraConfig())], axis=1)
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    origin = (low + high) / 2
    scale = float((high - low).max() / 2 / _LARGEST)
    steps = np.round((points - origin) / scale).astype("<i2")
    known = motion.skeleton
    known = replace(known, contact_speed=known.contact_speed * (known.fps / motion.fps) ** 2)
    still = contacts(motion.joints, known) if len(motion) > 1 else np.zeros((1, 4), dtype=bool)
    standing = np.packbits(still, axis=1, bitorder="little")
    standing = np.concatenate([standing, standing[-1:]])[: len(motion)]
    return {
        "label": label,
        "fps": motion.fps,
        "frames": len(motion),
        "origin": origin.tolist(),
        "scale": scale,
        "data": base64.b64encode(steps.tobytes() + standing.tobytes()).decode(),
    }


def figure() -> dict[str, Any]:
    """What is the same for all motions, as JSON: limbs, colours, shadow, trail and where the camera stands.

    Colours are hexadecimal, lengths metres, angles degrees.  A limb is its two points, its two radii, the number of its
    material, whether it casts a shadow, and the contact bits any of which makes it a foot that stands.
    """
    camera = CameraConfig()
    limbs = [
        {
            "ends": [POINTS.index(limb.start), POINTS.index(limb.end)],
            "radii": [limb.start_radius, limb.end_radius],
            "material": MATERIALS.index(limb.material),
            "casts": limb.casts,
            "standing": _STANDING.get(limb.start, 0),
        }
        for limb in LIMBS
    ]
    light = {"background": BACKGROUND, "floor": FLOOR, "grid": GRID, "shadow": SHADOW}
    return {
        "points": len(POINTS) + 1,
        "root": POINTS.index("pelvis"),
        "limbs": limbs,
        "materials": [[_hexadecimal(colour) for colour in material.layers] for material in MATERIALS],
        "trail": {"colour": _hexadecimal(TRAIL), "seconds": draw.TRAIL_SECONDS},
        "contact": _hexadecimal(CONTACT),
        "themes": {
            name: {part: _hexadecimal(colour) for part, colour in colours.items()}
            for name, colours in (("light", light), ("dark", _DARK))
        },
        "highlight": draw.HIGHLIGHT.tolist(),
        "grid": {"cell": draw.CELL, "strip": draw.STRIP},
        "shadow": {
            "steps": draw.PENUMBRA.tolist(),
            "blur": [draw.BLUR, draw.BLUR_RISE],
            "darkness": draw.DARKNESS,
            "sun": draw.SUN.tolist(),
        },
        "camera": {"azimuth": camera.azimuth, "elevation": camera.elevation, "flesh": camera.flesh},
    }


def _hexadecimal(colour: Colour) -> str:
    return "#" + bytes(colour).hex()
