"""How far a sentence is from those that the model was trained on, and what those nearest to it mean."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from mote.sides import named_sides

QUANTILE = 0.95
"""The share of validation's captions that count as familiar."""
NEIGHBOURS = 8
"""Captions that a sentence is understood by."""
NEAR, FAR = 0.1, 0.3
"""One minus the cosine to the nearest caption: up to the first a meaning stays, from the second on it goes the whole
way."""
NEARNESS = 0.05
"""How much farther, in cosines, a caption counts e times less."""
CLAIMED = 2.0
"""The power of the probability that a caption claims the same, beside its nearness."""


class Familiar(nn.Module):
    """The subspace in which the meanings of training's captions lie, all but a little of them.

    What is said of other things lies beside it: of a sentence that nobody said, the share outside is large, whatever
    its words.  The nearest caption tells less: all short sentences are near one.

    Some of the captions are known by their places in the subspace, so that a sentence in unseen words can be taken to
    mean a little more of what its nearest neighbours do (a kernel regression, Nadaraya 1964).
    """

    mean: Tensor
    axes: Tensor
    limit: Tensor
    known: Tensor
    scale: Tensor
    sides: Tensor

    def __init__(self, size: int, axes: int, known: int = 0) -> None:
        super().__init__()
        self.register_buffer("known", torch.zeros(known, axes, dtype=torch.int8))  # in steps of `scale`
        self.register_buffer("scale", torch.ones(axes))
        self.register_buffer("sides", torch.zeros(known, dtype=torch.uint8))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("axes", torch.eye(size)[:axes].contiguous())
        self.register_buffer("limit", torch.ones(()))

    def forward(self, meanings: Float[Tensor, "b size"]) -> Float[Tensor, " b"]:
        """The share of each meaning outside of the subspace, over the limit: above 1 it is strange."""
        centred = meanings.float() - self.mean
        inside = centred @ self.axes.T  # (b, axes)
        outside = (centred.square().sum(dim=-1) - inside.square().sum(dim=-1)).clamp(min=0).sqrt()
        return outside / centred.norm(dim=-1).clamp(min=1e-6) / self.limit

    def nearer(
        self,
        meanings: Float[Tensor, "b size"],
        share: float,
        *,
        texts: Sequence[str] | None = None,
        alike: Float[Tensor, "b known"] | None = None,
    ) -> Float[Tensor, "b size"]:
        """Meanings that went such a share of the way to those of the nearest known captions.

        Args:
            texts: what has these meanings, where somebody said it. One that is as good as known stays then, and one
                that is nearly so goes less far (`NEAR`, `FAR`). Only captions that name the same sides count, since
                left and right lie near each other; where there are none, the meaning stays.
            alike: logarithms of the probabilities that each meaning claims what each caption does, or that its motion
                shows that, by which a caption counts as well (`mote.models.claims.Among`).
        """
        places, known = (meanings - self.mean) @ self.axes.T, self.known * self.scale  # (b, axes), (known, axes)
        likeness = normalize(places, dim=-1) @ normalize(known, dim=-1).T  # (b, known)
        if texts is not None:
            sides = self.sides.new_tensor([named_sides(text) for text in texts])
            likeness = likeness.masked_fill(sides[:, None] != self.sides, -torch.inf)
        scores = likeness / NEARNESS if alike is None else likeness / NEARNESS + CLAIMED * alike
        nearest = scores.topk(min(NEIGHBOURS, len(known)), dim=-1)
        weights = nearest.values.softmax(dim=-1).nan_to_num()  # (b, neighbours); 0 where there are none
        near = (weights[..., None] * known[nearest.indices]).sum(dim=1) @ self.axes + self.mean  # (b, size)
        reach = weights.sum(dim=-1, keepdim=True)  # (b, 1)
        if texts is not None:
            away = (1 - likeness.gather(1, nearest.indices[:, :1]) - NEAR) / (FAR - NEAR)
            reach = reach * away.clamp(min=0, max=1)
        return torch.lerp(meanings, near, share * reach)

    def known_meanings(self) -> Float[Tensor, "known size"]:
        """What the known captions mean, as far as it lies in the subspace."""
        return (self.known * self.scale) @ self.axes + self.mean

    @torch.no_grad()
    def know(self, meanings: Float[Tensor, "n size"], texts: Sequence[str]) -> None:
        """Know such captions, by their meanings, in place of those known before; after `fit`."""
        places = (meanings - self.mean) @ self.axes.T
        self.scale = (places.abs().amax(dim=0) / 127).clamp(min=1e-6)
        self.known = (places / self.scale).round().to(torch.int8)
        self.sides = self.sides.new_tensor([named_sides(text) for text in texts])

    @torch.no_grad()
    def fit(self, training: Float[Tensor, "n size"], validation: Float[Tensor, "m size"]) -> None:
        """Set the subspace to training's principal components, and the limit so that QUANTILE of validation is below.

        Training needs more meanings than there are components.
        """
        self.mean.copy_(training.mean(dim=0))
        centred = (training - self.mean).double()
        vectors = torch.linalg.eigh(centred.T @ centred).eigenvectors  # (size, size), the last is the greatest
        self.axes.copy_(vectors.T.flip(0)[: len(self.axes)])
        self.limit.fill_(1)
        self.limit.copy_(self(validation).quantile(QUANTILE).clamp(min=1e-6))
