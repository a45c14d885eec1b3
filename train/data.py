"""The prepared clips in memory, and batches of clips of like length."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mote.motion.features import LAYOUT, trimmed
from train.storage import StoppedError

Split = Literal["train", "val", "test"]
MANIFEST = "manifest.jsonl"
MIN_FRAMES, MAX_FRAMES = 30, 196
"""1.5 to 9.8 seconds at 20 frames a second; a clip is never shorter, and longer ones are cut."""


@dataclass(frozen=True)
class Batch:
    """Features (b, frames, 263) in their own units, zero past each clip's length, and which clips they are."""

    features: Float[Tensor, "b frames columns"]
    lengths: Int[Tensor, " b"]
    clips: tuple[int, ...]
    mirrored: tuple[bool, ...]

    def to(self, device: torch.device) -> "Batch":
        return replace(self, features=self.features.to(device), lengths=self.lengths.to(device))


def read_manifest(prepared: Path, split: Split) -> list[dict[str, Any]]:
    """The records of one split, in the manifest's order.

    Raises:
        StoppedError: the folder has no manifest that can be read.
    """
    try:
        records = [json.loads(line) for line in (prepared / MANIFEST).read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise StoppedError(
            f"{prepared} has no {MANIFEST} that can be read: name the folder that python -m train.prepare --out wrote, "
            f"or run that command again ({error})"
        ) from error
    return [record for record in records if record["split"] == split]


class Clips:
    """The features of one split's clips, and their records."""

    def __init__(self, features: list[np.ndarray], records: list[dict[str, Any]]) -> None:
        self.features = features
        self.records = records
        self.lengths = np.array([len(clip) for clip in features])
        self.by_length = np.argsort(self.lengths, kind="stable")

    @classmethod
    def load(cls, prepared: Path, split: Split) -> "Clips":
        records = read_manifest(prepared, split)
        if not records:
            raise ValueError(f"the prepared data has no clip of the split {split}: run python -m train.prepare first")
        features = [np.load(prepared / "features" / f"{record['name']}.npy") for record in records]
        return cls(features, records)

    def __len__(self) -> int:
        return len(self.features)

    def sample(self, size: int, generator: torch.Generator, *, limit: int, crop: bool) -> Batch:
        """Random clips of like length, half of them mirrored; longer ones than `limit` frames are cut.

        With `crop`, some clips are cut to a random stretch, so that the model sees every length.
        """
        last, window = len(self) - 1, min(len(self), 4 * size)
        start = int(torch.randint(len(self), (), generator=generator)) - window // 2
        places = np.abs(start + torch.randint(window, (size,), generator=generator).numpy())
        clips = self.by_length[last - np.abs(last - places)]  # reflected at both ends
        mirrored = (torch.rand(size, generator=generator) < 0.5).tolist()
        share = 0.6 + 0.4 * float(torch.rand((), generator=generator)) if crop else 1.0
        lengths = self.lengths[clips]
        wanted = np.clip((lengths * share).astype(int), np.minimum(MIN_FRAMES, lengths), limit)
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
            parts = [trimmed(part, *cut, least=MIN_FRAMES) for part, cut in zip(parts, cuts, strict=True)]
        return self._batch([part[:limit] for part in parts], clips, [mirrored] * len(clips))

    def _batch(self, parts: list[np.ndarray], clips: list[int], mirrored: list[bool]) -> Batch:
        order, signs = LAYOUT.mirrored
        features = torch.zeros(len(parts), max(map(len, parts)), LAYOUT.columns)
        for row, (part, flip) in enumerate(zip(parts, mirrored, strict=True)):
            part = part.astype(np.float32)
            features[row, : len(part)] = torch.from_numpy(part[:, order] * signs.astype(np.float32) if flip else part)
        return Batch(features, torch.tensor([len(part) for part in parts]), tuple(clips), tuple(mirrored))


def statistics(features: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Mean (263,) of the columns of clips and their mirror images, and one deviation for each kind of feature.

    One deviation a kind keeps the proportions within it, as HumanML3D's own do.
    """
    rows = np.concatenate([clip.astype(np.float32) for clip in features])
    order, signs = LAYOUT.mirrored
    rows = np.concatenate([rows, rows[:, order] * signs.astype(np.float32)])
    mean, std = rows.mean(0), rows.std(0)
    kinds = (LAYOUT.turn, LAYOUT.velocity, LAYOUT.height, LAYOUT.positions, LAYOUT.rotations, LAYOUT.velocities)
    for kind in (*kinds, LAYOUT.contacts):
        std[kind] = std[kind].mean()
    return torch.from_numpy(mean), torch.from_numpy(std)
