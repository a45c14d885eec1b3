"""Motions and sentences about them as latents, which the denoiser and what is trained beside it learn from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mote.models.med import MED
from mote.models.text_autoencoder import TextAutoencoder
from train.data import Clips
from train.engine import engine
from train.med import encode_all
from train.prepare.paraphrases import Paraphraser


@dataclass(frozen=True)
class PairBatch:
    """Latents of motions, of sentences about them, as they are and as others may put it, and the lengths in frames."""

    motion: Float[Tensor, "b l dm"]
    text: Float[Tensor, "b k dt"]
    reworded: Float[Tensor, "b k dt"]
    frames: Int[Tensor, " b"]


@dataclass(frozen=True)
class Draw:
    """Places of clips or their mirror images, of the copies of each, and of a sentence about each."""

    clips: Int[Tensor, " b"]
    copies: Int[Tensor, " b"]
    captions: Int[Tensor, " b"]


class Motions:
    """The latents of every clip and its mirror image, whole and trimmed, and the sentences about either.

    There are no mirror images of clips of a published set, which has them among its own.

    Rare actions are drawn more often than their number: by the square root of how common the action is.
    """

    def __init__(self, med: MED, clips: Clips, *, trims: int = 0) -> None:
        chance = torch.Generator().manual_seed(0)
        copies = [
            [encode_all(med, clips, mirrored=mirrored, trim=chance if copy else None) for mirrored in clips.sides]
            for copy in range(1 + trims)
        ]
        self.motion, self.frames = (
            torch.stack([torch.cat([side[part] for side in sides]) for sides in copies]) for part in (0, 1)
        )  # (1 + trims, 2 clips, l, d), (1 + trims, 2 clips)
        self.records = clips.records
        kinds = ("captions", "mirrored_captions")[: len(clips.sides)]
        captions = [record[kind] for kind in kinds for record in clips.records]
        self.first = torch.tensor([0, *map(len, captions)]).cumsum(0)
        self.captions = [caption for group in captions for caption in group]
        counts = Counter(record["action"] for record in clips.records)
        weights = torch.tensor([counts[record["action"]] ** -0.5 for record in clips.records])
        self.weights = weights.repeat(len(kinds))

    def draw(self, size: int, chance: torch.Generator, weights: Float[Tensor, " clips"] | None = None) -> Draw:
        """Random clips, by other weights if asked, each in one of its copies and with one of its sentences."""
        rows = torch.multinomial(self.weights if weights is None else weights, size, replacement=True, generator=chance)
        texts = self.a_caption(rows, chance)
        return Draw(rows, torch.randint(len(self.motion), (size,), generator=chance), texts)

    def a_caption(self, rows: Int[Tensor, " b"], chance: torch.Generator) -> Int[Tensor, " b"]:
        """The place of one of the sentences about each of some clips or mirror images."""
        counts = self.first[rows + 1] - self.first[rows]
        return self.first[rows] + (torch.rand(len(rows), generator=chance) * counts).long()

    def sentences(self, share: float, chance: torch.Generator) -> tuple[list[int], list[str]]:
        """The place of a sentence about each clip and mirror image, and the sentences, a share of them as others may
        put it."""
        clips = torch.arange(len(self.first) - 1)
        rows = self.a_caption(clips, chance)
        return rows.tolist(), self.reworded(Draw(clips, torch.zeros_like(clips), rows), share, chance)

    def reworded(self, drawn: Draw, share: float, chance: torch.Generator) -> list[str]:
        """The sentences of a draw, a share of them as others may put it."""
        paraphrase = Paraphraser(seed=int(torch.randint(2**31, (), generator=chance)))
        other = torch.rand(len(drawn.captions), generator=chance) < share
        records = [self.records[row % len(self.records)] for row in drawn.clips.tolist()]
        captions = [self.captions[row] for row in drawn.captions]
        return [
            paraphrase(caption, record["action"], record["style"]) if reword else caption
            for caption, record, reword in zip(captions, records, other.tolist(), strict=True)
        ]


class Pairs(Motions):
    """Motions, and the latents of every sentence about them, as it is and, if their labels are known, reworded."""

    def __init__(
        self,
        med: MED,
        ted: TextAutoencoder,
        clips: Clips,
        *,
        trims: int = 0,
        rewordings: int = 0,
    ) -> None:
        super().__init__(med, clips, trims=trims)
        paraphrase, rewordings = Paraphraser(), rewordings if clips.form.labelled else 0
        labels = [(record["action"], record["style"]) for record in self.records] * len(clips.sides)
        counts = (self.first[1:] - self.first[:-1]).tolist()
        told = [label for label, count in zip(labels, counts, strict=True) for _ in range(count)]
        wordings = [
            self.captions,
            *(
                [paraphrase(caption, *label) for caption, label in zip(self.captions, told, strict=True)]
                for _ in range(rewordings)
            ),
        ]
        texts = encode_texts(ted, [text for wording in wordings for text in wording])
        self.text = texts.unflatten(0, (len(wordings), -1))  # (1 + rewordings, texts, k, d)

    def sample(self, size: int, chance: torch.Generator) -> PairBatch:
        """Random clips with a sentence about each, about half of them reworded."""
        drawn = self.draw(size, chance)
        reworded = torch.randint(1 - len(self.text), len(self.text), (size,), generator=chance).clamp(min=0)
        where = engine().device
        motion, frames = self.motion[drawn.copies, drawn.clips], self.frames[drawn.copies, drawn.clips]
        text, other = self.text[0, drawn.captions], self.text[reworded, drawn.captions]
        return PairBatch(motion.to(where), text.to(where), other.to(where), frames.to(where))


@torch.no_grad()
def encode_texts(ted: TextAutoencoder, texts: list[str], size: int = 256) -> Float[Tensor, "texts k d"]:
    """The standardised latents of sentences, on the CPU; each is encoded once, with others of like length."""
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    parts = [ted.encode(distinct[start : start + size]).float().cpu() for start in range(0, len(distinct), size)]
    rows = {text: row for row, text in enumerate(distinct)}
    return torch.cat(parts)[[rows[text] for text in texts]]
