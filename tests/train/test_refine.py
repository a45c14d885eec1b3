"""The denoiser on its whole way, and the critic that it is told by."""

from dataclasses import asdict
from functools import partial

import numpy as np
import pytest
import torch

from mote.motion.motion import Motion
from mote.pipeline import MoTe
from train import critic as critics
from train import refine
from train.critic import CLASSES, UNKNOWN, Critic, CriticTraining, Examples
from train.data import Clips
from train.loop import FitConfig, generator
from train.mtdm import MTDMTraining
from train.pairs import Motions
from train.prepare.captions import read_caption
from train.prepare.facts import measure
from train.prepare.paraphrases import Paraphraser
from train.refine import Practices, RefineTraining, energy_distance, energy_score, loss

SMALL = RefineTraining(prompts=3, draws=3, pairs=4, steps=(2, 3), denoising=MTDMTraining(batch=4))
ROWS = (("walk", None, None), ("raise-up-left-hand", "old", "left"), ("wave-right-hand", "feminine", "right"))


@pytest.fixture(scope="module")
def model(tiny_folder) -> MoTe:
    return MoTe.from_pretrained(tiny_folder, device="cpu")


@pytest.fixture(scope="module")
def motions(model) -> Motions:
    rng = np.random.default_rng(0)
    body = np.cumsum(np.full((22, 3), 0.1, np.float32), axis=0)
    facts = asdict(measure(Motion(np.repeat(body[None], 60, axis=0))))
    records = [
        {"action": action, "style": style, "side": side, "facts": facts,
         "captions": [f"a person {said}"], "mirrored_captions": [f"someone {said}"]}
        for (action, style, side), said in zip(
            ROWS, ("walks", "raises the left hand", "waves the right hand"), strict=True
        )
    ]  # fmt: skip
    return Motions(model.med, Clips([rng.normal(size=(60, 263)).astype(np.float16)] * 3, records), trims=1)


@pytest.fixture(scope="module")
def critic(model) -> Critic:
    torch.manual_seed(0)
    meaning = model.ted.config.tokens, model.ted.config.meaning_width
    return Critic((2, 8), meaning, CriticTraining(width=8)).requires_grad_(False).eval()


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


def test_a_clip_shows_its_labels_and_its_mirror_image_the_other_side(motions):
    told = [critics.shown(record, mirrored=False) for record in motions.records]
    assert [(one["action"], one["style"], one["side"]) for one in told] == [
        ("walk", None, None), ("raise-hand", "elderly", "left"), ("wave", "feminine", "right"),
    ]  # fmt: skip
    assert critics.shown(motions.records[1], mirrored=True)["side"] == "right"
    rows = critics.classes(told)
    assert rows["style"][0] == UNKNOWN
    assert CLASSES["side"][rows["side"][1]] == "left"


def test_only_what_a_sentence_claims_is_asked_for():
    said = critics.classes([critics.claimed(read_caption("an old man waves his left hand"))])
    named = {kind: CLASSES[kind][row] for kind, row in ((k, int(v[0])) for k, v in said.items()) if row != UNKNOWN}
    assert named == {"action": "wave", "style": "elderly", "side": "left"}


def test_a_critic_learns_what_latents_show(model, motions, tmp_path):
    examples = Examples(motions, model.ted)
    fitting = FitConfig(lr=1e-2, steps=60, warmup=1, ema=0.5, validate_every=1000)
    before = torch.random.get_rng_state()
    trained = critics.train(examples, examples, tmp_path, CriticTraining(width=16, noise=0.1, dropout=0.0), fitting)
    torch.random.set_rng_state(before)
    assert not any(parameter.requires_grad for parameter in trained.parameters())
    assert critics.accuracy(trained, examples)["text action"] > 0.9


@pytest.mark.parametrize("joint", [0.0, 1.0])
def test_the_end_of_a_walk_moves_every_part_of_the_denoiser_that_makes_it(model, motions, critic, joint):
    training = RefineTraining(**{**vars(SMALL), "joint": joint})
    mtdm = model.mtdm.requires_grad_(True)
    mtdm.zero_grad()
    chance = generator(0, 0)
    practice = Practices(motions, model.ted, training)(0, chance)
    value, figures = loss(
        mtdm, practice, chance, critic=critic, ted=model.ted, importance=torch.ones(8), training=training
    )
    value.backward()
    assert torch.isfinite(value)
    assert ("agreement" in figures) is bool(joint)
    assert ("energy" in figures) is not bool(joint)
    assert mtdm.motion_head.linear.weight.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in critic.parameters())


def test_a_step_practises_the_same_whenever_it_is_done(model, motions):
    first, second = (Practices(motions, model.ted, SMALL)(7, generator(0, 7)) for _ in range(2))
    assert torch.equal(first.prompt, second.prompt)
    assert torch.equal(first.motion, second.motion)
    other = Practices(motions, model.ted, SMALL)(8, generator(0, 8))
    assert not torch.equal(first.motion, other.motion)


def test_prompts_are_reworded_as_often_as_asked_and_captions_never(model, motions, monkeypatch):
    monkeypatch.setattr(Paraphraser, "__call__", lambda self, caption, action, style: f"{caption} jumps")
    draw = partial(Practices, motions, model.ted)
    never = draw(RefineTraining(**{**vars(SMALL), "reworded": 0.0}))(0, generator(0, 0))
    always = draw(RefineTraining(**{**vars(SMALL), "reworded": 1.0}))(0, generator(0, 0))
    assert torch.equal(never.prompt, never.text)
    torch.testing.assert_close(always.text, never.text)
    assert ((always.prompt - always.text).abs().amax(dim=(1, 2)) > 0).float().mean() > 0.5


def test_a_stopped_refinement_goes_on_and_is_saved(model, motions, tiny_folder, critic, tmp_path, monkeypatch):
    monkeypatch.setattr(refine, "Motions", lambda *_, **__: motions)
    monkeypatch.setattr(refine.Clips, "load", lambda *_: None)
    monkeypatch.setattr(refine.critics, "train", lambda *_: critic)
    fitting = FitConfig(lr=1e-3, steps=2, warmup=1, ema=0.5)
    refine.train(tmp_path, tiny_folder, tiny_folder / "mtdm", tmp_path / "run", SMALL, fitting)
    more = refine.train(
        tmp_path, tiny_folder, tiny_folder / "mtdm", tmp_path / "run", SMALL, FitConfig(**{**vars(fitting), "steps": 3})
    )
    assert (tmp_path / "run" / "model.safetensors").exists()
    start = MoTe.from_pretrained(tiny_folder, device="cpu").mtdm
    assert (more.motion_in.weight - start.motion_in.weight).abs().max() > 0
