"""Transformer pieces that MED, TED and MTDM share.

A mask is bool (b, tokens), True = valid. A masked token is never attended to, so padding cannot change a valid token;
what comes out at the padded places themselves means nothing. Every row of a mask needs one valid token.
"""

from __future__ import annotations

import math

import torch
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, scaled_dot_product_attention, silu


def sinusoid(positions: Float[Tensor, " *n"] | Int[Tensor, " *n"], dim: int) -> Float[Tensor, "*n dim"]:
    """Cosines and sines of positions (frames or times) at dim / 2 frequencies from 1 to 1/10,000 (Vaswani et al., 3.5).

    Raises:
        ValueError: dim is odd.
    """
    if dim % 2:
        raise ValueError(f"a sinusoid has as many cosines as sines, so dim is even, not {dim}")
    steps = torch.arange(dim // 2, device=positions.device, dtype=torch.float32)
    angles = positions.float()[..., None] * torch.exp(steps * (-math.log(10_000) / (dim // 2)))
    return torch.cat([angles.cos(), angles.sin()], dim=-1)  # (*n, dim)


class Attention(nn.Module):
    """Multi-head attention of tokens to themselves, or to a memory; one fused matrix makes query, key and value."""

    def __init__(self, width: int, heads: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"the width {width} does not divide into {heads} heads")
        self.width, self.heads, self.dropout = width, heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        tokens: Float[Tensor, "b n width"],
        mask: Bool[Tensor, "b m"] | None = None,
        memory: Float[Tensor, "b m width"] | None = None,
    ) -> Float[Tensor, "b n width"]:
        """The attended tokens; mask marks the valid keys, which are the memory where there is one, else the tokens."""
        if memory is None:
            query, key, value = self.qkv(tokens).chunk(3, dim=-1)  # 3 x (b, n, w)
        else:
            weight, bias = self.qkv.weight, self.qkv.bias
            query = linear(tokens, weight[: self.width], bias[: self.width])  # (b, n, w)
            key, value = linear(memory, weight[self.width :], bias[self.width :]).chunk(2, dim=-1)  # 2 x (b, m, w)
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (query, key, value)
        )  # 3 x (b, h, n or m, d)
        valid = None if mask is None else mask[:, None, None, :]  # (b, 1, 1, m)
        dropout = self.dropout if self.training else 0.0
        attended = scaled_dot_product_attention(query, key, value, attn_mask=valid, dropout_p=dropout)
        return self.out(attended.transpose(1, 2).flatten(2))  # (b, n, w)


class Mlp(nn.Module):
    """Two linear layers around a GELU; gated: SwiGLU (Shazeer 2020) with about the same number of parameters."""

    def __init__(self, width: int, ratio: float = 4.0, *, dropout: float = 0.0, gated: bool = False) -> None:
        super().__init__()
        hidden = round(ratio * width * (2 / 3 if gated else 1) / 8) * 8
        self.gated = gated
        self.inner = nn.Linear(width, hidden * (2 if gated else 1))
        self.dropout = nn.Dropout(dropout)
        self.outer = nn.Linear(hidden, width)

    def forward(self, tokens: Float[Tensor, "*n width"]) -> Float[Tensor, "*n width"]:
        hidden = self.inner(tokens)  # (*n, hidden) or (*n, 2 hidden)
        if self.gated:
            gate, hidden = hidden.chunk(2, dim=-1)  # 2 x (*n, hidden)
            hidden = silu(gate) * hidden
        else:
            hidden = gelu(hidden)
        return self.outer(self.dropout(hidden))  # (*n, w)


class Modulation(nn.Module):
    """Shifts, scales and gates for a whole stack of blocks from one condition, all zero at the start.

    DiT's adaLN-Zero (section 3.2) in PixArt-alpha's shape (adaLN-single, section 2.3): the one linear layer is shared,
    and each block adds a learned table to what it makes. A matrix for each block would be a third of the network.
    """

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.count = count
        self.linear = nn.Linear(width, count * width)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, condition: Float[Tensor, "b width"]) -> Float[Tensor, "b count width"]:
        return rearrange(self.linear(silu(condition)), "b (count w) -> b count w", count=self.count)  # (b, count, w)


def modulate(
    tokens: Float[Tensor, "b n width"], shift: Float[Tensor, "b 1 width"], scale: Float[Tensor, "b 1 width"]
) -> Float[Tensor, "b n width"]:
    """Normalised tokens scaled by 1 + scale, then shifted (DiT, section 3.2)."""
    return torch.addcmul(shift, tokens, 1 + scale)  # (b, n, w)


class Block(nn.Module):
    """A pre-norm transformer layer: self-attention, cross-attention where asked, MLP.

    Args:
        cross: add cross-attention to a memory; forward then needs one.
        modulated: a condition shifts and scales each normalised input and gates each result; forward then needs one
            from a `Modulation` of `3 * parts` vectors, where parts is 2, or 3 with cross-attention.
        gated: SwiGLU in place of GELU.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        ratio: float = 4.0,
        dropout: float = 0.0,
        cross: bool = False,
        modulated: bool = False,
        gated: bool = False,
    ) -> None:
        super().__init__()
        parts = 3 if cross else 2
        self.attention = Attention(width, heads, dropout=dropout)
        self.cross = Attention(width, heads, dropout=dropout) if cross else None
        self.mlp = Mlp(width, ratio, dropout=dropout, gated=gated)
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=not modulated) for _ in range(parts))
        self.dropout = nn.Dropout(dropout)
        self.table = nn.Parameter(torch.zeros(3 * parts, width)) if modulated else None

    def forward(
        self,
        tokens: Float[Tensor, "b n width"],
        mask: Bool[Tensor, "b n"] | None = None,
        *,
        memory: Float[Tensor, "b m width"] | None = None,
        memory_mask: Bool[Tensor, "b m"] | None = None,
        condition: Float[Tensor, "b count width"] | None = None,
    ) -> Float[Tensor, "b n width"]:
        """The tokens after the layer.

        Raises:
            ValueError: a memory or a condition is missing, or given to a block that takes none.
        """
        if (self.cross is None) != (memory is None) or (self.table is None) != (condition is None):
            raise ValueError("a block takes a memory if made with cross=True, a condition if made with modulated=True")
        changes: tuple[Tensor, ...] = ()
        if self.table is not None and condition is not None:
            changes = (condition + self.table)[:, :, None].unbind(1)  # count x (b, 1, w)

        def norm(part: int) -> Tensor:
            normal = self.norms[part](tokens)
            return modulate(normal, *changes[3 * part : 3 * part + 2]) if changes else normal

        def gate(part: int, result: Tensor) -> Tensor:
            result = self.dropout(result)
            return result * changes[3 * part + 2] if changes else result

        tokens = tokens + gate(0, self.attention(norm(0), mask))  # (b, n, w)
        if self.cross is not None:
            tokens = tokens + gate(1, self.cross(norm(1), memory_mask, memory))  # (b, n, w)
        last = len(self.norms) - 1
        return tokens + gate(last, self.mlp(norm(last)))  # (b, n, w)
