"""The matching networks: the published weights' names and sizes, padding, words, and that they learn to match."""

import numpy as np
import pytest
import torch

from train.match import MatchTraining, with_words
from train.matching import Matching, MatchingConfig, contrast

TINY = MatchingConfig(movement_width=8, motion_width=12, text_width=8, width=6)

PUBLISHED = {
    "movement_encoder.main.0.weight": (512, 259, 4),
    "movement_encoder.main.3.weight": (512, 512, 4),
    "movement_encoder.out_net.weight": (512, 512),
    "motion_encoder.input_emb.weight": (1024, 512),
    "motion_encoder.gru.weight_ih_l0": (3072, 1024),
    "motion_encoder.gru.weight_hh_l0_reverse": (3072, 1024),
    "motion_encoder.output_net.0.weight": (1024, 2048),
    "motion_encoder.output_net.1.weight": (1024,),
    "motion_encoder.output_net.3.weight": (512, 1024),
    "motion_encoder.hidden": (2, 1, 1024),
    "text_encoder.pos_emb.weight": (300, 15),
    "text_encoder.input_emb.weight": (512, 300),
    "text_encoder.gru.weight_ih_l0": (1536, 512),
    "text_encoder.output_net.0.weight": (512, 1024),
    "text_encoder.output_net.3.weight": (512, 512),
    "text_encoder.hidden": (2, 1, 512),
}


def test_names_and_sizes_are_those_of_the_published_weights():
    state = Matching(MatchingConfig()).state_dict()
    assert {name: tuple(state[name].shape) for name in PUBLISHED} == PUBLISHED
    whole = {name for name in state if not name.startswith("feature_")}
    assert len(whole) == 6 + 2 + 8 + 6 + 1 + 2 + 8 + 6 + 1 + 2


def test_padding_never_changes_an_embedding():
    torch.manual_seed(0)
    model = Matching(TINY).eval()
    model.feature_mean += 1
    clips = [np.random.default_rng(n).normal(size=(n, 263)).astype(np.float32) for n in (40, 61, 196)]
    together, alone = model.embed_motions(clips), [model.embed_motions([clip])[0] for clip in clips]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    words, tags = torch.randn(2, 9, 300), torch.randn(2, 9, 15)
    both = model.text_encoder(words, torch.tensor([4, 9]), tags)
    one = model.text_encoder(words[:1, :4], torch.tensor([4]), tags[:1, :4])
    torch.testing.assert_close(both[:1], one)


def test_the_longest_motion_has_nothing_behind_it():
    """As in the protocol, which fills up to 196 frames with zeros: the convolutions reach past the end of the last."""
    torch.manual_seed(0)
    model = Matching(TINY).eval()
    frames = torch.randn(1, 196, 263)
    steps = model.movement_encoder(frames[..., :-4])
    torch.testing.assert_close(
        model.read_motions(frames, torch.tensor([196])), model.motion_encoder(steps, torch.tensor([49]))
    )


def test_words_are_read_by_the_rows_of_ted(tiny_model):
    texts = ["a person walks forward", "a man waves his left hand"]
    torch.manual_seed(0)
    model = with_words(tiny_model.ted, texts, TINY).eval()
    places = tiny_model.ted.tokenizer.get_vocab()
    for word, row in model.tokenizer.get_vocab().items():
        torch.testing.assert_close(model.table.weight[row], tiny_model.ted.table.weight[places[word]])
    assert not model.table.weight.requires_grad
    one, other = model.embed_texts(texts)
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(model.embed_texts(texts[:1])[0], one, atol=1e-5)
    assert np.isfinite(model.embed_texts(["", "a"])).all()
    with pytest.raises(RuntimeError, match="no words of their own"):
        Matching(TINY).embed_texts(texts)


def test_the_contrast_of_known_distances():
    texts = torch.tensor([[0.0], [4.0]])
    motions = torch.tensor([[1.0], [4.0]])  # own: 1 and 0; crossed: 4 and 3
    none, every = torch.zeros(2, 2, dtype=torch.bool), torch.ones(2, 2, dtype=torch.bool)
    assert contrast(texts, motions, none, margin=5).item() == pytest.approx(0.5 + (1 + 4) / 2)
    assert contrast(texts, motions, every, margin=5).item() == pytest.approx(0.5)


def test_it_learns_which_motion_a_text_belongs_to(tiny_model):
    texts = ["a person walks forward", "a man waves his left hand", "someone turns right and jumps twice"]
    torch.manual_seed(0)
    model = with_words(tiny_model.ted, texts, TINY)
    clips = torch.randn(3, 40, 263)
    lengths = torch.tensor([40, 36, 40])
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    alike = torch.zeros(3, 3, dtype=torch.bool)
    for _ in range(400):
        value = contrast(model.read_texts(texts), model.read_motions(clips, lengths), alike, MatchTraining().margin)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    model.eval()
    distances = torch.cdist(model.read_texts(texts), model.read_motions(clips, lengths))
    assert distances.argmin(dim=1).tolist() == [0, 1, 2]
