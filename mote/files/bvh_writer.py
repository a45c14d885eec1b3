"""Biovision hierarchy (BVH): the writer, and the exact way back for what it wrote."""

from pathlib import Path

import numpy as np

from mote.motion.kinematics import fit_rotations, orientation
from mote.motion.motion import Motion
from mote.motion.retarget import COLLAR_IN_CHEST, HIP_IN_PELVIS, Recording
from mote.motion.rotation import normalise, to_euler
from mote.motion.skeleton import HUMANML3D

ORDER = "ZXY"
CENTIMETRES = 100.0
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
_TIPS = {
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


def write_bvh(motion: Motion, path: Path) -> None:
    """Write a motion in centimetres, rotations in ZXY order that turn on past 180 degrees without a jump.

    Every bone has its mean length.  A bone that is not rigid gets position channels as well, so that the joints come
    back where they were in any case.

    Raises:
        OSError: the file cannot be written.
    """
    joints = motion.joints.astype(np.float64)
    lengths = np.linalg.norm(joints - joints[:, list(HUMANML3D.parents)], axis=-1)[:, JOINTS]
    offsets = DIRECTIONS * lengths.mean(0)[:, None]
    elastic = DIRECTIONS.any(-1) & (np.abs(lengths - lengths.mean(0)).max(0) > RIGID)
    rotations = fit_rotations(joints[:, JOINTS], offsets, PARENTS, _trunk(joints))
    angles = _continuous(to_euler(rotations, ORDER))
    columns = [joints[:, 0] * CENTIMETRES, angles[:, 0]]
    for joint in range(1, len(NAMES)):
        if elastic[joint]:
            columns.append(DIRECTIONS[joint] * lengths[:, joint, None] * CENTIMETRES)
        columns.append(angles[:, joint])
    offsets[0] = _standing(offsets)
    elastic[0] = True
    lines = [
        "HIERARCHY",
        *_hierarchy(0, offsets * CENTIMETRES, elastic),
        "MOTION",
        f"Frames: {len(motion)}",
        f"Frame Time: {1 / motion.fps:.10g}",
        *map(_numbers, np.concatenate(columns, axis=1)),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def written_joints(recording: Recording) -> np.ndarray | None:
    """The 22 joints (frames, 22, 3) in metres of what `write_bvh` wrote; None of another file or of other units."""
    names = [name for name in recording.names if not name.endswith(" end")]
    if sorted(names) != sorted(NAMES):
        return None
    places = [recording.names.index(NAMES[JOINTS.index(joint)]) for joint in range(len(HUMANML3D.names))]
    joints = recording.positions[:, places] / CENTIMETRES
    thigh = joints[:, HUMANML3D.index("left knee")] - joints[:, HUMANML3D.index("left hip")]
    return joints if 0.1 < np.linalg.norm(thigh, axis=-1).mean() < 1 else None


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


def _continuous(degrees: np.ndarray) -> np.ndarray:
    """Euler angles (frames, joints, 3), each frame written in the way that is nearest to the frame before."""
    flipped = degrees * [1, -1, 1] + 180.0
    smooth = degrees.copy()
    for frame in range(1, len(degrees)):
        before = smooth[frame - 1]
        ways = np.stack([degrees[frame], flipped[frame]])
        ways += 360.0 * np.round((before - ways) / 360.0)
        nearer = np.abs(ways - before).sum(-1).argmin(0)
        smooth[frame] = np.where(nearer[:, None] == 0, ways[0], ways[1])
    return smooth


def _hierarchy(joint: int, offsets: np.ndarray, elastic: np.ndarray, depth: int = 0) -> list[str]:
    """The lines of a joint and of all below it; `offsets` in centimetres, `elastic` joints have position channels."""
    pad = "  " * depth
    channels = [f"{axis}position" for axis in "XYZ"] if elastic[joint] else []
    channels += [f"{axis}rotation" for axis in ORDER]
    name = NAMES[joint]
    lines = [
        f"{pad}{'JOINT' if joint else 'ROOT'} {name}",
        f"{pad}{{",
        f"{pad}  OFFSET {_numbers(offsets[joint])}",
        f"{pad}  CHANNELS {len(channels)} {' '.join(channels)}",
    ]
    for child, parent in enumerate(PARENTS):
        if parent == joint:
            lines += _hierarchy(child, offsets, elastic, depth + 1)
    if name in _TIPS:
        tip = _numbers(_TIPS[name] * CENTIMETRES)
        lines += [f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET {tip}", f"{pad}  }}"]
    return [*lines, f"{pad}}}"]


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)
