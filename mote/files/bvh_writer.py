"""Biovision hierarchy (BVH): the writer, and the exact way back for what it wrote."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mote.files.rig import ARMATURES, TIPS, Rigged, rig
from mote.motion.motion import Motion
from mote.motion.recording import Recording
from mote.motion.rotation import to_euler

ORDER = "ZXY"
CENTIMETRES = 100.0


def write_bvh(motion: Motion, path: Path) -> None:
    """Write a motion in centimetres, rotations in ZXY order that turn on past 180 degrees without a jump.

    Every bone has its mean length.  A bone that is not rigid gets position channels as well, so that the joints come
    back where they were in any case.

    Raises:
        OSError: the file cannot be written.
    """
    rigged = rig(motion)
    angles = _continuous(to_euler(rigged.rotations, ORDER))
    columns = []
    for joint in range(len(rigged.armature.names)):
        if joint in rigged.translations:
            columns.append(rigged.translations[joint] * CENTIMETRES)
        columns.append(angles[:, joint])
    lines = [
        "HIERARCHY",
        *_hierarchy(0, rigged),
        "MOTION",
        f"Frames: {len(motion)}",
        f"Frame Time: {1 / motion.fps:.10g}",
        *map(_numbers, np.concatenate(columns, axis=1)),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def written(recording: Recording) -> Recording | None:
    """HumanML3D's 22 joints, or KIT-ML's 21, of what `write_bvh` wrote; None of another file."""
    names = sorted(name for name in recording.names if not name.endswith(" end"))
    armature = next((one for one in ARMATURES.values() if sorted(one.names) == names), None)
    if armature is None:
        return None
    skeleton = armature.skeleton
    owners = [armature.names[armature.joints.index(joint)] for joint in range(len(skeleton.names))]
    places = [recording.names.index(name) for name in owners]
    joints = recording.positions[:, places]
    rest = None if recording.rest is None else recording.rest[places]
    return replace(recording, names=skeleton.names, parents=skeleton.parents, positions=joints, rest=rest)


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


def _hierarchy(joint: int, rigged: Rigged, depth: int = 0) -> list[str]:
    """The lines of a joint and of all below it."""
    pad = "  " * depth
    channels = [f"{axis}position" for axis in "XYZ"] if joint in rigged.translations else []
    channels += [f"{axis}rotation" for axis in ORDER]
    name = rigged.armature.names[joint]
    lines = [
        f"{pad}{'JOINT' if joint else 'ROOT'} {name}",
        f"{pad}{{",
        f"{pad}  OFFSET {_numbers(rigged.offsets[joint] * CENTIMETRES)}",
        f"{pad}  CHANNELS {len(channels)} {' '.join(channels)}",
    ]
    for child, parent in enumerate(rigged.armature.parents):
        if parent == joint:
            lines += _hierarchy(child, rigged, depth + 1)
    if name in TIPS:
        tip = _numbers(TIPS[name] * CENTIMETRES)
        lines += [f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET {tip}", f"{pad}  }}"]
    return [*lines, f"{pad}}}"]


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)
