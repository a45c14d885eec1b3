"""MTDM, the motion-text diffusion model (MoTe, arXiv 2411.19786, section III-D): one denoiser over two latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mote.diffusion import Betas, Prediction, Schedule
from mote.models.interaction import INTERACTIONS, Interaction
from mote.models.layers import Block, Modulation, modulate, sinusoid


@dataclass(frozen=True, kw_only=True)
class MTDMConfig:
    """Shapes of the two latents, the size of the network, and the diffusion that it is trained for.

    Raises:
        ValueError: a value makes no network; the sentence names it.
    """

    motion_tokens: int
    motion_dim: int
    text_tokens: int
    text_dim: int
    width: int = 256
    layers: int = 6
    heads: int = 4
    ratio: float = 4.0
    interaction: Interaction = "in-context"
    dropout: float = 0.0
    max_frames: int = 196
    train_steps: int = 1000
    betas: Betas = "cosine"
    prediction: Prediction = "v"

    def __post_init__(self) -> None:
        sizes = ("motion_tokens", "motion_dim", "text_tokens", "text_dim", "width", "layers", "heads", "max_frames")
        for name in sizes:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)}")
        if self.width % 2 or self.width % self.heads:
            raise ValueError(f"width is even and a multiple of heads; {self.width} with {self.heads} heads is not")
        if self.interaction not in INTERACTIONS:
            raise ValueError(f"interaction is one of {', '.join(get_args(Interaction))}, not {self.interaction!r}")
        if self.ratio <= 0:
            raise ValueError(f"ratio, the width of an MLP over that of the tokens, is positive, not {self.ratio}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is at least 0 and below 1, not {self.dropout}")
        _ = self.schedule  # checks the last three

    @property
    def schedule(self) -> Schedule:
        """The noise schedule that the network is trained on and sampled with."""
        return Schedule(train_steps=self.train_steps, betas=self.betas, prediction=self.prediction)


MODULATIONS = 11
"""Vectors that modulate a side: 6 for its transformer layers, 3 for the interactions, 2 for the last norm."""


class DPD(nn.Module):
    """One block of MTDM: a transformer layer a side, then an interaction."""

    def __init__(self, config: MTDMConfig) -> None:
        super().__init__()
        self.motion = Block(config.width, config.heads, ratio=config.ratio, dropout=config.dropout, modulated=True)
        self.text = Block(config.width, config.heads, ratio=config.ratio, dropout=config.dropout, modulated=True)
        self.interaction = INTERACTIONS[config.interaction](config.width, config.heads, config.dropout)

    def forward(
        self, motion: Tensor, text: Tensor, motion_condition: Tensor, text_condition: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Both sides; where there are fewer texts than motions, each is for as many of these in a row."""
        motion = self.motion(motion, condition=motion_condition[:, :6])  # (b, l, w)
        text = self.text(text, condition=text_condition[:, :6])  # (texts, k, w)
        text, text_condition = (
            each.repeat_interleave(len(motion) // len(each), dim=0) for each in (text, text_condition)
        )
        return self.interaction(motion, text, motion_condition[:, 6:9], text_condition[:, 6:9])


class Head(nn.Module):
    """The last norm, modulated, and a linear layer that is zero at the start (DiT, section 3.2)."""

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.linear = nn.Linear(width, dim)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        shift, scale = condition[:, 9:, None].unbind(1)  # 2 x (b, 1, w)
        return self.linear(modulate(self.norm(tokens), shift, scale))  # (b, n, dim)


class MTDM(nn.Module):
    """Predicts the noise, the clean latent or v of both sides at once (`config.prediction`)."""

    def __init__(self, config: MTDMConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.motion_in = nn.Linear(config.motion_dim, width)
        self.text_in = nn.Linear(config.text_dim, width)
        self.motion_position = nn.Parameter(torch.randn(config.motion_tokens, width) * 0.02)
        self.text_position = nn.Parameter(torch.randn(config.text_tokens, width) * 0.02)
        self.motion_time = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, width))
        self.text_time = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, width))
        self.length = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.unknown_length = nn.Parameter(torch.zeros(width))
        self.motion_modulation = Modulation(width, MODULATIONS)
        self.text_modulation = Modulation(width, MODULATIONS)
        self.blocks = nn.ModuleList(DPD(config) for _ in range(config.layers))
        self.motion_head = Head(width, config.motion_dim)
        self.text_head = Head(width, config.text_dim)

    def forward(
        self,
        motion: Float[Tensor, "b l dm"],
        text: Float[Tensor, "b k dt"],
        motion_time: Int[Tensor, " b"],
        text_time: Int[Tensor, " b"],
        frames: Int[Tensor, " b"],
    ) -> tuple[Float[Tensor, "b l dm"], Float[Tensor, "b k dt"]]:
        """The prediction for both noisy latents.

        Args:
            motion_time, text_time: each side's time, from 0 (clean) to `train_steps` (pure noise).
            frames: length of the motion; 0 = unknown, and more than `max_frames` counts as `max_frames`.
        """
        return self.denoise(motion, text, *self.conditions(motion_time, text_time, frames))

    def denoise(
        self,
        motion: Float[Tensor, "b l dm"],
        text: Float[Tensor, "texts k dt"],
        motion_condition: Float[Tensor, "b 11 w"],
        text_condition: Float[Tensor, "texts 11 w"],
    ) -> tuple[Float[Tensor, "b l dm"], Float[Tensor, "b k dt"]]:
        """The same, told by `conditions` what the times and the lengths are.

        There may be fewer texts, each for as many motions in a row: they are read once until they meet the motions.
        """
        motion = self.motion_in(motion) + self.motion_position  # (b, l, w)
        text = self.text_in(text) + self.text_position  # (texts, k, w)
        for block in self.blocks:
            motion, text = block(motion, text, motion_condition, text_condition)  # (b, l, w), (b, k, w)
            text_condition = text_condition.repeat_interleave(len(text) // len(text_condition), dim=0)
        return self.motion_head(motion, motion_condition), self.text_head(text, text_condition)

    def conditions(
        self, motion_time: Int[Tensor, " b"], text_time: Int[Tensor, " b"], frames: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b 11 w"], Float[Tensor, "b 11 w"]]:
        """What modulates each side: its own and the other's time; for motion also the length."""
        config = self.config
        times = torch.stack([motion_time, text_time]) * (1000 / config.train_steps)  # (2, b)
        own = sinusoid(times, config.width)  # (2, b, w)
        both = torch.cat([own, own.flip(0)], dim=-1).to(self.unknown_length.dtype)  # (2, b, 2w)
        length = sinusoid(frames.clamp(max=config.max_frames), config.width).to(both.dtype)  # (b, w)
        length = torch.where(frames[:, None] > 0, self.length(length), self.unknown_length)  # (b, w)
        motion_condition, text_condition = self.motion_time(both[0]) + length, self.text_time(both[1])  # 2 x (b, w)
        return self.motion_modulation(motion_condition), self.text_modulation(text_condition)
