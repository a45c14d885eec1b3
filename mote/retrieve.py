"""Search by meaning: the motions and sentences of a map that lie nearest to a sentence or a motion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from mote.coding import decode_motions
from mote.files import read
from mote.map import KINDS, Clip, Kind, Map, MapError
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from mote.reference import Pairing
from mote.sampling import Side

Closeness = Literal["far", "loosely related", "close", "very close"]
"""How near a cosine is, by the quarter of those of real pairs that it is in."""
AROUND = 6
"""Points that say where in the picture something new is."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A motion or a sentence of the map; its cosine with what it was found for, and what pair these are, make it no
    other."""

    kind: Kind
    row: int
    clip: Clip
    score: float = field(compare=False)
    pairing: Pairing = field(compare=False)
    index: Index = field(repr=False, compare=False)

    @property
    def sentence(self) -> str:
        return self.clip.sentence

    @property
    def closeness(self) -> Closeness | None:
        """The score in words; None where the model came without what real pairs have (`mote.reference`).

        The nearest of hundreds is near to anything, so that only what is as near as the better half of real pairs is
        close.  For two motions, which were not measured, a motion and a sentence about it stand in.
        """
        real = self.index.model.real
        standing = real and real.of_cosine(self.pairing, self.score)
        quarters: tuple[Closeness, ...] = get_args(Closeness)
        return quarters[min(int(4 * standing.less), 3)] if standing else None

    def motion(self) -> Motion:
        """The motion: as it was recorded, or what the model makes of the sentence.

        Raises:
            MapError: it is a recording, and the index has no folder of the recordings, or that lacks it.
        """
        return self.index.recording(self.row) if self.kind == "recorded" else self.index.made(self.row)


class Index:
    """The points of a map in the space of the model that it belongs to."""

    def __init__(self, atlas: Map, model: MoTe, data: Path | None = None) -> None:
        """Put a map and its model together.

        Args:
            data: the folder that `train.prepare` wrote, where the recordings are to be had as well.

        Raises:
            MapError: the model has no such space, the map belongs to other weights, or the folder has no recordings.
        """
        if model.retrieval is None:
            raise MapError(f"the model {model.name} has no space of motions and sentences: train.retrieval makes one")
        if atlas.digest != model.digest:
            raise MapError(
                f"the map belongs to other weights ({atlas.digest[:12]}) than those of {model.name} "
                f"({model.digest[:12]}): python -m train.map makes one for these"
            )
        sizes = model.retrieval.config.space, model.retrieval.config.motion
        if (atlas.places.shape[2], tuple(atlas.latents.shape[1:])) != sizes:
            raise MapError("the map has places or latents of another size than the model")
        if data and not (data / "features").is_dir():
            raise MapError(f"{data} has no folder features: give the folder that python -m train.prepare wrote")
        self.map, self.model, self.data = atlas, model, data
        self._places = F.normalize(atlas.places, dim=-1)  # (kinds, clips, space)

    @classmethod
    def open(cls, path: str | Path, model: MoTe, data: str | Path | None = None) -> Index:
        """The index of a map's file, such as `assets/map.safetensors`; the rest is as for `Index` itself.

        Raises:
            MapError: the file is missing, damaged or no map, or does not fit the model.
        """
        return cls(Map.read(Path(path)), model, Path(data) if data else None)

    def search(self, query: str | Motion, k: int = 10, kinds: Sequence[Kind] = KINDS) -> list[Neighbour]:
        """The k neighbours of a sentence or a motion, the nearest first.

        Raises:
            ValueError: the text has no words, or the motion is shorter than the model takes.
        """
        return self.nearest(self.place(query), k, kinds, "text" if isinstance(query, str) else "motion")

    def parts(self, motion: Motion) -> list[Motion]:
        """A motion in the fewest equal parts that the model takes, one after another."""
        count = math.ceil(motion.seconds / self.model.limits.most)
        bounds = [round(len(motion) * number / count) for number in range(count + 1)]
        return [motion[start:end] for start, end in pairwise(bounds)]

    def place(self, query: str | Motion) -> Float[Tensor, " space"]:
        """Where in the space a sentence or a motion is; one that is too long for the model, in the middle of its parts.

        Raises:
            ValueError: as `search`.
        """
        parts = [query] if isinstance(query, str) else self.parts(query)
        return F.normalize(torch.stack([self.model.place(part) for part in parts]).mean(dim=0), dim=-1)

    def place_of(self, kind: Kind, row: int) -> Float[Tensor, " space"]:
        """Where in the space a point of the map is."""
        return self._places[KINDS.index(kind), row]

    def nearest(
        self, place: Float[Tensor, " space"], k: int = 10, kinds: Sequence[Kind] = KINDS, of: Side = "motion"
    ) -> list[Neighbour]:
        """The k points of some kinds that are nearest to the place of a motion or a text, the nearest first."""
        numbers = [number for number, kind in enumerate(KINDS) if kind in kinds]
        scores = (self._places[numbers] @ place).flatten()  # (kinds clips)
        values, order = scores.topk(min(k, len(scores)))
        clips = len(self.map.clips)
        return [
            self.neighbour(KINDS[numbers[found // clips]], found % clips, score, of)
            for score, found in zip(values.tolist(), order.tolist(), strict=True)
        ]

    def neighbour(self, kind: Kind, row: int, score: float = 1.0, of: Side = "motion") -> Neighbour:
        """A point of the map by its kind and the number of its clip, found for a motion or a text."""
        pairing: Pairing = "agreement" if kind == "sentence" and of == "text" else "match"
        return Neighbour(kind=kind, row=row, clip=self.map.clips[row], score=score, pairing=pairing, index=self)

    def point(self, place: Float[Tensor, " space"]) -> tuple[float, float]:
        """Where in the picture a new place is, which the picture was not fitted to.

        It is the mean of the coordinates of the nearest points of all kinds, AROUND of them, weighed by the softmax of
        their cosines times the sharpness with which the space was trained: what is alike lies beside it.
        """
        space = self.model.retrieval
        assert space is not None
        scores, order = (self._places @ place).flatten().topk(min(AROUND, len(KINDS) * len(self.map.clips)))
        weights = (scores * space.sharpness.exp().item()).softmax(dim=0)
        x, y = (weights @ self.map.points.flatten(0, 1)[order]).tolist()
        return x, y

    @torch.inference_mode()
    def made(self, row: int) -> Motion:
        """The motion that the model made of a clip's sentence."""
        latents = self.map.latents[row : row + 1].to(self.model.device)
        return decode_motions(self.model.med, latents, torch.zeros(1, dtype=torch.long, device=latents.device))[0]

    def recording(self, row: int) -> Motion:
        """A clip's own motion.

        Raises:
            MapError: the index was opened without the folder of the recordings, or that lacks this one.
        """
        name = self.map.clips[row].name
        if self.data is None:
            raise MapError(f"the recording {name} is not part of the map: open the index with the prepared data")
        try:
            return read(self.data / "features" / f"{name}.npy")
        except ValueError as error:
            raise MapError(f"the recording {name} cannot be read: {error}") from error
