"""A second reader of motions, by which `train.prefer` tells which of the denoiser's own draws do what was asked.

It never judges in `train.evaluate`.  So that it shares little with the evaluator, which does, it is built in another
way: recurrent over joints alone, without their velocities, under more noise and from another seed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mote.models.med import frame_mask
from mote.motion.features import LAYOUT
from train import evaluator
from train.evaluator import STRIDE, Classifier, EvaluatorConfig, EvaluatorTraining
from train.loop import FitConfig

GLANCES = 4
"""Places of a clip that are looked at together."""
FITTING = FitConfig(lr=2e-3, steps=4000, warmup=50, weight_decay=0.03, ema=0.99, seed=7, validate_every=500)


class Verifier(Classifier):
    """A recurrent network over time (GRU, Cho et al. 2014), pooled by attention."""

    looks_at = (LAYOUT.turn, LAYOUT.velocity, LAYOUT.height, LAYOUT.positions)

    def __init__(self, config: EvaluatorConfig) -> None:
        width = config.width
        super().__init__(config, GLANCES * 2 * width)
        self.into = nn.Linear(STRIDE * self.columns(), width)
        self.norm = nn.LayerNorm(width)
        self.states = nn.GRU(width, width, 2, batch_first=True, bidirectional=True, dropout=config.dropout)
        self.glances = nn.Linear(2 * width, GLANCES)

    def pooled(self, normal: Float[Tensor, "b frames columns"], tokens: Int[Tensor, " b"]) -> Float[Tensor, "b pooled"]:
        """What is seen at a few places."""
        whole = F.pad(normal, (0, 0, 0, -normal.shape[1] % STRIDE)).unflatten(1, (-1, STRIDE)).flatten(2)
        read = F.gelu(self.norm(self.into(whole)))  # (b, n, width)
        packed = nn.utils.rnn.pack_padded_sequence(read, tokens.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.states(packed)[0], batch_first=True, total_length=read.shape[1]
        )  # (b, n, 2 width)
        beyond = ~frame_mask(tokens, states.shape[1])[..., None]
        share = self.glances(states).masked_fill(beyond, -torch.inf).softmax(dim=1)  # (b, n, glances)
        return torch.einsum("bng,bnd->bgd", share, states).flatten(1)


def train(prepared: Path, out: Path, fitting: FitConfig = FITTING) -> Verifier:
    """Fit a verifier on the training split and save it to `out`."""
    training = replace(EvaluatorTraining(), noise=0.4)
    return evaluator.train(prepared, out, training, fitting, Verifier).requires_grad_(False)
