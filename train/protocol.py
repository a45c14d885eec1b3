"""What Guo et al.'s evaluation (2022, section 5) sees of a test split in one repeat, and what a model makes of that.

As their code has it, the clips are shuffled and stand in pools of 32, what is left over is dropped, FID included; each
comes with one of its captions; and each is cut to a multiple of four frames, or, one time in three, four frames
shorter, at a random place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mote.pipeline import PAPER_GUIDANCE
from mote.sampling import Task, sample_latents
from train.evaluation import Evaluation
from train.lemmas import tokens_of
from train.matching import FRAMES, MOST_FRAMES
from train.metrics_motion import pools
from train.official import Official

REFERENCES = 3
"""Captions of a clip that a caption is compared with: the first of them, and those again where there are fewer."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A clip, which of its captions, and the frames that are shown."""

    clip: int
    caption: int
    start: int
    frames: int

    def cut(self, features: np.ndarray) -> np.ndarray:
        """The frames shown of the clip's features (frames, columns)."""
        return features[self.start : self.start + self.frames]


def draw(frames: Sequence[int], captions: Sequence[int], chance: np.random.Generator) -> list[Draw]:
    """The clips of one repeat, by how many frames and captions each clip has.

    Raises:
        ValueError: there are fewer clips than a pool has, or one is too short for a cut.
    """
    drawn = []
    for clip in np.concatenate(pools(len(frames), chance)).tolist():
        caption = int(chance.integers(captions[clip]))
        shorter = chance.integers(3) == 0
        shown = min((frames[clip] // FRAMES - shorter) * FRAMES, MOST_FRAMES)
        if shown < FRAMES:
            raise ValueError(f"a clip of {frames[clip]} frames is too short: the protocol shows {FRAMES} or more")
        start = int(chance.integers(frames[clip] - shown + 1))
        drawn.append(Draw(clip=clip, caption=caption, start=start, frames=int(shown)))
    return drawn


def whole(frames: Sequence[int], captions: Sequence[int]) -> list[Draw]:
    """Every clip once, as long as the protocol shows one, with the caption that is chosen for each."""
    return [
        Draw(clip=clip, caption=caption, start=0, frames=min(count // FRAMES * FRAMES, MOST_FRAMES))
        for clip, (count, caption) in enumerate(zip(frames, captions, strict=True))
    ]


def references(captions: Sequence[str]) -> list[str]:
    """The captions of a clip that a generated one is compared with, three of them always, as TM2T has it."""
    return [captions[number % len(captions)] for number in range(REFERENCES)]


class Guo:
    """The split as the protocol sees it, and what the model makes of it.

    The model samples as the paper tells: one draw, the same guidance at all times, and motions are the features that
    MED decodes, of the length of the real clip.  What the app adds to please the eye and to find the best of several
    draws stays out.
    """

    def __init__(self, evaluation: Evaluation, official: Official) -> None:
        clips = evaluation.clips
        self.model, self.settings, self.official = evaluation.model, evaluation.settings, official
        self.features = clips.features
        self.captions = [record["captions"] for record in clips.records]
        self.tokens = [tokens_of(record) for record in clips.records]

    def draw(self, chance: np.random.Generator) -> list[Draw]:
        """The clips of one repeat."""
        return draw([len(clip) for clip in self.features], [len(texts) for texts in self.captions], chance)

    def real(self, drawn: Sequence[Draw]) -> np.ndarray:
        """Embeddings of the clips as they are shown."""
        return self.official.embed_motions([one.cut(self.features[one.clip]) for one in drawn])

    def said(self, drawn: Sequence[Draw]) -> np.ndarray:
        """Embeddings of the captions that are drawn."""
        return self.official.embed_captions([self.tokens[one.clip][one.caption] for one in drawn])

    def made(self, drawn: Sequence[Draw], number: int) -> np.ndarray:
        """Embeddings of a motion for each caption, of repeat `number`."""

        def make(part: Sequence[Draw], seeds: range) -> list[np.ndarray]:
            text = self.model.ted.encode([self.captions[one.clip][one.caption] for one in part]).float()
            frames = torch.tensor([one.frames for one in part], device=self.model.device)
            latents, _ = self._sample("text-to-motion", text=text, frames=frames, seeds=seeds)
            assert latents is not None
            decoded = self.model.med.decode(latents, frames).float().cpu().numpy()
            return [clip[: one.frames] for clip, one in zip(decoded, part, strict=True)]

        return self.official.embed_motions(self.settings.in_batches(make, drawn, number, "text-to-motion"))

    def several(self, drawn: Sequence[Draw], number: int) -> Float[np.ndarray, "texts samples width"]:
        """Embeddings of several motions for each of the first captions drawn."""
        repeated = [one for one in drawn[: self.settings.texts] for _ in range(self.settings.samples)]
        embedded = self.made(repeated, number + self.settings.repeats)  # of other seeds than those before
        return embedded.reshape(-1, self.settings.samples, embedded.shape[-1])

    def written(self, drawn: Sequence[Draw]) -> list[str]:
        """A caption for each clip."""

        def make(part: Sequence[Draw], seeds: range) -> list[str]:
            parts = [torch.from_numpy(one.cut(self.features[one.clip]).astype(np.float32)) for one in part]
            frames = torch.tensor([one.frames for one in part], device=self.model.device)
            features = pad_sequence(parts, batch_first=True).to(self.model.device)
            motion = self.model.med.encode(features, frames).float()
            _, latents = self._sample("motion-to-text", motion=motion, frames=frames, seeds=seeds)
            assert latents is not None
            return self.model.ted.decode(latents)

        return self.settings.in_batches(make, drawn, 0, "motion-to-text")

    def _sample(self, task: Task, **given: Any) -> tuple[Tensor | None, Tensor | None]:
        motion, text = self.settings.guidance or PAPER_GUIDANCE
        return sample_latents(
            self.model.mtdm, self.model.mtdm.config.schedule, task, **given, steps=self.settings.steps,
            motion_guidance=motion, text_guidance=text,
        )[:2]  # fmt: skip
