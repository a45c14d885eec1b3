"""The armature that motions are exported on: named after CMU's, with a T pose at rest, in metres."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mote.motion.kinematics import fit_rotations, orientation
from mote.motion.motion import Motion
from mote.motion.retarget import COLLAR_IN_CHEST, HIP_IN_PELVIS
from mote.motion.rotation import normalise
from mote.motion.skeleton import HUMANML3D

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


_TREE: tuple[_Row, ...] = (
    ("Hips", "", "pelvis", None),
    *_LEG,
    *map(_to_right, _LEG),
    *_TRUNK,
    *_ARM,
    *map(_to_right, _ARM),
)
NAMES = tuple(name for name, *_ in _TREE)
PARENTS = tuple(NAMES.index(parent) if parent else -1 for _, parent, *_ in _TREE)
JOINTS = tuple(HUMANML3D.index(joint) for _, _, joint, _ in _TREE)
DIRECTIONS = np.stack([np.zeros(3) if way is None else normalise(way) for *_, way in _TREE])


@dataclass(frozen=True, kw_only=True)
class Rigged:
    """A motion on the armature: rest offsets from each joint's parent, local rotations, and what moves besides.

    `offsets` of the root is where the hips are when the T pose stands on the floor. `translations` are the offsets from
    frame to frame of the joints that have other ones than at rest: the root, and ends of bones that are not rigid.
    """

    offsets: Float[np.ndarray, "joints 3"]
    rotations: Float[np.ndarray, "frames joints 4"]
    translations: dict[int, Float[np.ndarray, "frames 3"]]


def rig(motion: Motion) -> Rigged:
    """Put a motion on the armature; every bone has its mean length, and all joints stay where they were."""
    joints = motion.joints.astype(np.float64)
    lengths = np.linalg.norm(joints - joints[:, list(HUMANML3D.parents)], axis=-1)[:, JOINTS]
    offsets = DIRECTIONS * lengths.mean(0)[:, None]
    elastic = DIRECTIONS.any(-1) & (np.abs(lengths - lengths.mean(0)).max(0) > RIGID)
    rotations = fit_rotations(joints[:, JOINTS], offsets, PARENTS, _trunk(joints))
    translations = {int(joint): DIRECTIONS[joint] * lengths[:, joint, None] for joint in np.flatnonzero(elastic)}
    offsets[0] = _standing(offsets)
    return Rigged(offsets=offsets, rotations=rotations, translations={0: joints[:, 0]} | translations)


def _trunk(joints: np.ndarray) -> dict[int, np.ndarray]:
    """Global rotations (frames, 4) of the pelvis and of the chest, from joints (frames, 22, 3)."""
    hip, other_hip, arm, other_arm, chest, neck = (
        joints[:, HUMANML3D.index(name)]
        for name in ("left hip", "right hip", "left shoulder", "right shoulder", "spine3", "neck")
    )
    return {
        NAMES.index("Hips"): orientation(hip - other_hip, chest - joints[:, 0]),
        NAMES.index("Spine2"): orientation(arm - other_arm, neck - chest),
    }


def _standing(offsets: np.ndarray) -> np.ndarray:
    """Where the hips are when the T pose stands on the floor, (3,)."""
    height = 0.0
    joint = NAMES.index("LeftToeBase")
    while joint > 0:
        height -= offsets[joint, 1]
        joint = PARENTS[joint]
    return height * _UP
