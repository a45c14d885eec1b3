"""The space of motions and sentences."""

import pytest
import torch

from mote.checkpoint import load, save
from mote.models.retrieval import Retrieval, RetrievalConfig

CONFIG = RetrievalConfig(motion=(2, 8), text=(3, 5), width=8, layers=1, heads=2, space=6)


@pytest.fixture(scope="module")
def space() -> Retrieval:
    torch.manual_seed(0)
    return Retrieval(CONFIG).eval()


@torch.no_grad()
def test_places_are_of_unit_length_and_do_not_depend_on_the_batch(space):
    motions, texts = torch.randn(4, 2, 8), torch.randn(4, 3, 5)
    for place, latents in ((space.place_motions, motions), (space.place_texts, texts)):
        places = place(latents)
        assert places.shape == (4, 6)
        torch.testing.assert_close(places.norm(dim=-1), torch.ones(4))
        torch.testing.assert_close(place(latents[1:2]), places[1:2])


def test_the_order_of_tokens_counts(space):
    latents = torch.randn(1, 2, 8)
    assert not torch.allclose(space.place_motions(latents), space.place_motions(latents.flip(1)))


def test_it_comes_back_from_its_folder(space, tmp_path):
    save(space, tmp_path, half=False)
    again = load(Retrieval, RetrievalConfig, tmp_path)
    assert again.config == CONFIG
    latents = torch.randn(2, 2, 8)
    assert torch.equal(space.place_motions(latents), again.place_motions(latents))


def test_a_width_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="does not divide"):
        RetrievalConfig(motion=(2, 8), text=(3, 5), width=10, heads=4)
