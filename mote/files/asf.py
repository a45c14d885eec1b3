"""Acclaim's skeleton file (ASF): bones, their axes and the tree that they make."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mote.files.errors import MotionFileError
from mote.files.text import read_text, to_numbers
from mote.motion.rotation import from_euler

ROOT = "root"
METRES_PER_INCH = 0.0254  # CMU: metres = value / length * 2.54 / 100, with `length` from ':units'


@dataclass
class Bone:
    """A bone from its start to its end; of the root, `offset` is the position of its start and both are one."""

    name: str
    offset: np.ndarray  # (3,) metres, in global axes
    axis: np.ndarray  # (4,) quaternion
    order: str  # of the axis and of the motion: 'XYZ' turns about X first
    scale: float  # metres in one unit of the files
    channels: list[str] = field(default_factory=list)
    parent: str = ""


def turn(degrees: np.ndarray, order: str) -> np.ndarray:
    """Quaternions of angles (..., 3) about x, y, z, applied in `order` about fixed axes."""
    backwards = order[::-1]
    return from_euler(degrees[..., ["XYZ".index(axis) for axis in backwards]], backwards)


def find_asf(path: Path) -> Path:
    """The skeleton of an AMC file: of the same name, else the only one beside it, else '16.asf' of '16_15.amc'."""
    beside = sorted(file for file in path.parent.iterdir() if file.suffix.lower() == ".asf")
    same = [file for file in beside if file.stem == path.stem]
    begins = [file for file in beside if path.stem.startswith(file.stem)]
    if same or len(beside) == 1:
        return (same or beside)[0]
    if not begins:
        raise MotionFileError(f"{path.name} has no skeleton: put its .asf file, {path.stem}.asf, into the same folder")
    return max(begins, key=lambda file: len(file.stem))


def read_asf(path: Path) -> dict[str, Bone]:
    """The bones by name, the root first and every parent before its children.

    Raises:
        MotionFileError: the file is broken; the message says how.
    """
    parts = re.split(r"^[ \t]*:(\w+)", re.sub(r"#.*", "", read_text(path, "ASF")), flags=re.MULTILINE)
    sections = {name.lower(): body for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    missing = [f":{name}" for name in ("root", "bonedata", "hierarchy") if name not in sections]
    if missing:
        raise MotionFileError(f"{path.name} is not a whole ASF file: it has no {', '.join(missing)}")
    units = _fields(sections.get("units", ""))
    length = to_numbers(path, units.get("length", ["1"])[:1], "':units length'")[0]
    if length < 1e-3:
        raise MotionFileError(f"{path.name} has ':units length {length:g}': it must be more than 0, CMU's is 0.45")
    degrees = 1.0 if units.get("angle", ["deg"])[:1] == ["deg"] else np.degrees(1.0)
    scale = METRES_PER_INCH / length
    root = _fields(sections["root"])
    bones = {ROOT: _to_bone(path, ROOT, root, root.get("position", []), root.get("orientation", []), scale, degrees)}
    bones[ROOT].channels = [word.lower() for word in root.get("order", [])]
    ended = [re.split(r"\bbegin\b", block, maxsplit=1) for block in re.split(r"\bend\b", sections["bonedata"])[:-1]]
    for block in (begun[1] for begun in ended if len(begun) > 1):
        words = _fields(block)
        name = " ".join(words.get("name", []))
        if not name or name in bones:
            raise MotionFileError(f"{path.name} has a bone without a name of its own: {name or 'no name'}")
        size = to_numbers(path, words.get("length", [])[:1], f"the length of {name}")
        way = to_numbers(path, words.get("direction", []), f"the direction of {name}")
        if len(size) != 1 or len(way) != 3:
            raise MotionFileError(f"{path.name} needs a length and a direction of three numbers for the bone {name}")
        length_of_way = max(float(np.linalg.norm(way)), 1e-9)  # zero for the joints that have no bone
        offset = [str(value) for value in way / length_of_way * size]
        bones[name] = _to_bone(path, name, words, offset, words.get("axis", []), scale, degrees)
        bones[name].channels = [word.lower() for word in words.get("dof", [])]
    return _in_tree_order(path, bones, sections["hierarchy"])


def _fields(block: str) -> dict[str, list[str]]:
    """Lines 'key value value' as a dict of the values' words."""
    lines = (line.split() for line in block.splitlines())
    return {words[0].lower(): words[1:] for words in lines if words}


def _to_bone(
    path: Path, name: str, words: dict[str, list[str]], offset: list[str], axis: list[str], scale: float, degrees: float
) -> Bone:
    """A bone from its words; `axis` may end with the order, as a bone's does."""
    order = (axis[3] if len(axis) > 3 else "".join(words.get("axis", ["XYZ"]))[-3:]).upper()
    place = to_numbers(path, offset, f"the position of {name}")
    angles = to_numbers(path, axis[:3], f"the axis of {name}")
    if len(place) != 3 or len(angles) != 3 or sorted(order) != ["X", "Y", "Z"]:
        raise MotionFileError(f"{path.name} needs three numbers and an axis such as '0 0 20 XYZ' for {name}")
    return Bone(name, place * scale, turn(angles * degrees, order), order, scale)


def _in_tree_order(path: Path, bones: dict[str, Bone], hierarchy: str) -> dict[str, Bone]:
    """The bones with their parents set, parents first."""
    children: dict[str, list[str]] = {}
    for parent, *names in (line.split() for line in hierarchy.splitlines() if line.split()):
        if parent not in ("begin", "end"):
            children.setdefault(parent, []).extend(names)
    ordered = {ROOT: bones[ROOT]}
    waiting = [ROOT]
    while waiting:
        parent = waiting.pop(0)
        for name in children.pop(parent, []):
            if name not in bones or name in ordered:
                raise MotionFileError(f"{path.name} has a hierarchy with a bone that is unknown or met twice: {name}")
            bones[name].parent = parent
            ordered[name] = bones[name]
            waiting.append(name)
    lost = [*(set(bones) - set(ordered)), *children]
    if lost:
        raise MotionFileError(f"{path.name} has bones that its hierarchy does not join to the root: {lost[0]}")
    return ordered
