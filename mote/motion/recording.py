"""A motion as a file has it, and which of its joints is which, told by their names."""

import re
from dataclasses import dataclass

import numpy as np

from mote.motion.rotation import normalise

LIMBS: dict[str, tuple[str, ...]] = {
    "hip": ("upperleg", "upleg", "thigh", "femur", "hip"),
    "knee": ("lowerleg", "shin", "calf", "tibia", "knee", "leg"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toes", "toe", "ball", "foot"),
    "shoulder": ("upperarm", "humerus", "arm", "shldr", "shoulder"),
    "elbow": ("forearm", "lowerarm", "radius", "elbow"),
    "wrist": ("wrist", "hand"),
}
"""Names of a limb's joints, best first, once side, namespace and punctuation are taken off."""

NECKS = ("neck", "neck0", "neck01", "lowerneck", "neck1", "spine004", "bun")
HEADS = ("head", "upperneck", "neck1", "spine006", "headend")


class RetargetError(ValueError):
    """The joints of a file cannot be told from their names."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """A motion as a file has it.

    `positions` (frames, joints, 3) and `rest` (joints, 3) are global, in the file's own units and axes; arrays have no
    rest pose.  A joint is the *start* of the bone that bears its name: `LeftUpLeg`, `lfemur` and `thigh.L` all stand at
    the hip.  The tip of a last bone is a joint of its own, named after the bone with ` end` behind it.
    `timed` is whether the file itself says `fps`, which otherwise are the usual ones of its kind.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    positions: np.ndarray
    rest: np.ndarray | None
    fps: float
    timed: bool = True


def plain(name: str) -> tuple[str, str]:
    """(side, part) of a joint's name: `mixamorig:LeftUpLeg` is ('left', 'upleg'), `thigh.L` ('left', 'thigh')."""
    name = re.sub(r"^(DEF|ORG|Bip\d+|bip\d+)[-_ ]", "", name.rsplit(":", 1)[-1]).replace("Dummy", " dummy")
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name.replace("HEad", "Head"))
    words = [word.lower() for word in words]
    side = ""
    for letter, word in (("l", "left"), ("r", "right")):
        if word in words or letter in words:
            side = word
            words = [w for w in words if w not in (letter, word)]
        elif len(words) == 1 and words[0].startswith(word):
            side, words = word, [words[0].removeprefix(word)]
    part = "".join(words)
    if not side and part[:1] in "lr" and part[1:] in {p for parts in LIMBS.values() for p in parts} | {"hipjoint"}:
        side, part = ("left" if part[0] == "l" else "right"), part[1:]  # CMU: lfemur, rtibia
    return side, part


def find_joints(names: tuple[str, ...]) -> dict[str, int]:
    """Index of every joint that retargeting needs, by our name such as 'left knee', 'neck' or 'head'.

    Raises:
        RetargetError: some joint is missing; the sentence lists the names that the file has.
    """
    known: dict[tuple[str, str], int] = {}
    for index, name in enumerate(names):
        known.setdefault(plain(name), index)
    found: dict[str, int] = {}
    for side in ("left", "right"):
        for joint, parts in LIMBS.items():
            match = next((known[side, part] for part in parts if (side, part) in known), None)
            if match is not None and match not in found.values():
                found[f"{side} {joint}"] = match
    for joint, parts in (("neck", NECKS), ("head", HEADS)):
        match = next((known["", part] for part in parts if ("", part) in known), None)
        if match is not None and match not in found.values():
            found[joint] = match
    if "neck" not in found and "head" in found:  # a head without a neck turns where the neck would
        found["neck"] = found.pop("head")
    needed = [f"{side} {joint}" for side in ("left", "right") for joint in LIMBS if joint != "toe"] + ["neck"]
    missing = [joint for joint in needed if joint not in found]
    if missing:
        raise RetargetError(
            f"no joint of this file could be read as {', '.join(missing)}; it has {', '.join(names)}. "
            "Rename the joints after Mixamo's, Blender's, CMU's or SMPL's convention."
        )
    return found


def right_handed(positions: np.ndarray, found: dict[str, int]) -> np.ndarray:
    """Joints (frames, joints, 3), Y up, out of a mirrored coordinate system, as KIT-ML's is, if they are in one.

    The toes must point where left and right say is ahead; without toes nothing is known, and nothing changed.
    """
    if "left toe" not in found or "right toe" not in found:
        return positions
    at = {name: positions[:, joint] for name, joint in found.items()}
    ahead = np.cross(at["left hip"] - at["right hip"], at["neck"] - (at["left hip"] + at["right hip"]) / 2)
    toes = sum(normalise(at[f"{side} toe"] - at[f"{side} ankle"]) for side in ("left", "right"))
    return positions * [-1, 1, 1] if (normalise(ahead) * toes).sum(-1).mean() < 0 else positions
