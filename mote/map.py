"""The file of a map: clips as points of the model's space of motions and sentences, and as points of one picture.

`train.map` writes it, `mote.retrieve` searches it.  It belongs to the weights whose digest it names.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

Kind = Literal["recorded", "made", "sentence"]
"""The points of a clip: its own motion, the motion that the model makes of its sentence, and the sentence."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_TENSORS = {"places": 3, "points": 3, "latents": 3}  # and how many axes each has


class MapError(ValueError):
    """A map cannot be read or does not fit the model; the message says what differs."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """What is known of a clip: its name in the prepared data, a sentence written from its labels, and these."""

    name: str
    sentence: str
    action: str
    style: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """Clips, and where they are; `kinds` are those of KINDS, in that order.

    Args:
        places: in the space, of unit length.
        points: in the picture.
        latents: of the motions that the model made of the sentences.
        digest: of the weights that the map belongs to (`mote.checkpoint.digest`).
    """

    clips: tuple[Clip, ...]
    places: Float[Tensor, "kinds clips space"]
    points: Float[Tensor, "kinds clips 2"]
    latents: Float[Tensor, "clips l d"]
    digest: str

    def save(self, path: Path) -> None:
        """Write one safetensors file, all numbers as float16."""
        clips = json.dumps([asdict(clip) for clip in self.clips])
        tensors = {name: getattr(self, name).half().contiguous() for name in _TENSORS}
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, path, metadata={"digest": self.digest, "clips": clips})

    @classmethod
    def read(cls, path: Path) -> Map:
        """What `save` wrote.

        Raises:
            MapError: the file is missing, damaged, or no map.
        """
        try:
            with safe_open(path, framework="pt") as file:
                told = file.metadata() or {}
                tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise MapError(f"the map {path} cannot be read: {error}") from error
        if set(tensors) != set(_TENSORS) or not {"digest", "clips"} <= set(told):
            raise MapError(f"{path} is no map: python -m train.map writes one")
        clips = _clips(told["clips"], path)
        shapes = {name: tuple(value.shape) for name, value in tensors.items()}
        right = (
            shapes["places"][:2] == shapes["points"][:2] == (len(KINDS), len(clips))
            and shapes["points"][2:] == (2,)
            and shapes["latents"][:1] == (len(clips),)
            and all(len(shapes[name]) == axes for name, axes in _TENSORS.items())
        )
        if not right or not clips:
            raise MapError(f"the map {path} is not whole: it has {len(clips)} clips, and tensors of {shapes}")
        if not all(torch.isfinite(value).all() for value in tensors.values()):
            raise MapError(f"the map {path} is not whole: it holds what is no number")
        return cls(clips=clips, digest=told["digest"], **tensors)


def _clips(written: str, path: Path) -> tuple[Clip, ...]:
    try:
        records: list[dict[str, Any]] = json.loads(written)
        clips = tuple(Clip(**record) for record in records)
    except (ValueError, TypeError) as error:
        raise MapError(f"{path} does not say which clips it shows: {error}") from error
    for clip in clips:
        if not all(isinstance(value, str) for value in (clip.name, clip.sentence, clip.action, clip.style or "")):
            raise MapError(f"{path} does not say which clips it shows: a name, a sentence or a label is no text")
        if Path(clip.name).is_absolute() or ".." in Path(clip.name).parts:
            raise MapError(f"{path} names a clip that would lie outside of the prepared data: {clip.name}")
    return clips
