"""The last stage: sentences for latents that the denoiser made."""

import numpy as np
import pytest
import torch

from mote.checkpoint import load
from mote.models.ted import TED, TEDConfig
from mote.pipeline import MoTe
from train import decoder
from train.data import Clips
from train.decoder import Generated, generate, train
from train.loop import FitConfig
from train.pairs import Pairs
from train.sentences import IGNORED, Batch, to_be_written
from train.teacher import MEANING

CAPTIONS = (["a person walks forward", "someone jumps twice"], ["a man waves his left hand"])


@pytest.fixture
def model(tiny_folder) -> MoTe:
    return MoTe.from_pretrained(tiny_folder, device="cpu")


@pytest.fixture
def pairs(model: MoTe) -> Pairs:
    rng = np.random.default_rng(0)
    records = [
        {"action": "walk", "style": None, "captions": list(own), "mirrored_captions": list(own)} for own in CAPTIONS
    ]
    return Pairs(model.med, model.ted, Clips([rng.normal(size=(60, 263)).astype(np.float16)] * 2, records))


def test_every_clip_gets_the_nearest_of_its_own_sentences_and_what_has_none_of_all(model, pairs, monkeypatch):
    monkeypatch.setattr(decoder, "SIZE", 3)
    generated = generate(model, pairs)
    assert generated.latents.shape == (4 + 3, 3, 14)
    standard = (generated.latents - model.ted.latent_mean) / model.ted.latent_std
    for latent, written, own in zip(
        standard, generated.written, [*CAPTIONS * 2, *[[*CAPTIONS[0], *CAPTIONS[1]]] * 3], strict=True
    ):
        meaning = (model.ted.encode(list(own)) - latent)[..., : model.ted.config.meaning_width]
        distances = meaning.square().sum(dim=(1, 2))
        assert model.ted.tokenizer.decode(written.tolist()) == own[int(distances.argmin())]


def test_so_many_latents_of_motions_are_made_as_are_asked_for_each_with_all_that_is_said(model, pairs, monkeypatch):
    monkeypatch.setattr(decoder, "SIZE", 1)
    generated = generate(model, pairs, most=2)
    assert len(generated.latents) == len(generated.written) == 2 + 1
    assert len(generated.said) == 2
    assert all([*said] in CAPTIONS for said in generated.said)


@pytest.mark.parametrize("critical", [0.0, 1.0])
def test_the_decoder_learns_and_the_latents_stay(model, pairs, tmp_path, critical):
    before, weight = model.ted.encode(["a person walks"]), model.ted.decoder.lm_head.linear.weight.clone()
    rows = model.ted.reading(["a person walks", "someone jumps twice"])
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=IGNORED)
    batch = Batch(ids=ids, written=to_be_written(model.ted, rows), meaning=torch.ones(2, MEANING))
    generated: Generated = generate(model, pairs)
    fitting = FitConfig(steps=3, warmup=1, lr=1e-2)
    train(model, generated, lambda step, chance: batch, tmp_path, fitting, critical=critical)
    assert ("CIDEr" in (tmp_path / "log.csv").read_text()) is bool(critical)
    trained = load(TED, TEDConfig, tmp_path)
    trained.load_tokenizer(tmp_path)
    torch.testing.assert_close(trained.encode(["a person walks"]), before, atol=1e-2, rtol=0)
    assert (trained.decoder.lm_head.linear.weight - weight).abs().max() > 1e-3
