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


def knowing(texts: list[str], points: list[list[float]]) -> Familiar:
    """Of a plane through the origin, with captions known at such points of it."""
    familiar = Familiar(3, 2)
    familiar.know(torch.tensor(points), texts)
    return familiar


def near(found: torch.Tensor, expected: list[float]) -> None:
    torch.testing.assert_close(found, torch.tensor([expected]), atol=0.1, rtol=0.0)  # places are in steps


def test_a_meaning_goes_towards_those_of_the_captions_nearest_to_it():
    familiar = knowing(["a wave", "a kick"], [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    far = torch.tensor([[6.0, -8.0, 4.0]])  # a cosine of 0.6 to the wave
    torch.testing.assert_close(familiar.nearer(far, 0.0, texts=["waving"]), far)
    near(familiar.nearer(far, 1.0, texts=["waving"]), [10.0, 0.0, 0.0])
    near(familiar.nearer(far, 0.5, texts=["waving"]), [8.0, -4.0, 2.0])


def test_what_is_as_good_as_known_stays():
    familiar = knowing(["a wave", "a kick"], [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    given = torch.tensor([[9.0, 3.0, 1.0]])  # a cosine of 0.95 to the wave
    torch.testing.assert_close(familiar.nearer(given, 1.0, texts=["waving"]), given)
    between = torch.tensor([[8.0, 6.0, 0.0]])  # of 0.8: half of the way
    near(familiar.nearer(between, 1.0, texts=["waving"]), [0.5 * (8 + 9.82), 0.5 * (6 + 0.18), 0.0])


def test_only_captions_of_the_same_side_count():
    familiar = knowing(["the left hand", "the right hand"], [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    given = torch.tensor([[8.0, -6.0, 0.0]])
    near(familiar.nearer(given, 1.0, texts=["with her right"]), [0.0, 10.0, 0.0])
    near(familiar.nearer(given, 1.0, texts=["with both, left and right"]), [8.0, -6.0, 0.0])


def test_what_is_known_survives_a_checkpoint():
    familiar, loaded = knowing(["a wave"], [[3.0, 4.0, 0.0]]), Familiar(3, 2, known=1)
    loaded.load_state_dict(familiar.state_dict())
    given = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    texts = ["it"] * 5
    torch.testing.assert_close(loaded.nearer(given, 0.3, texts=texts), familiar.nearer(given, 0.3, texts=texts))


def test_captions_that_claim_the_same_count_more_than_nearer_ones():
    familiar = knowing(["a wave", "a kick"], [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    given = torch.tensor([[7.0, 5.0, 5.0]])  # nearer to the wave
    near(familiar.nearer(given, 1.0, texts=["waving"], alike=torch.tensor([[-8.0, 0.0]])), [0.0, 10.0, 0.0])


def test_a_meaning_that_nobody_said_goes_the_way_however_near_and_to_whatever_side():
    familiar = knowing(["the left hand", "the right hand"], [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    made = torch.tensor([[9.0, 3.0, 1.0]])
    near(familiar.nearer(made, 0.5), [9.5, 1.5, 0.5])
    near(familiar.nearer(made, 1.0, alike=torch.tensor([[-20.0, 0.0]])), [0.0, 10.0, 0.0])
