"""Biovision hierarchy (BVH): the reader."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mote.files.errors import MAX_JOINTS, MAX_NUMBERS, MotionFileError, check_frames
from mote.files.text import read_text, to_numbers
from mote.motion.kinematics import forward
from mote.motion.recording import Recording
from mote.motion.rotation import from_euler

_CHANNELS = {f"{axis}{kind}".lower() for axis in "XYZ" for kind in ("position", "rotation")}
_MOTION = re.compile(r"\bMOTION\s+Frames\s*:\s*(\S+)\s+Frame\s+Time\s*:\s*(\S+)", re.IGNORECASE)


@dataclass
class _Joint:
    """One joint of the hierarchy; `channels` are lower-case names such as `zrotation`."""

    name: str
    parent: int
    offset: np.ndarray
    channels: list[str]


def read_bvh(path: Path) -> Recording:
    """The positions of a BVH file, any joints and channel order; an End Site is the joint '<parent> end'.

    Position channels replace the OFFSET of their joint.  The rest pose is the one of zero rotations.

    Raises:
        MotionFileError: the file is broken; the message says how.
    """
    text = read_text(path, "BVH")
    if text.split(maxsplit=1)[:1] != ["HIERARCHY"]:
        raise MotionFileError(f"{path.name} is not BVH: the first word of a BVH file is HIERARCHY")
    found = _MOTION.search(text)
    if found is None:
        raise MotionFileError(
            f"{path.name} has no MOTION part: 'MOTION', 'Frames:' and 'Frame Time:' follow the joints"
        )
    joints = _parse_hierarchy(path, text[: found.start()])
    frames, seconds = to_numbers(path, found.groups(), "'Frames:' and 'Frame Time:'")
    if seconds <= 0 or frames != int(frames):
        raise MotionFileError(f"{path.name} needs a whole number of Frames and a Frame Time of more than 0 seconds")
    fps = round(1 / float(seconds), 3)  # a Frame Time of 0.0333333 means 30 frames a second
    check_frames(path, int(frames), fps)
    width = sum(len(joint.channels) for joint in joints)
    wanted = int(frames) * width
    if not 0 < wanted <= MAX_NUMBERS:
        raise MotionFileError(f"{path.name} has {wanted} numbers in its frames: from 1 to {MAX_NUMBERS} are read")
    words = text[found.end() :].split(maxsplit=wanted)
    if len(words) != wanted:
        count = "more" if len(words) > wanted else f"only {len(words)}"
        raise MotionFileError(
            f"{path.name} needs {int(frames)} frames x {width} channels = {wanted} numbers, it has {count}"
        )
    table = to_numbers(path, words, "its frames").reshape(int(frames), width)
    return _to_recording(joints, table, fps)


def _parse_hierarchy(path: Path, text: str) -> list[_Joint]:
    """The joints from ROOT to the brace that closes it, parents first."""
    words = text.replace("{", " { ").replace("}", " } ").split()
    joints: list[_Joint] = []
    open_joints: list[int] = []
    at = 1
    while at < len(words):
        word = words[at].upper()
        if word in ("ROOT", "JOINT", "END"):
            at = _open_joint(path, words, at, joints, open_joints)
        elif word == "}" and open_joints:
            open_joints.pop()
            at += 1
        elif word == "OFFSET" and open_joints:
            joints[open_joints[-1]].offset = to_numbers(path, words[at + 1 : at + 4], "the OFFSET lines")
            at += 4
        elif word == "CHANNELS" and open_joints:
            at = _read_channels(path, words, at, joints[open_joints[-1]])
        else:
            raise MotionFileError(f"{path.name} has the word {words[at][:40]!r} where its HIERARCHY allows none")
    if open_joints:
        name = joints[open_joints[-1]].name
        raise MotionFileError(f"{path.name} never closes the joint {name!r}: every '{{' needs its '}}'")
    if not joints:
        raise MotionFileError(f"{path.name} has no joints: a HIERARCHY starts with ROOT and a name")
    short = [joint.name for joint in joints if len(joint.offset) != 3]
    if short:
        raise MotionFileError(f"{path.name} has no OFFSET of three numbers for: {', '.join(short[:5])}")
    twice = [name for name, count in Counter(joint.name for joint in joints).items() if count > 1]
    if twice:
        raise MotionFileError(f"{path.name} has joints of the same name: {', '.join(twice[:5])}; names must differ")
    return joints


def _open_joint(path: Path, words: list[str], at: int, joints: list[_Joint], open_joints: list[int]) -> int:
    """Add the joint that starts at word `at`; the place of the first word after its brace."""
    kind = words[at].upper()
    if (kind == "ROOT") != (not joints) or (kind != "ROOT" and not open_joints):
        raise MotionFileError(f"{path.name} must have one ROOT that holds every joint: {words[at]} stands outside it")
    try:
        brace = words.index("{", at)
    except ValueError:
        raise MotionFileError(f"{path.name} ends inside its HIERARCHY: '{{' is missing after {words[at]}") from None
    parent = open_joints[-1] if open_joints else -1
    name = " ".join(words[at + 1 : brace])
    if kind == "END":
        ends = sum(joint.parent == parent and joint.name.startswith(f"{joints[parent].name} end") for joint in joints)
        name = f"{joints[parent].name} end" + (f" {ends + 1}" if ends else "")
    if not name:
        raise MotionFileError(f"{path.name} has a joint without a name: a name follows {words[at]}")
    open_joints.append(len(joints))
    joints.append(_Joint(name, parent, np.zeros(0), []))
    if len(joints) > MAX_JOINTS:
        raise MotionFileError(f"{path.name} has more than {MAX_JOINTS} joints: that many are not read")
    return brace + 1


def _read_channels(path: Path, words: list[str], at: int, joint: _Joint) -> int:
    """Set the joint's channels from 'CHANNELS n a b c'; the place of the first word after them."""
    count = words[at + 1] if at + 1 < len(words) else ""
    size = int(count) if count.isascii() and count.isdigit() and len(count) == 1 else -1
    channels = [word.lower() for word in words[at + 2 : at + 2 + size]]
    if size != len(channels) or not set(channels) <= _CHANNELS or len(set(channels)) != size or joint.channels:
        raise MotionFileError(
            f"{path.name} has wrong CHANNELS for {joint.name!r}: their number comes first, then that many different "
            "names out of Xposition, Yposition, Zposition, Xrotation, Yrotation, Zrotation"
        )
    joint.channels = channels
    return at + 2 + size


def _to_recording(joints: list[_Joint], table: np.ndarray, fps: float) -> Recording:
    """Positions from the table of channels, (frames, channels)."""
    offsets = np.repeat(np.stack([joint.offset for joint in joints])[None], len(table), axis=0)
    rotations = np.zeros((len(table), len(joints), 4))
    rotations[..., 0] = 1.0
    orders: dict[str, tuple[list[int], list[int]]] = {}  # joints and columns by rotation order
    column = 0
    for index, joint in enumerate(joints):
        turns = [i for i, name in enumerate(joint.channels) if name.endswith("rotation")]
        if turns:
            members, columns = orders.setdefault("".join(joint.channels[i][0] for i in turns).upper(), ([], []))
            members.append(index)
            columns.extend(column + i for i in turns)
        for i, name in enumerate(joint.channels):
            if name.endswith("position"):
                offsets[:, index, "xyz".index(name[0])] = table[:, column + i]
        column += len(joint.channels)
    for order, (members, columns) in orders.items():
        rotations[:, members] = from_euler(table[:, columns].reshape(len(table), -1, len(order)), order)
    parents = tuple(joint.parent for joint in joints)
    still = np.array([[1.0, 0.0, 0.0, 0.0]] * len(joints))[None]
    rest = forward(still, np.stack([joint.offset for joint in joints]), parents)[1][0]
    return Recording(
        names=tuple(joint.name for joint in joints),
        parents=parents,
        positions=forward(rotations, offsets, parents)[1],
        rest=rest,
        fps=fps,
    )
