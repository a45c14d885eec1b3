"""The prepared clips, read from disk as they are needed, and batches of clips of like length.

`python -m train.data PREPARED` prints how many clips a second come from there into batches.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mote.checkpoint import read_config
from mote.motion.features import LAYOUTS, trimmed
from train.command import command
from train.storage import StoppedError, read_array, reason

Split = Literal["train", "val", "test"]
MANIFEST, FORM, PACKED = "manifest.jsonl", "form.json", "packed"
MIN_FRAMES, MAX_FRAMES = 30, 196
"""1.5 to 9.8 seconds at 20 frames a second; a clip is never shorter, and longer ones are cut."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """What holds for all clips of prepared data.

    Args:
        min_frames: of a clip, or a stretch of one.
        unit: frames that every length is a multiple of, the field's unit length.
        mirrors: whether mirror images are made of the clips; a published set has them among its own.
        labelled: whether records say which action and style a clip shows.
        lengths: the bones of all bodies, as the features measure, where the skeleton has none of its own.
    """

    min_frames: int = MIN_FRAMES
    unit: int = 1
    mirrors: bool = True
    labelled: bool = True
    lengths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Clips as they are stored, in half precision, zero past each one's length, and which clips they are.

    They become float32 when they are used, on the device that they are used on.
    """

    stored: Float[Tensor, "b frames columns"]
    lengths: Int[Tensor, " b"]
    clips: tuple[int, ...]
    mirrored: tuple[bool, ...]

    @cached_property
    def features(self) -> Float[Tensor, "b frames columns"]:
        """The features in their own units."""
        return self.stored.float()

    def to(self, device: torch.device) -> "Batch":
        return replace(self, stored=self.stored.to(device), lengths=self.lengths.to(device))


def read_manifest(prepared: Path, split: Split | None = None) -> list[dict[str, Any]]:
    """The records of one split, or of all, in the manifest's order.

    Raises:
        StoppedError: the folder has no manifest that can be read.
    """
    try:
        records = [json.loads(line) for line in (prepared / MANIFEST).read_text(encoding="utf-8").splitlines()]
        return [record for record in records if split in (None, record["split"])]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StoppedError(
            f"{prepared} has no {MANIFEST} that can be read: name the folder that python -m train.prepare --out wrote, "
            f"or run that command again ({reason(error)})"
        ) from error


def read_form(prepared: Path) -> Form:
    """The form of prepared data; that of our own where the folder says nothing."""
    return read_config(Form, prepared, FORM) if (prepared / FORM).exists() else Form()


def write_form(prepared: Path, form: Form) -> None:
    """Write what `read_form` reads."""
    (prepared / FORM).write_text(json.dumps(asdict(form), indent=2) + "\n")


def packed(prepared: Path, split: Split) -> Path:
    """The file of a split's features, (all frames, columns) float16: a record's `first` says where its clip begins."""
    return prepared / PACKED / f"{split}.npy"


class Clips:
    """The features of one split's clips, and their records.

    Args:
        features: (frames, columns) of each clip.
        records: what the manifest says of each.
        form: what holds for all of them.
    """

    def __init__(self, features: Sequence[np.ndarray], records: list[dict[str, Any]], form: Form | None = None) -> None:
        self.features, self.records, self.form = features, records, form or Form()
        self.lengths = np.array([len(clip) for clip in features])
        self.by_length = np.argsort(self.lengths, kind="stable")
        self.layout = LAYOUTS[features[0].shape[1]]

    @classmethod
    def load(cls, prepared: Path, split: Split) -> "Clips":
        """The clips of a split: a map of its packed file, or, where it was not packed, each clip's own file in memory.

        Raises:
            ValueError: the split has no clip.
        """
        records = read_manifest(prepared, split)
        if not records:
            raise ValueError(f"{prepared} has no clip of the split {split}: run python -m train.prepare again")
        if "first" in records[0]:
            rows = read_array(packed(prepared, split), mapped=True).view(np.ndarray)
            features = [rows[record["first"] : record["first"] + record["frames"]] for record in records]
        else:
            features = [read_array(prepared / "features" / f"{record['name']}.npy") for record in records]
        return cls(features, records, read_form(prepared))

    def __len__(self) -> int:
        return len(self.features)

    @property
    def sides(self) -> tuple[bool, ...]:
        """Whether mirrored, of everything that is made of a clip: it and its mirror image, or it alone."""
        return (False, True) if self.form.mirrors else (False,)

    def sample(self, size: int, generator: torch.Generator, *, limit: int, crop: bool) -> Batch:
        """Random clips of like length, half of them mirrored; longer ones than `limit` frames are cut.

        With `crop`, some clips are cut to a random stretch, so that the model sees every length.
        """
        last, window = len(self) - 1, min(len(self), 4 * size)
        start = int(torch.randint(len(self), (), generator=generator)) - window // 2
        places = np.abs(start + torch.randint(window, (size,), generator=generator).numpy())
        clips = self.by_length[last - np.abs(last - places)]  # reflected at both ends
        mirrored = ((torch.rand(size, generator=generator) < 0.5) & self.form.mirrors).tolist()
        share = 0.6 + 0.4 * float(torch.rand((), generator=generator)) if crop else 1.0
        lengths = self.lengths[clips]
        wanted = self._whole(np.clip((lengths * share).astype(int), np.minimum(self.form.min_frames, lengths), limit))
        starts = (torch.rand(size, generator=generator).numpy() * (lengths - wanted + 1)).astype(int)
        parts = [self.features[c][s : s + n] for c, s, n in zip(clips, starts, wanted, strict=True)]
        return self._batch(parts, clips.tolist(), mirrored)

    def batch(
        self, clips: list[int], *, limit: int, mirrored: bool = False, trim: torch.Generator | None = None
    ) -> Batch:
        """Whole clips by index, the first `limit` frames of each; with `trim`, a little is cut off at both ends."""
        parts = [self.features[c] for c in clips]
        if trim is not None:
            cuts = torch.rand(len(parts), 2, generator=trim).tolist()
            parts = [trimmed(part, *cut, least=self.form.min_frames) for part, cut in zip(parts, cuts, strict=True)]
        parts = [part[: self._whole(min(len(part), limit))] for part in parts]
        return self._batch(parts, clips, [mirrored] * len(clips))

    def _whole(self, frames: Any) -> Any:
        """The most frames, up to so many, that are a multiple of the unit."""
        return frames // self.form.unit * self.form.unit

    def _batch(self, parts: list[np.ndarray], clips: list[int], mirrored: list[bool]) -> Batch:
        lengths = [len(part) for part in parts]
        stored = np.empty((len(parts), max(lengths), self.layout.columns), parts[0].dtype)
        for row, part, length in zip(stored, parts, lengths, strict=True):
            row[:length] = part
            row[length:] = 0
        flipped = np.array(mirrored)
        if flipped.any():
            stored[flipped] = self._mirror(stored[flipped])
        return Batch(torch.from_numpy(stored), torch.tensor(lengths), tuple(clips), tuple(mirrored))

    def _mirror(self, clips: np.ndarray) -> np.ndarray:
        """The features of the mirror images; signs are turned bit by bit, which is faster than a product of halves."""
        order, signs = self.layout.mirrored
        bits = np.dtype(f"u{clips.itemsize}")
        turned = np.where(signs < 0, 1 << (8 * clips.itemsize - 1), 0).astype(bits)
        columns = np.take(clips.view(bits), order, axis=-1, mode="clip")  # unchecked, and so twice as fast
        return (columns ^ turned).view(clips.dtype)


def statistics(features: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Mean (columns,) of the columns of clips and their mirror images, and one deviation for each kind of feature.

    One deviation a kind keeps the proportions within it, as HumanML3D's own do.
    """
    layout = LAYOUTS[features[0].shape[1]]
    rows, total, squares = 0, np.zeros(layout.columns), np.zeros(layout.columns)
    for clip in features:
        clip = clip.astype(np.float64)
        rows, total, squares = rows + len(clip), total + clip.sum(0), squares + np.square(clip).sum(0)
    order, signs = layout.mirrored
    mean, power = ((part + part[order] * sign) / (2 * rows) for part, sign in ((total, signs), (squares, 1)))
    std = np.sqrt(np.maximum(power - np.square(mean), 0))
    kinds = (layout.turn, layout.velocity, layout.height, layout.positions, layout.rotations, layout.velocities)
    for kind in (*kinds, layout.contacts):
        std[kind] = max(std[kind].mean(), 1e-4)  # nothing in the clips turns, say
    return torch.from_numpy(mean).float(), torch.from_numpy(std).float()


def speed(clips: Clips, draw: Callable[[Batch], Tensor], *, size: int = 64, batches: int = 500) -> tuple[float, float]:
    """Clips a second, and a second of processor time, from disk into batches of `size` that `draw` takes tensors of."""
    chance = torch.Generator().manual_seed(0)
    started = worked = 0.0
    for batch in range(-10, batches):
        if not batch:
            started, worked = time.perf_counter(), time.process_time()
        draw(clips.sample(size, chance, limit=MAX_FRAMES, crop=True))
    return size * batches / (time.perf_counter() - started), size * batches / (time.process_time() - worked)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Print how fast the training clips of a prepared folder come into batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prepared", type=Path, help="the folder that train.prepare wrote")
    parser.add_argument("--batch", type=int, default=64)
    options = parser.parse_args(arguments)
    clips = Clips.load(options.prepared, "train")
    print(f"{len(clips):,} clips, {clips.lengths.mean():.0f} frames each, in batches of {options.batch}:")
    for name, draw in (("as they go to a GPU", attrgetter("stored")), ("in float32", attrgetter("features"))):
        rate, alone = speed(clips, draw, size=options.batch)
        print(f"{name}: {rate:,.0f} clips a second, {alone:,.0f} a second of processor time")


if __name__ == "__main__":
    main()
