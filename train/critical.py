"""Minimum risk training of TED's decoder (Shen et al. 2016): of the sentences that beam search finds for a latent,
those that agree better with what is said of the clip, by CIDEr, become likelier than the others.

Likelihood asks for every word of one sentence; a caption is measured by what most of them say.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pycocoevalcap.cider.cider import Cider
from torch import Tensor

from mote.models.text_autoencoder import TextAutoencoder
from train.metrics_text import tokens


def risk(
    ted: TextAutoencoder, latents: Float[Tensor, "b k d"], references: Sequence[Sequence[str]]
) -> tuple[Tensor, float]:
    """How badly the sentences of latents of `read` agree with some references each: minus the mean CIDEr of all that
    beam search finds, as likely as each is among them; and the mean CIDEr of the likeliest."""
    count = ted.config.beams
    ids = ted.search(latents, count)  # (b count, n)
    told = [own for own in references for _ in range(count)]
    agreed = agreement(ted.spoken(ids), told).view(-1, count).to(latents)
    rows, places = ids.unique(return_inverse=True)
    logits = ted.write(latents.repeat_interleave(count, dim=0), ids, rows)
    each = logits.log_softmax(dim=-1).gather(-1, places[..., None])[..., 0]  # (b count, n)
    there = F.pad((ids == ted.end).cumsum(dim=1), (1, -1)) == 0  # up to the end, and it
    likely = (each * there).sum(dim=1).view(-1, count).softmax(dim=1)
    return -(likely * agreed).sum(dim=1).mean(), agreed[:, 0].mean().item()


def agreement(sentences: Sequence[str], references: Sequence[Sequence[str]]) -> Float[Tensor, " n"]:
    """CIDEr of each of some sentences beside its own references, by how rare words are in these."""
    wanted = {row: [" ".join(tokens(text)) for text in texts] for row, texts in enumerate(references)}
    got = {row: [" ".join(tokens(text))] for row, text in enumerate(sentences)}
    _, scores = Cider().compute_score(wanted, got)
    return torch.from_numpy(scores).float()
