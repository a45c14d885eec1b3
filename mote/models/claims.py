"""What a sentence claims and what a motion shows, told from latents: the action, the style, the sides, the pace; what
is measured, as steps, ways and turns are; and how long a motion lasts that a sentence tells of.  What was said by
somebody is told from its words as well.

By it a strange sentence is understood as the known captions that claim the same, a motion is told of as those that
claim what it shows (`Familiar.nearer`), and of several draws, of lengths that a sentence may mean, the one is kept that
shows what it claims (`mote.sampling.Choice`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mote.models.retrieval import Summary

Claims = Mapping[str, Float[Tensor, "n classes+1"]]
"""Of each kind, how probable each class is; the last is that nothing is claimed of it."""
ACTION = "action"
"""The kind of claim that a text hardly ever leaves out."""
UNLIKELY = 0.02
"""Probability that is added to every other: what is claimed and surely not shown costs its logarithm, and no more."""


@dataclass(frozen=True, kw_only=True)
class ClaimReaderConfig:
    """Sizes of what is read (tokens x numbers of each; `words` is the numbers of each word) and of the networks, the
    classes of each kind of claim, which of the kinds are `measured`, and the lengths in frames that are told apart.

    Raises:
        ValueError: the width does not divide into the heads, a kind has no classes or is measured and not there, every
            kind is measured, or the lengths do not rise.
    """

    motion: tuple[int, int]
    text: tuple[int, int]
    classes: Mapping[str, tuple[str, ...]]
    lengths: tuple[int, ...]
    words: int
    measured: tuple[str, ...] = ()
    width: int = 96
    layers: int = 2
    heads: int = 4
    hidden: int = 192
    word_hidden: int = 128
    dropout: float = 0.1
    text_dropout: float = 0.3

    def __post_init__(self) -> None:
        object.__setattr__(self, "motion", tuple(self.motion))  # JSON has lists
        object.__setattr__(self, "text", tuple(self.text))
        object.__setattr__(self, "lengths", tuple(self.lengths))
        object.__setattr__(self, "measured", tuple(self.measured))
        object.__setattr__(self, "classes", {kind: tuple(names) for kind, names in self.classes.items()})
        if self.width % self.heads:
            raise ValueError(f"the width {self.width} does not divide into {self.heads} heads")
        if not self.classes or not all(self.classes.values()):
            raise ValueError("every kind of claim needs classes, and there is one kind at least")
        if not set(self.measured) < set(self.classes):
            raise ValueError(f"not all of {', '.join(self.classes)} is measured, and nothing else: {self.measured}")
        if not self.lengths or any(one >= other for one, other in pairwise((0, *self.lengths))):
            raise ValueError(f"there is one length at least, and each is more than the one before: {self.lengths}")


class WordReader(nn.Module):
    """A reader of words by their rows of a table: of each, and of three in a row (Kim 2014, section 2).

    It knows less of a sentence than its meaning tells, and a strange word leads it astray by itself alone.
    """

    def __init__(self, config: ClaimReaderConfig) -> None:
        super().__init__()
        self.three = nn.Conv1d(config.words, config.word_hidden, 3, padding=1)
        self.one = nn.Linear(config.words, config.word_hidden)
        self.dropout = nn.Dropout(config.text_dropout)
        self.says = _heads(config, 2 * config.word_hidden)

    def forward(self, words: Float[Tensor, "b n w"]) -> dict[str, Float[Tensor, "b classes+1"]]:
        """Logits by kind; rows of nothing but zeros are no words."""
        found = torch.cat([self.three(words.mT).mT, self.one(words)], dim=-1).relu()  # (b, n, 2 hidden)
        read = self.dropout((found * words.any(dim=-1, keepdim=True)).amax(dim=1))  # (b, 2 hidden)
        return {kind: head(read) for kind, head in self.says.items()}


class ClaimReader(nn.Module):
    """A reader of motions' latents, one of meanings and one of words, each with a linear layer for every kind of
    claim."""

    def __init__(self, config: ClaimReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = Summary(
            *config.motion, width=config.width, layers=config.layers, heads=config.heads, dropout=config.dropout
        )
        self.text = nn.Sequential(
            nn.Flatten(1), nn.Linear(math.prod(config.text), config.hidden), nn.GELU(), nn.Dropout(config.text_dropout)
        )
        self.shows = _heads(config, 2 * config.width, nothing=0)
        self.says = _heads(config, config.hidden)
        self.words = WordReader(config)
        self.lasts = nn.Linear(config.hidden, len(config.lengths))

    def shown(self, latents: Float[Tensor, "b l d"]) -> dict[str, Float[Tensor, "b classes"]]:
        """Logits by kind of what standardised latents of motions show."""
        summary = self.motion(latents)  # (b, 2w)
        return {kind: head(summary) for kind, head in self.shows.items()}

    def said(self, meanings: Float[Tensor, "b k m"]) -> dict[str, Float[Tensor, "b classes+1"]]:
        """Logits by kind of what sentences claim, by their meanings; the last is that they claim nothing of it."""
        read = self.text(meanings)  # (b, hidden)
        return {kind: head(read) for kind, head in self.says.items()}

    def lasting(self, meanings: Float[Tensor, "b k m"]) -> Float[Tensor, "b lengths"]:
        """Logits of how long motions last that sentences tell of."""
        return self.lasts(self.text(meanings))

    @torch.no_grad()
    def frames(
        self, meanings: Float[Tensor, "b k m"], shares: Sequence[float] | Sequence[Sequence[float]]
    ) -> Int[Tensor, "b shares"]:
        """For each share, of all sentences or of each, the shortest length in frames that such a share of motions does
        not exceed."""
        up_to = self.lasting(meanings).float().softmax(dim=-1).cumsum(dim=-1)  # (b, lengths)
        shorter = (up_to[:, None] < up_to.new_tensor(shares)[..., None]).sum(dim=-1)  # (b, shares)
        lengths = torch.tensor(self.config.lengths, device=up_to.device)
        return lengths[shorter.clamp(max=len(lengths) - 1)]

    def claimed(self, meanings: Float[Tensor, "b k m"], *words: Float[Tensor, "b n w"]) -> Claims:
        """What sentences claim by their meanings, and by their words, which may be put in several ways: a product of
        experts (Hinton 2002), since few of them are wrong about the same."""
        experts = [self.said(meanings), *map(self.words, words)]
        return {
            kind: torch.stack([_log_softmax(logits[kind]) for logits in experts]).sum(dim=0).softmax(dim=-1)
            for kind in self.config.classes
        }

    def meant(self, meanings: Float[Tensor, "b k m"]) -> Claims:
        """What sentences that nobody said claim by their meanings, which tell little of what is measured: not that."""
        claims = self.claimed(meanings)
        return {kind: each for kind, each in claims.items() if kind not in self.config.measured}

    def kept(self, latents: Float[Tensor, "b l d"], claims: Claims) -> Float[Tensor, " b"]:
        """How probable it is that each motion shows what its sentence claims: the logarithm, of all kinds together."""
        return Among(self, claims).shown(latents).diagonal()

    @torch.no_grad()
    def among(self, meanings: Float[Tensor, "n k m"]) -> Among:
        """Some sentences, to find among them what claims the same as another, or what a motion shows."""
        return Among(self, self.claimed(meanings))


@dataclass(frozen=True)
class Among:
    """Some sentences by what they claim, for a reader on whatever device."""

    reader: ClaimReader
    claims: Claims

    def alike(self, said: Claims) -> Float[Tensor, "b n"]:
        """How probable it is that others claim what each sentence does: the logarithm, of all kinds together but for
        what is measured. Few sentences name the same numbers, and a sentence is not understood by those alone."""
        measured = self.reader.config.measured
        same = [said[kind] @ each.T.to(said[kind]) for kind, each in self.claims.items() if kind not in measured]
        return _logarithm(torch.stack(same)).sum(dim=0)

    def shown(self, latents: Float[Tensor, "b l d"]) -> Float[Tensor, "b n"]:
        """How probable it is that each motion shows what each sentence claims, likewise."""
        seen = {kind: _log_softmax(logits).exp() for kind, logits in self.reader.shown(latents).items()}
        claims = {kind: each.to(latents.device) for kind, each in self.claims.items()}
        shown = [seen[kind] @ each[:, :-1].T + each[:, -1] for kind, each in claims.items()]
        return _logarithm(torch.stack(shown)).sum(dim=0)


def _heads(config: ClaimReaderConfig, width: int, *, nothing: int = 1) -> nn.ModuleDict:
    """A linear layer for every kind of claim, with a class more for nothing where asked."""
    return nn.ModuleDict({kind: nn.Linear(width, len(names) + nothing) for kind, names in config.classes.items()})


def _log_softmax(logits: Tensor) -> Tensor:
    return logits.float().log_softmax(dim=-1)


def _logarithm(probabilities: Tensor) -> Tensor:
    return ((probabilities + UNLIKELY) / (1 + UNLIKELY)).log()
