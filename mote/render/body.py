"""A body of round limbs around a motion's joints, as polygons that can be filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from mote.motion.skeleton import BODIES
from mote.render.colours import FACE, LEFT, RIGHT, TRUNK, Material


class Limb(NamedTuple):
    """A limb between two points, with its radius in metres at each. Limbs of one group share their depth."""

    start: str
    end: str
    start_radius: float
    end_radius: float
    material: Material
    group: str
    tip: bool = False  # nothing goes on after its end
    casts: bool = True  # a shadow of its own


def _side(side: str, material: Material) -> list[Limb]:
    rows = [
        ("hip", "knee", 0.085, 0.058, False), ("knee", "ankle", 0.058, 0.040, False),
        ("ankle", "toe", 0.042, 0.034, True), ("shoulder", "elbow", 0.054, 0.042, False),
        ("elbow", "wrist", 0.042, 0.032, False), ("wrist", "hand", 0.036, 0.038, True),
    ]  # fmt: skip
    return [Limb(f"{side} {a}", f"{side} {b}", ra, rb, material, f"{side} {a}", tip) for a, b, ra, rb, tip in rows]


LIMBS = (
    Limb("left hip", "right hip", 0.088, 0.088, TRUNK, "trunk", True),
    Limb("pelvis", "spine3", 0.105, 0.115, TRUNK, "trunk", True),
    Limb("left breast", "right breast", 0.092, 0.092, TRUNK, "trunk", True),
    Limb("spine3", "neck", 0.09, 0.05, TRUNK, "trunk"),
    Limb("neck", "skull", 0.048, 0.048, TRUNK, "trunk"),
    Limb("skull", "crown", 0.092, 0.098, TRUNK, "head", True),
    Limb("left eye", "right eye", 0.030, 0.030, FACE, "face", True, casts=False),
    *_side("left", LEFT),
    *_side("right", RIGHT),
)


@dataclass(frozen=True, kw_only=True)
class Flesh:
    """The ends of every limb of `LIMBS`: where (frames, limbs, 2, 3) and how thick (limbs, 2), in metres."""

    ends: Float[np.ndarray, "frames limbs 2 3"]
    radii: Float[np.ndarray, "limbs 2"]


_ALIASES = {
    "chest": "spine3", "lower neck": "neck", "upper neck": "head", "left toe": "left foot", "right toe": "right foot",
}  # fmt: skip
"""Joints of KIT-ML by HumanML3D's names."""


def body_points(joints: Float[np.ndarray, "frames joints 3"]) -> dict[str, Float[np.ndarray, "frames 3"]]:
    """The joints by name, and points of a head, a face, hands and toes that the skeleton does not have; metres."""
    names = [_ALIASES.get(name, name) for name in BODIES[joints.shape[1]].names]
    points = {name: joints[:, index].astype(np.float64) for index, name in enumerate(names)}
    across = _unit(points["left shoulder"] - points["right shoulder"])
    up = _unit(points["head"] - points["spine3"])
    front = _unit(np.cross(across, up))
    points["skull"] = points["head"] + 0.03 * up
    points["crown"] = points["head"] + 0.09 * up
    for side, sign in (("left", 1), ("right", -1)):
        points[f"{side} eye"] = points["head"] + 0.07 * up + 0.075 * front + 0.03 * sign * across
        points[f"{side} breast"] = points[f"{side} shoulder"] * 0.7 + points["spine3"] * 0.3
        for last, before, name, length in (("wrist", "elbow", "hand", 0.08), ("foot", "ankle", "toe", 0.03)):
            tip, base = points[f"{side} {last}"], points[f"{side} {before}"]
            points[f"{side} {name}"] = tip + length * _unit(tip - base)
    return points


def flesh(joints: Float[np.ndarray, "frames joints 3"]) -> Flesh:
    """The limbs around the joints."""
    points = body_points(joints)
    ends = np.stack([np.stack([points[limb.start], points[limb.end]], axis=1) for limb in LIMBS], axis=1)
    return Flesh(ends=ends, radii=np.array([(limb.start_radius, limb.end_radius) for limb in LIMBS]))


def hulls(
    ends: Float[np.ndarray, "*limbs 2 2"], radii: Float[np.ndarray, "*limbs 2"], corners: int = 10
) -> Float[np.ndarray, "*limbs points 2"]:
    """The outline of two discs and all between them, a polygon that always turns one way."""
    along = ends[..., 1, :] - ends[..., 0, :]
    length = np.maximum(np.linalg.norm(along, axis=-1), 1e-6)
    slope = np.arcsin(np.clip((radii[..., 0] - radii[..., 1]) / length, -1, 1))
    direction = np.arctan2(along[..., 1], along[..., 0])
    steps = np.linspace(-1, 1, corners)
    far = direction[..., None] + steps * (np.pi / 2 - slope)[..., None]
    near = direction[..., None] + np.pi + steps * (np.pi / 2 + slope)[..., None]
    angles = np.stack([far, near], axis=-2)  # (*limbs, 2, corners)
    round_ends = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radii[..., ::-1, None, None]
    polygons = ends[..., ::-1, None, :] + round_ends  # (*limbs, 2, corners, 2)
    return polygons.reshape(*polygons.shape[:-3], 2 * corners, 2)


def _unit(vectors: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
