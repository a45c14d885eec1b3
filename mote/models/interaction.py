"""The three ways in which motion and text tokens meet in a block of MTDM (MoTe, arXiv 2411.19786, section III-D), and
none, which they are compared with.

Each module has the same contract: both sides' tokens and conditions in, both sides' tokens out. All changes are gated,
with gates zero at the start (adaLN-Zero; DiT, section 3.2).
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mote.models.layers import Attention, Mlp, Modulation, modulate

Interaction = Literal["in-context", "cross-attention", "adaln", "none"]


class InteractionModule(nn.Module):
    """What the three modules share: a plain norm, and shift, scale and gate for each side."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.motion_table = nn.Parameter(torch.zeros(3, width))
        self.text_table = nn.Parameter(torch.zeros(3, width))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        motion: Float[Tensor, "b l width"],
        text: Float[Tensor, "b k width"],
        motion_condition: Float[Tensor, "b 3 width"],
        text_condition: Float[Tensor, "b 3 width"],
    ) -> tuple[Float[Tensor, "b l width"], Float[Tensor, "b k width"]]:
        """Both sides after they have looked at each other."""
        normal_motion, normal_text = self.norm(motion), self.norm(text)  # (b, l, w), (b, k, w)
        motion_condition, text_condition = self.conditions(normal_motion, normal_text, motion_condition, text_condition)
        shift, scale, motion_gate = (motion_condition + self.motion_table)[:, :, None].unbind(1)  # 3 x (b, 1, w)
        normal_motion = modulate(normal_motion, shift, scale)  # (b, l, w)
        shift, scale, text_gate = (text_condition + self.text_table)[:, :, None].unbind(1)  # 3 x (b, 1, w)
        normal_text = modulate(normal_text, shift, scale)  # (b, k, w)
        new_motion, new_text = self.mix(normal_motion, normal_text)  # (b, l, w), (b, k, w)
        return motion + motion_gate * self.dropout(new_motion), text + text_gate * self.dropout(new_text)

    def conditions(
        self, motion: Tensor, text: Tensor, motion_condition: Tensor, text_condition: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What modulates motion and text, 2 x (b, 3, w): each side's own condition, unless a module adds to it."""
        return motion_condition, text_condition

    def mix(self, motion: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        """What is added to motion (b, l, w) and to text (b, k, w)."""
        raise NotImplementedError


class InContext(InteractionModule):
    """Both token sets, joined into one, attend together."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.attention = Attention(width, heads, dropout=dropout)

    def mix(self, motion: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        mixed = self.attention(torch.cat([motion, text], dim=1))  # (b, l + k, w)
        return mixed[:, : motion.shape[1]], mixed[:, motion.shape[1] :]


class Apart(InContext):
    """Each side attends to itself: as large as `InContext`, but neither side ever sees the other."""

    def mix(self, motion: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        return self.attention(motion), self.attention(text)


class CrossAttention(InteractionModule):
    """Each side attends to the other."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.to_text = Attention(width, heads, dropout=dropout)
        self.to_motion = Attention(width, heads, dropout=dropout)

    def mix(self, motion: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        return self.to_text(motion, memory=text), self.to_motion(text, memory=motion)


class AdaLN(InteractionModule):
    """Each side is modulated by the mean of the other side's tokens and by its own condition."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.from_text = Modulation(width, 3)
        self.from_motion = Modulation(width, 3)
        self.motion_mlp = Mlp(width, 1, dropout=dropout)
        self.text_mlp = Mlp(width, 1, dropout=dropout)

    def conditions(
        self, motion: Tensor, text: Tensor, motion_condition: Tensor, text_condition: Tensor
    ) -> tuple[Tensor, Tensor]:
        return (
            motion_condition + self.from_text(text.mean(dim=1)),  # (b, 3, w)
            text_condition + self.from_motion(motion.mean(dim=1)),  # (b, 3, w)
        )

    def mix(self, motion: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        return self.motion_mlp(motion), self.text_mlp(text)


INTERACTIONS: dict[Interaction, type[InContext] | type[CrossAttention] | type[AdaLN]] = {
    "in-context": InContext,
    "cross-attention": CrossAttention,
    "adaln": AdaLN,
    "none": Apart,
}
