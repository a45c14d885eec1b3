"""What TED practises: writing back what it read, told from a sample of the vocabulary."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from mote.models.ted import TED
from mote.models.words import END
from train.sentences import IGNORED, Batch
from train.teacher import MEANING
from train.ted import TEDTrainer, TEDTraining, loss

TRAINING = TEDTraining(noise=0.0, misspelling=0.0)


@pytest.fixture
def ted(tiny_model) -> TED:
    return deepcopy(tiny_model.ted)


@pytest.fixture
def batch(ted: TED) -> Batch:
    ids, mask = ted.tokenize(["a person walks", "someone jumps twice", "a man turns right"])
    ids[~mask] = IGNORED
    written = F.pad(ids[:2], (0, 1), value=IGNORED)
    written[torch.arange(2), mask[:2].sum(dim=1)] = END
    meaning = torch.full((3, MEANING), torch.nan)
    meaning[1] = 1.0
    return Batch(ids=ids, written=written, meaning=meaning)


def entropy(ted: TED, batch: Batch, seed: int = 0, **changes: float) -> float:
    chance = torch.Generator().manual_seed(seed)
    return loss(TEDTrainer(ted), batch, chance, config=replace(TRAINING, **changes))[1]["entropy"]


def full_entropy(ted: TED, batch: Batch) -> float:
    logits = ted.write(ted.read(batch.ids, batch.ids != IGNORED)[:2], batch.written.clamp(min=0))
    return F.cross_entropy(logits.flatten(0, 1), batch.written.flatten(), ignore_index=IGNORED).item()


def test_with_every_word_as_a_rival_it_is_the_cross_entropy(ted, batch):
    assert entropy(ted, batch, rivals=ted.config.words) == pytest.approx(full_entropy(ted, batch), abs=1e-5)


def test_a_sample_of_the_words_stands_for_all_of_them(ted, batch):
    torch.manual_seed(0)
    ted = TED(replace(ted.config, places=0))  # logits of like size: the log of a sample's mean is then unbiased enough
    sampled = torch.tensor([entropy(ted, batch, seed, rivals=ted.config.words // 3) for seed in range(60)])
    assert sampled.std() > 0
    assert sampled.mean().item() == pytest.approx(full_entropy(ted, batch), rel=0.02)


def test_noise_on_the_latents_changes_what_is_written(ted, batch):
    assert entropy(ted, batch, noise=1.0) != entropy(ted, batch)
    assert entropy(ted, batch, misspelling=1.0) != entropy(ted, batch)


def test_only_the_decoder_learns_where_the_latents_must_stay(ted, batch):
    trainer = TEDTrainer(ted, decoder_only=True)
    total, _ = loss(trainer, batch, torch.Generator().manual_seed(0), config=TRAINING)
    total.backward()
    moved = {name.split(".")[0] for name, weight in ted.named_parameters() if weight.grad is not None}
    assert moved == {"trust", "distrust", "from_latent", "decoder"}


def test_the_table_never_learns(ted, batch):
    total, _ = loss(TEDTrainer(ted), batch, torch.Generator().manual_seed(0), config=TRAINING)
    total.backward()
    assert [name for name, weight in ted.named_parameters() if weight.grad is None] == ["table.weight"]
