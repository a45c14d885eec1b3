"""HumanML3D and KIT-ML as Guo et al. (2022) publish them, in the prepared form: features, captions, split files.

A folder has `new_joint_vecs/NAME.npy`, `texts/NAME.txt` with a `caption#tokens#start#end` in each line, `train.txt`,
`val.txt`, `test.txt`, and perhaps `Mean.npy` and `Std.npy`, which are kept for who evaluates: MED has statistics of its
own.  Splits stay as they are.  Mirrored clips (`M...`) are clips of their own, with their own texts.  A caption of a
part, whose start and end are not both 0, makes that part a clip too.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from tqdm import tqdm

from mote.motion.features import LAYOUTS, Layout, to_joints
from mote.motion.skeleton import Skeleton
from train.data import MANIFEST, PACKED, Form, Split, packed, read_manifest, write_form
from train.storage import read_array

Name = Literal["humanml3d", "kit-ml"]
VECTORS, TEXTS = "new_joint_vecs", "texts"
UNIT = 4
"""Frames that every length is a multiple of."""
TOO_LONG = 200
"""Frames from which on a clip is not used; what lies between 196 and it is cut (Guo et al.'s data loader)."""
MEASURED = 200
"""Clips that the bone lengths of KIT-ML's bodies are measured on: they are the same in all."""


@dataclass(frozen=True, kw_only=True)
class Set:
    """What is particular to a set."""

    columns: int
    min_frames: int
    licence: str


SETS: dict[Name, Set] = {
    "humanml3d": Set(columns=263, min_frames=40, licence="HumanML3D (MIT) of AMASS (non-commercial)"),
    "kit-ml": Set(columns=251, min_frames=24, licence="KIT Motion-Language"),
}


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A line of a text file: the sentence, its tokens as `word/POS word/POS`, and the seconds it is about, or None."""

    text: str
    tokens: str
    part: tuple[float, float] | None


def recognise(folder: Path) -> Name | None:
    """Which set lies in a folder, by the columns of its features; None if it is laid out otherwise.

    Raises:
        ValueError: it is laid out so, and has no features of either set.
    """
    if not (folder / VECTORS).is_dir():
        return None
    first = next(iter(sorted((folder / VECTORS).glob("*.npy"))[:1]), None)
    if first is None:
        raise ValueError(f"{folder / VECTORS} has no .npy files: it should hold the features of the set's clips")
    shape = read_array(first, mapped=True).shape
    found = next((name for name, known in SETS.items() if shape[-1:] == (known.columns,)), None)
    if found is None:
        raise ValueError(f"{first} is an array of {shape}: HumanML3D has (frames, 263), KIT-ML (frames, 251)")
    return found


def read_captions(path: Path) -> list[Caption]:
    """The lines of a text file.

    Raises:
        ValueError: a line has another form.
    """
    captions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            text, tokens, start, end = line.strip().split("#")
            bounds = [0.0 if np.isnan(float(bound)) else float(bound) for bound in (start, end)]
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}, is not caption#tokens#start#end: {line[:60]!r}") from error
        captions.append(Caption(text=text, tokens=tokens, part=(bounds[0], bounds[1]) if any(bounds) else None))
    return captions


def prepare(folder: Path, out: Path, name: Name) -> str:
    """Write what `train.data.Clips` reads, and return what was found and left out, in lines; done once, it stays.

    Raises:
        ValueError: a split file is missing, no clip is left, a file is of another form, or another set is in `out`.
    """
    told = out / "report.txt"
    if told.exists():
        if (there := read_manifest(out)[0]["source"]) != name:
            raise ValueError(f"{out} holds {there}, not {name}: name another folder with --out")
        return told.read_text()
    known = SETS[name]
    layout = LAYOUTS[known.columns]
    (out / PACKED).mkdir(parents=True, exist_ok=True)
    left_out: dict[str, list[str]] = defaultdict(list)
    records: list[dict[str, Any]] = []
    for split in get_args(Split):
        listed = folder / f"{split}.txt"
        if not listed.is_file():
            raise ValueError(f"{listed} is missing: it lists the clips of the split {split}, a name in each line")
        records += _prepare_split(folder, out, split, listed.read_text().split(), known, left_out)
    if empty := set(get_args(Split)) - {record["split"] for record in records}:
        raise ValueError(f"no clip of {', '.join(sorted(empty))} can be used: {_summary(left_out)}")
    skeleton = layout.skeleton
    lengths = () if skeleton.uniform else _bones(out, records, layout, skeleton)
    write_form(out, Form(min_frames=known.min_frames, unit=UNIT, mirrors=False, labelled=False, lengths=lengths))
    (out / MANIFEST).write_text("".join(json.dumps({"source": name, **record}) + "\n" for record in records))
    for statistics in ("Mean.npy", "Std.npy"):
        if (folder / statistics).exists():
            shutil.copy2(folder / statistics, out)
    report = f"{_counts(records, skeleton.fps)}\n{_summary(left_out)}"
    told.write_text(report)
    return report


def _prepare_split(
    folder: Path, out: Path, split: Split, names: list[str], known: Set, left_out: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Pack the clips of a split; their records."""
    records: list[dict[str, Any]] = []
    partial, rows = out / PACKED / f"{split}.rows", 0
    with partial.open("wb") as file:
        for clip in tqdm(names, desc=split, unit="clip"):
            found = _read(folder, clip, known, left_out)
            if found is None:
                continue
            features, captions = found
            fps = LAYOUTS[known.columns].skeleton.fps
            made = [*_clips(clip, len(features), captions, known, fps, left_out)]
            if made:
                file.write(features.astype(np.float16).tobytes())
            for record in made:
                record |= {"first": rows + record["first"], "split": split, "licence": known.licence}
            records += made
            rows += len(features) if made else 0
    if rows:
        flat = np.memmap(partial, np.float16, "r", shape=(rows, known.columns))
        whole = np.lib.format.open_memmap(packed(out, split), "w+", np.float16, flat.shape)
        for start in range(0, rows, 1 << 16):
            whole[start : start + (1 << 16)] = flat[start : start + (1 << 16)]
        whole.flush()
    partial.unlink()
    return records


def _read(
    folder: Path, clip: str, known: Set, left_out: dict[str, list[str]]
) -> tuple[np.ndarray, list[Caption]] | None:
    """The features and captions of a clip, or None, and why, where it is left out."""
    vectors, texts = folder / VECTORS / f"{clip}.npy", folder / TEXTS / f"{clip}.txt"
    for path in (vectors, texts):
        if not path.is_file():
            left_out[f"no file in {path.parent.name}"].append(clip)
            return None
    features = read_array(vectors)
    if features.ndim != 2 or features.shape[1] != known.columns:
        raise ValueError(f"{vectors} is an array of {features.shape}, not of (frames, {known.columns})")
    if not np.isfinite(features).all():
        left_out["NaN or infinity in the features"].append(clip)
    elif len(features) < known.min_frames:
        left_out[f"shorter than {known.min_frames} frames"].append(clip)
    elif len(features) >= TOO_LONG:
        left_out[f"{TOO_LONG} frames or more"].append(clip)
    else:
        return features, read_captions(texts)
    return None


def _clips(
    clip: str, frames: int, captions: list[Caption], known: Set, fps: float, left_out: dict[str, list[str]]
) -> Iterator[dict[str, Any]]:
    """The whole clip with the captions about all of it, and each part that a caption is about."""
    parts = [(clip, 0, frames, [caption for caption in captions if caption.part is None])]
    for number, caption in enumerate(captions):
        if caption.part is not None:
            start, end = (min(int(bound * fps), frames) for bound in caption.part)
            parts.append((f"{clip}-part{number}", start, end, [caption]))
    for name, start, end, about in parts:
        if not about:
            continue
        if not known.min_frames <= end - start < TOO_LONG:
            left_out["parts outside of the lengths"].append(name)
            continue
        yield {
            "name": name, "first": start, "frames": end - start, "take": clip.removeprefix("M"), "action": None,
            "style": None, "side": None, "captions": [one.text for one in about],
            "tokens": [one.tokens for one in about], "mirrored_captions": [], "held_out": [False] * len(about),
        }  # fmt: skip


def _bones(out: Path, records: list[dict[str, Any]], layout: Layout, skeleton: Skeleton) -> tuple[float, ...]:
    """The mean bone lengths of some training clips, as the features measure."""
    rows = read_array(packed(out, "train"), mapped=True)
    training = [record for record in records if record["split"] == "train"]
    some = training[:: 1 + len(training) // MEASURED]
    joints = [to_joints(rows[one["first"] : one["first"] + one["frames"]], layout) for one in some]
    return tuple(np.round(skeleton.measured(np.concatenate(joints)).lengths, 4).tolist())


def _counts(records: list[dict[str, Any]], fps: float) -> str:
    splits = Counter(record["split"] for record in records)
    hours = sum(record["frames"] for record in records) / fps / 3600
    told = ", ".join(f"{count} {split}" for split, count in splits.items())
    return f"{len(records)} clips, {hours:.2f} hours: {told}; {sum(len(r['captions']) for r in records)} captions"


def _summary(left_out: dict[str, list[str]]) -> str:
    """What was left out, by reason, with a few names."""
    lines = [
        f"left out, {reason}: {len(names)} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
        for reason, names in left_out.items()
    ]
    return "\n".join(lines) or "nothing was left out"
