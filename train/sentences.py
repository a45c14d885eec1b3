"""The sentences that TED learns from, in batches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mote.models.ted import TED
from mote.models.text_autoencoder import TextAutoencoder
from train.prepare import text
from train.teacher import MEANING, embed_cached

if TYPE_CHECKING:
    from train.ted import TEDTraining

IGNORED = -100
"""What pads tokens in a batch: no token of any vocabulary, and cross-entropy leaves it out."""


@dataclass(frozen=True)
class Batch:
    """Sentences to read, the first of them to be written back, padded with IGNORED; the teacher's embeddings, NaN if
    unknown."""

    ids: Tensor
    written: Tensor
    meaning: Tensor


class Sentences:
    """Sentences with their tokens and the teacher's embeddings, drawn in batches of about one length."""

    def __init__(self, ted: TextAutoencoder, texts: Sequence[str], meaning: Tensor, weights: Sequence[int]) -> None:
        self.ids = ted.reading(list(texts))
        self.meaning = meaning
        order = [index for index, count in enumerate(weights) for _ in range(count)]
        self.order = torch.tensor(sorted(order, key=lambda index: len(self.ids[index])))

    def draw(self, count: int, generator: torch.Generator) -> list[int]:
        """Indices of `count` sentences out of a random window of eight times as many of like length."""
        window = min(8 * count, len(self.order))
        start = int(torch.randint(len(self.order) - window + 1, (), generator=generator))
        chosen = torch.randint(window, (count,), generator=generator)
        return self.order[start + chosen].tolist()


def to_be_written(ted: TextAutoencoder, rows: Sequence[Tensor]) -> Tensor:
    """Tokens of sentences with the end behind them, `max_words` at most, padded with IGNORED to (c, n)."""
    ended = [F.pad(row, (0, 1), value=ted.end)[: ted.config.max_words] for row in rows]
    return pad_sequence(ended, batch_first=True, padding_value=IGNORED)


class Batches:
    """Batches for TED: captions and captions with strange words to be written back, and sentences with any word of
    the vocabulary to be read.

    A grammar made our own captions, so the teacher is asked about the human ones alone; its answers are kept in the
    folder. Without one, for a decoder alone, nothing is asked and no sentence is only read.
    """

    def __init__(
        self, ted: TextAutoencoder, human: Sequence[str], own: Sequence[str], folder: Path | None, config: TEDTraining
    ) -> None:
        chooser = random.Random(config.seed)
        vocabulary = ted.tokenizer.get_vocab() if isinstance(ted, TED) else ()
        words = sorted(word for word in vocabulary if word.isalpha())
        heard = text.substitute(human, words, chooser) if folder else []
        captions = [*human, *own]
        strange = sorted(text.count_words(captions)) * config.spelled + words
        once = text.substitute(captions, strange, chooser)
        spelled = once + text.substitute(once, strange, chooser)
        others = [*human, *spelled]
        repeats = config.own / (1 - config.own) * len(others) / max(1, len(own))
        weights = [1] * len(others) + [max(1, round(repeats))] * len(own)
        meaning = torch.full((len(others) + len(own), MEANING), torch.nan)
        if folder:
            meaning[: len(human)] = embed_cached(human, folder / "teacher")
        self.written = Sentences(ted, [*others, *own], meaning, weights)
        self.heard = (
            Sentences(ted, heard, embed_cached(heard, folder / "teacher"), [1] * len(heard)) if folder else None
        )
        self.targets = ted.writing([*others, *own])
        self.ted, self.config = ted, config

    def __call__(self, step: int, generator: torch.Generator) -> Batch:
        """The batch of a step; what is in it depends on the generator alone."""
        written = self.written.draw(self.config.batch, generator)
        rows, meaning = [self.written.ids[row] for row in written], self.written.meaning[written]  # (c, 384)
        targets = to_be_written(self.ted, [self.targets[row] for row in written])  # (c, n)
        if self.heard:
            heard = self.heard.draw(self.config.heard, generator)
            rows += [self.heard.ids[row] for row in heard]
            meaning = torch.cat([meaning, self.heard.meaning[heard]])  # (b, 384)
        ids = pad_sequence(rows, batch_first=True, padding_value=IGNORED)  # (b, n)
        return Batch(*(part.to(self.ted.latent_mean.device) for part in (ids, targets, meaning)))
