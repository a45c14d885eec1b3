"""How far a sentence is from those that the model was trained on."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

QUANTILE = 0.95
"""The share of validation's captions that count as familiar."""


class Familiar(nn.Module):
    """The subspace in which the meanings of training's captions lie, all but a little of them.

    What is said of other things lies beside it: of a sentence that nobody said, the share outside is large, whatever
    its words.  The nearest caption tells less: all short sentences are near one.
    """

    mean: Tensor
    axes: Tensor
    limit: Tensor

    def __init__(self, size: int, axes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("axes", torch.eye(size)[:axes].contiguous())
        self.register_buffer("limit", torch.ones(()))

    def forward(self, meanings: Float[Tensor, "b size"]) -> Float[Tensor, " b"]:
        """The share of each meaning outside of the subspace, over the limit: above 1 it is strange."""
        centred = meanings.float() - self.mean
        inside = centred @ self.axes.T  # (b, axes)
        outside = (centred.square().sum(dim=-1) - inside.square().sum(dim=-1)).clamp(min=0).sqrt()
        return outside / centred.norm(dim=-1).clamp(min=1e-6) / self.limit

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
