"""Acclaim's motion file (AMC), as CMU publishes its motion capture, with the skeleton (ASF) beside it."""

import re
from pathlib import Path

import numpy as np

from mote.files.asf import ROOT, Bone, find_asf, read_asf, turn
from mote.files.errors import MotionFileError, check_frames
from mote.files.text import read_text, to_numbers
from mote.motion.kinematics import forward
from mote.motion.recording import Recording
from mote.motion.rotation import inverse, multiply

CMU_FPS = 120.0  # for a file that does not say
_TRANSLATIONS = ("tx", "ty", "tz")
_ROTATIONS = ("rx", "ry", "rz")


def read_amc(path: Path) -> Recording:
    """The positions of an AMC file in metres.

    A joint has the name of the bone that starts in it, as in BVH; the end of a bone without children is the joint
    '<bone> end'.  A bone turns by C M C^-1 in its parent's frame: C from its axis, M from its motion.

    Raises:
        MotionFileError: one of the two files is broken or the ASF is missing; the message says how.
    """
    text = re.sub(r"#.*", "", read_text(path, "AMC"))
    skeleton = find_asf(path)
    bones = read_asf(skeleton)
    for bone in bones.values():
        known = _ROTATIONS if bone.name != ROOT else _TRANSLATIONS + _ROTATIONS
        if not set(bone.channels) <= set(known) or len(set(bone.channels)) < len(bone.channels):
            raise MotionFileError(f"{skeleton.name} moves {bone.name} by {bone.channels}: known are {', '.join(known)}")
    header = dict(re.findall(r"^[ \t]*:(\S+)[ \t]*(.*)$", text.upper(), re.MULTILINE))
    fps = to_numbers(path, header.get("SAMPLES-PER-SECOND", str(CMU_FPS)).split(), "':SAMPLES-PER-SECOND'")
    if len(fps) != 1:
        raise MotionFileError(f"{path.name} needs one number after ':SAMPLES-PER-SECOND'")
    degrees = np.degrees(1.0) if "RADIANS" in header else 1.0
    values = _read_frames(path, re.sub(r"^[ \t]*:.*", "", text, flags=re.MULTILINE).split(), bones)
    check_frames(path, len(next(iter(values.values()))), float(fps[0]))
    return _to_recording(bones, values, degrees, float(fps[0]), "SAMPLES-PER-SECOND" in header)


def _read_frames(path: Path, words: list[str], bones: dict[str, Bone]) -> dict[tuple[str, str], np.ndarray]:
    """The values (frames,) of each channel of each bone; every frame lists the same bones in the same order."""
    if not words or not words[0].isdigit():
        raise MotionFileError(f"{path.name} is not AMC: each frame starts with its number, then 'root' and six numbers")
    columns: dict[tuple[str, str], int] = {}
    titles = []
    width = 1
    while width < len(words) and words[width] in bones:
        bone = bones[words[width]]
        titles.append(width)
        columns |= {(bone.name, channel): width + 1 + i for i, channel in enumerate(bone.channels)}
        width += 1 + len(bone.channels)
    if width < len(words) and not words[width].isdigit():
        raise MotionFileError(
            f"{path.name} does not fit its skeleton: {words[width][:40]!r} stands where a bone should"
        )
    if not columns or titles[:1] != [1] or ROOT not in (words[title] for title in titles):
        raise MotionFileError(f"{path.name} has no values for the root: each frame needs a line 'root' and its numbers")
    if len(words) % width:
        raise MotionFileError(
            f"{path.name} ends inside a frame: every frame has {width} words, {len(words)} were found"
        )
    table = np.array(words, dtype=object).reshape(-1, width)
    if (table[:, titles] != table[0, titles]).any():
        frame = int((table[:, titles] != table[0, titles]).any(1).argmax()) + 1
        raise MotionFileError(f"{path.name} lists other bones in frame {frame} than in the first: they must not change")
    numbers = to_numbers(path, table[:, list(columns.values())].ravel().tolist(), "its frames")
    return dict(zip(columns, numbers.reshape(len(table), -1).T, strict=True))


def _to_recording(
    bones: dict[str, Bone], values: dict[tuple[str, str], np.ndarray], degrees: float, fps: float, timed: bool
) -> Recording:
    """Positions from the values of the channels."""
    names, index = list(bones), {name: i for i, name in enumerate(bones)}
    parents = [index.get(bone.parent, -1) for bone in bones.values()]
    tips = [name for name in names[1:] if index[name] not in parents]
    frames = len(next(iter(values.values())))
    still = np.zeros((frames, len(names) + len(tips), 4))
    still[..., 0] = 1.0
    rotations = still.copy()
    nothing = np.zeros(frames)
    for i, bone in enumerate(bones.values()):
        angles = np.stack([values.get((bone.name, channel), nothing) for channel in _ROTATIONS], axis=-1) * degrees
        rotations[:, i] = multiply(multiply(bone.axis, turn(angles, bone.order)), inverse(bone.axis))
    owners = [*(bone.parent for bone in bones.values()), *tips]
    starts = np.stack([bones[owner].offset if owner not in ("", ROOT) else np.zeros(3) for owner in owners])
    path = np.stack([values.get((ROOT, channel), nothing) for channel in _TRANSLATIONS], axis=-1)
    offsets = np.repeat(starts[None], frames, axis=0)
    offsets[:, 0] = bones[ROOT].offset + path * bones[ROOT].scale
    tree = (*parents, *(index[tip] for tip in tips))
    starts[0] = bones[ROOT].offset
    return Recording(
        names=(*names, *(f"{tip} end" for tip in tips)),
        parents=tree,
        positions=forward(rotations, offsets, tree)[1],
        rest=forward(still[:1], starts, tree)[1][0],
        fps=fps,
        timed=timed,
    )
