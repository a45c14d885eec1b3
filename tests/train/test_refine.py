"""The denoiser on its whole way, and how it is told of its end."""

from functools import partial

import pytest
import torch

from mote.models.claims import ClaimReader
from mote.pipeline import MoTe
from train import refine
from train.loop import FitConfig, generator
from train.mtdm import MTDMTraining
from train.prepare.paraphrases import Paraphraser
from train.refine import Practices, RefineTraining, energy_distance, energy_score, loss

SMALL = RefineTraining(prompts=3, draws=3, pairs=4, steps=(2, 3), denoising=MTDMTraining(batch=4))


@pytest.fixture(scope="module")
def model(choosy_model) -> MoTe:
    return choosy_model


@pytest.fixture(scope="module")
def claims(model) -> ClaimReader:
    return model.claims.requires_grad_(False)


def test_the_right_distribution_has_the_lowest_energy_score():
    chance = torch.Generator().manual_seed(0)
    real = torch.randn(4000, 2, 3, generator=chance)
    draws = torch.randn(4000, 2, 2, 3, generator=chance)
    weights = torch.ones(2, 3)
    right = energy_score(draws, real, weights)
    assert right < energy_score(0.6 * draws, real, weights)
    assert right < energy_score(1.5 * draws, real, weights)
    assert right < energy_score(draws + 0.5, real, weights)
    assert right < energy_score(draws[:, :1].expand(-1, 2, -1, -1), real, weights), "two draws that are one"


def test_more_draws_tell_the_same_energy_score_more_surely():
    chance = torch.Generator().manual_seed(0)
    real, weights = torch.randn(500, 2, 3, generator=chance), torch.ones(2, 3)
    draws = torch.randn(500, 8, 2, 3, generator=chance)
    pairs = torch.stack([energy_score(draws[:, first : first + 2], real, weights) for first in range(0, 8, 2)])
    assert energy_score(draws, real, weights) == pytest.approx(pairs.mean().item(), abs=0.02)


def test_sets_of_other_sizes_are_as_far_apart():
    chance = torch.Generator().manual_seed(0)
    real, made = torch.randn(2000, 2, 3, generator=chance), torch.randn(2000, 2, 3, generator=chance)
    assert energy_distance(made[:500], real) == pytest.approx(energy_distance(made, real).item(), abs=0.03)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"draws": 1}, "2 at least"), ({"prompts": 40}, "the batch has 32"), ({"steps": (5, 2)}, "no fewer")],
)
def test_a_practice_that_cannot_be_is_told(wrong, told):
    with pytest.raises(ValueError, match=told):
        RefineTraining(**wrong)


def test_what_is_practised_is_asked_for_by_options(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(refine, "train", lambda *arguments: asked.append(arguments))
    words = """--prepared P --models M --start S --out O --minutes 9 --lr 1e-4 --prompts 128 --draws 4 --pairs 192
        --batch 256 --walk 5 8 --claims 0.2 --kept 0"""
    refine.main(words.split())
    [(*_, training, fitting)] = asked
    assert (training.prompts, training.draws, training.pairs, training.steps) == (128, 4, 192, (5, 8))
    assert (training.denoising.batch, training.claims, training.kept) == (256, 0.2, 0.0)
    assert training.energy == RefineTraining.energy
    assert (fitting.minutes, fitting.lr) == (9, 1e-4)


def test_the_same_set_has_the_lowest_energy_distance():
    chance = torch.Generator().manual_seed(0)
    real, made = (torch.randn(300, 2, 3, generator=chance) for _ in range(2))
    assert energy_distance(made, real) < energy_distance(0.5 * made, real)
    assert energy_distance(made, real) < energy_distance(made + 1, real)


@pytest.mark.parametrize("joint", [0.0, 1.0])
def test_the_end_of_a_walk_moves_every_part_of_the_denoiser_that_makes_it(model, motions, claims, joint):
    training = RefineTraining(**{**vars(SMALL), "joint": joint})
    mtdm = model.mtdm.requires_grad_(True)
    mtdm.zero_grad()
    chance = generator(0, 0)
    practice = Practices(motions, model.ted, model.claims, training)(0, chance)
    value, figures = loss(
        mtdm, practice, chance, claims=claims, ted=model.ted, importance=torch.ones(8), training=training
    )
    value.backward()
    assert torch.isfinite(value)
    assert ("agreement" in figures) is bool(joint)
    assert ("energy" in figures) is not bool(joint)
    assert mtdm.motion_head.linear.weight.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in claims.parameters())


def test_a_step_practises_the_same_whenever_it_is_done(model, motions):
    first, second = (Practices(motions, model.ted, model.claims, SMALL)(7, generator(0, 7)) for _ in range(2))
    assert torch.equal(first.prompt, second.prompt)
    assert torch.equal(first.motion, second.motion)
    other = Practices(motions, model.ted, model.claims, SMALL)(8, generator(0, 8))
    assert not torch.equal(first.motion, other.motion)


def test_prompts_are_reworded_as_often_as_asked_and_captions_never(model, motions, monkeypatch):
    monkeypatch.setattr(Paraphraser, "__call__", lambda self, caption, action, style: f"{caption} jumps")
    draw = partial(Practices, motions, model.ted, model.claims)
    never = draw(RefineTraining(**{**vars(SMALL), "reworded": 0.0}))(0, generator(0, 0))
    always = draw(RefineTraining(**{**vars(SMALL), "reworded": 1.0}))(0, generator(0, 0))
    assert torch.equal(never.prompt, never.text)
    torch.testing.assert_close(always.text, never.text)
    assert ((always.prompt - always.text).abs().amax(dim=(1, 2)) > 0).float().mean() > 0.5


def test_a_stopped_refinement_goes_on_and_is_saved(model, motions, choosy_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(refine, "Motions", lambda *_, **__: motions)
    monkeypatch.setattr(refine.Clips, "load", lambda *_: None)
    fitting = FitConfig(lr=1e-3, steps=2, warmup=1, ema=0.5)
    refine.train(tmp_path, choosy_folder, choosy_folder / "mtdm", tmp_path / "run", SMALL, fitting)
    longer = FitConfig(**{**vars(fitting), "steps": 3})
    more = refine.train(tmp_path, choosy_folder, choosy_folder / "mtdm", tmp_path / "run", SMALL, longer)
    assert (tmp_path / "run" / "model.safetensors").exists()
    start = MoTe.from_pretrained(choosy_folder, device="cpu").mtdm
    assert (more.motion_in.weight - start.motion_in.weight).abs().max() > 0
