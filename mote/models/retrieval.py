"""Motions and sentences in one space, in which those that belong together lie together (TMR, Petrovich et al. 2023).

It reads latents: a motion's as MED makes it, and the meaning that TED gives a sentence. So a motion that was just made
is compared with its prompt before anything is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from mote.models.layers import Block


@dataclass(frozen=True, kw_only=True)
class RetrievalConfig:
    """Sizes of what is read (tokens x numbers of each), of the network, and of the space.

    Raises:
        ValueError: the width does not divide into the heads.
    """

    motion: tuple[int, int]
    text: tuple[int, int]
    width: int = 96
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    space: int = 128

    def __post_init__(self) -> None:
        object.__setattr__(self, "motion", tuple(self.motion))  # JSON has lists
        object.__setattr__(self, "text", tuple(self.text))
        if self.width % self.heads:
            raise ValueError(f"the width {self.width} does not divide into {self.heads} heads")


class Summary(nn.Module):
    """Transformer layers over a latent's tokens, and the mean and the largest of what comes out: one vector of 2w."""

    def __init__(self, tokens: int, dim: int, *, width: int, layers: int = 2, heads: int = 4, dropout: float) -> None:
        super().__init__()
        self.into = nn.Linear(dim, width)
        self.place = nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, heads, dropout=dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(2 * width)

    def forward(self, latents: Float[Tensor, "b n d"]) -> Float[Tensor, "b 2w"]:
        tokens = self.into(latents) + self.place  # (b, n, w)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(torch.cat([tokens.mean(dim=1), tokens.amax(dim=1)], dim=-1))  # (b, 2w)


class Retrieval(nn.Module):
    """Both sides' way into the space; places are of unit length, so that their product is a cosine."""

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__()
        self.config = config
        self.motion, self.text = (
            Summary(*size, width=config.width, layers=config.layers, heads=config.heads, dropout=config.dropout)
            for size in (config.motion, config.text)
        )
        self.motion_out = nn.Linear(2 * config.width, config.space)
        self.text_out = nn.Linear(2 * config.width, config.space)
        self.sharpness = nn.Parameter(torch.tensor(2.3))
        """Logarithm of what cosines are multiplied by where they are compared (CLIP, section 2.3)."""

    def place_motions(self, latents: Float[Tensor, "b l d"]) -> Float[Tensor, "b space"]:
        """Places of standardised motion latents."""
        return F.normalize(self.motion_out(self.motion(latents)), dim=-1)

    def place_texts(self, meanings: Float[Tensor, "b k m"]) -> Float[Tensor, "b space"]:
        """Places of meanings, the first part that `TextAutoencoder.parts` makes of a latent."""
        return F.normalize(self.text_out(self.text(meanings)), dim=-1)
