"""What is familiar: meanings inside and outside of the training's subspace."""

import torch

from mote.models.familiar import Familiar


def meanings(count: int, spread: float, seed: int) -> torch.Tensor:
    """Points near a plane in eight numbers, off the origin."""
    chance = torch.Generator().manual_seed(seed)
    plane = torch.randn(2, 8, generator=torch.Generator().manual_seed(9))
    inside = torch.randn(count, 2, generator=chance) @ plane
    return inside + spread * torch.randn(count, 8, generator=chance) + 5


def test_what_lies_beside_the_plane_is_strange():
    familiar = Familiar(8, 2)
    validation = meanings(1000, 0.01, 1)
    familiar.fit(meanings(1000, 0.01, 0), validation)
    assert 0.94 < (familiar(validation) <= 1).float().mean() < 0.96
    assert (familiar(meanings(200, 3.0, 2)) > 1).float().mean() > 0.95


def test_it_is_the_same_after_it_was_saved_in_half_precision():
    familiar, rounded = Familiar(8, 2), Familiar(8, 2)
    validation = meanings(1000, 0.1, 1)
    familiar.fit(meanings(1000, 0.1, 0), validation)
    rounded.load_state_dict({name: value.half().float() for name, value in familiar.state_dict().items()})
    torch.testing.assert_close(rounded(validation), familiar(validation), atol=0.1, rtol=0.0)
    assert ((rounded(validation) > 1) == (familiar(validation) > 1)).float().mean() > 0.98


def test_a_meaning_at_the_mean_is_no_division_by_zero():
    familiar = Familiar(4, 2)
    assert familiar(torch.zeros(1, 4)).item() == 0
