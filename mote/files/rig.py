"""The armatures that motions are exported on: named after CMU's, with a T pose at rest, in metres."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from mote.motion.kinematics import fit_rotations, orientation
from mote.motion.motion import Motion
from mote.motion.retarget import COLLAR_IN_CHEST, HIP_IN_PELVIS
from mote.motion.rotation import normalise
from mote.motion.skeleton import HUMANML3D, KIT_BODY, Skeleton

RIGID = 1e-4  # metres by which the length of a rigid bone may change
_UP, _DOWN, _LEFT, _AHEAD = (np.array(v, dtype=np.float64) for v in ((0, 1, 0), (0, -1, 0), (1, 0, 0), (0, -0.4, 0.9)))
_HIP, _COLLAR = normalise(HIP_IN_PELVIS), normalise(COLLAR_IN_CHEST)

# (name, parent, joint of ours, direction in the T pose).  Joints without a direction have no length: they let the
# branches of the pelvis and of the chest turn on their own, as CMU's LHipJoint does.
_LEG = (
    ("LHipJoint", "Hips", "pelvis", None),
    ("LeftUpLeg", "LHipJoint", "left hip", _HIP),
    ("LeftLeg", "LeftUpLeg", "left knee", _DOWN),
    ("LeftFoot", "LeftLeg", "left ankle", _DOWN),
    ("LeftToeBase", "LeftFoot", "left foot", _AHEAD),
)
_TRUNK = (
    ("LowerBack", "Hips", "pelvis", None),
    ("Spine", "LowerBack", "spine1", _UP),
    ("Spine1", "Spine", "spine2", _UP),
    ("Spine2", "Spine1", "spine3", _UP),
    ("NeckBase", "Spine2", "spine3", None),
    ("Neck", "NeckBase", "neck", _UP),
    ("Head", "Neck", "head", _UP),
)
_ARM = (
    ("LCollarJoint", "Spine2", "spine3", None),
    ("LeftShoulder", "LCollarJoint", "left collar", _COLLAR),
    ("LeftArm", "LeftShoulder", "left shoulder", _LEFT),
    ("LeftForeArm", "LeftArm", "left elbow", _LEFT),
    ("LeftHand", "LeftForeArm", "left wrist", _LEFT),
)
_KIT_LEG = (
    *_LEG[:-1],
    ("LeftMidFoot", "LeftFoot", "left heel", _AHEAD),
    ("LeftToeBase", "LeftMidFoot", "left toe", _AHEAD),
)
_KIT_TRUNK = (
    ("LowerBack", "Hips", "pelvis", None),
    ("Spine", "LowerBack", "spine", _UP),
    ("Spine1", "Spine", "chest", _UP),
    ("UpperBack", "Spine1", "chest", None),
    ("NeckBase", "UpperBack", "lower neck", _UP),
    ("Neck", "NeckBase", "lower neck", None),
    ("Head", "Neck", "upper neck", _UP),
)
_KIT_ARM = (
    ("LCollarJoint", "NeckBase", "lower neck", None),
    ("LeftArm", "LCollarJoint", "left shoulder", _LEFT),
    *_ARM[3:],
)
TIPS = {
    "Head": 0.18 * _UP,
    "LeftToeBase": np.array([0, 0, 0.06]),
    "RightToeBase": np.array([0, 0, 0.06]),
    "LeftHand": 0.17 * _LEFT,
    "RightHand": -0.17 * _LEFT,
}
_Row = tuple[str, str, str, np.ndarray | None]


def _to_right(row: _Row) -> _Row:
    """The same joint of the right side."""
    name, parent, joint, way = row
    for left, right in (("Left", "Right"), ("LHip", "RHip"), ("LCollar", "RCollar")):
        name, parent = name.replace(left, right), parent.replace(left, right)
    return name, parent, joint.replace("left", "right"), None if way is None else way * [-1, 1, 1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Armature:
    """The joints of exported files, in a tree.

    Args:
        skeleton: what they are made of.
        rows: name, parent, joint of the skeleton and direction in the T pose of each.
        chest: the joint that turns with the shoulders, and those of the skeleton that its bone is between.
    """

    skeleton: Skeleton
    rows: Sequence[_Row]
    chest: tuple[str, str, str]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, *_ in self.rows)

    @cached_property
    def parents(self) -> tuple[int, ...]:
        return tuple(self.names.index(parent) if parent else -1 for _, parent, *_ in self.rows)

    @cached_property
    def joints(self) -> tuple[int, ...]:
        return tuple(self.skeleton.index(joint) for _, _, joint, _ in self.rows)

    @cached_property
    def directions(self) -> Float[np.ndarray, "joints 3"]:
        return np.stack([np.zeros(3) if way is None else normalise(way) for *_, way in self.rows])


def _tree(leg: Sequence[_Row], trunk: Sequence[_Row], arm: Sequence[_Row]) -> tuple[_Row, ...]:
    sides = *leg, *map(_to_right, leg), *trunk, *arm, *map(_to_right, arm)
    return ("Hips", "", "pelvis", None), *sides


ARMATURES = {
    armature.skeleton.names: armature
    for armature in (
        Armature(skeleton=HUMANML3D, rows=_tree(_LEG, _TRUNK, _ARM), chest=("Spine2", "spine3", "neck")),
        Armature(
            skeleton=KIT_BODY, rows=_tree(_KIT_LEG, _KIT_TRUNK, _KIT_ARM), chest=("Spine1", "chest", "lower neck")
        ),
    )
}
"""The armature of each skeleton, by the names of its joints."""


@dataclass(frozen=True, kw_only=True)
class Rigged:
    """A motion on its armature: rest offsets from each joint's parent, local rotations, and what moves besides.

    `offsets` of the root is where the hips are when the T pose stands on the floor. `translations` are the offsets from
    frame to frame of the joints that have other ones than at rest: the root, and ends of bones that are not rigid.
    """

    armature: Armature
    offsets: Float[np.ndarray, "joints 3"]
    rotations: Float[np.ndarray, "frames joints 4"]
    translations: dict[int, Float[np.ndarray, "frames 3"]]


def rig(motion: Motion) -> Rigged:
    """Put a motion on its armature; every bone has its mean length, and all joints stay where they were."""
    armature = ARMATURES[motion.skeleton.names]
    directions, parents, places = armature.directions, armature.parents, list(armature.joints)
    joints = motion.joints.astype(np.float64)
    lengths = np.linalg.norm(joints - joints[:, list(motion.skeleton.parents)], axis=-1)[:, places]
    offsets = directions * lengths.mean(0)[:, None]
    elastic = directions.any(-1) & (np.abs(lengths - lengths.mean(0)).max(0) > RIGID)
    rotations = fit_rotations(joints[:, places], offsets, parents, _trunk(joints, armature))
    translations = {int(joint): directions[joint] * lengths[:, joint, None] for joint in np.flatnonzero(elastic)}
    offsets[0] = _standing(offsets, armature)
    moved = {0: joints[:, 0]} | translations
    return Rigged(armature=armature, offsets=offsets, rotations=rotations, translations=moved)


def _trunk(joints: np.ndarray, armature: Armature) -> dict[int, np.ndarray]:
    """Global rotations (frames, 4) of the pelvis and of the chest, from joints (frames, joints, 3) of a motion."""
    breast, *trunk = armature.chest
    hip, other_hip, arm, other_arm, chest, neck = (
        joints[:, armature.skeleton.index(name)]
        for name in ("left hip", "right hip", "left shoulder", "right shoulder", *trunk)
    )
    return {
        armature.names.index("Hips"): orientation(hip - other_hip, chest - joints[:, 0]),
        armature.names.index(breast): orientation(arm - other_arm, neck - chest),
    }


def _standing(offsets: np.ndarray, armature: Armature) -> np.ndarray:
    """Where the hips are when the T pose stands on the floor, (3,)."""
    height = 0.0
    joint = armature.names.index("LeftToeBase")
    while joint > 0:
        height -= offsets[joint, 1]
        joint = armature.parents[joint]
    return height * _UP
