"""The denoiser's preferences among what it makes, and the verifier that they come from."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from mote.motion.facts import measure
from mote.motion.features import to_features
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from train import prefer, verifier
from train.data import Clips
from train.evaluator import EvaluatorConfig
from train.loop import FitConfig, generator
from train.mtdm import MTDMTraining
from train.pairs import Pairs
from train.prefer import BATCH, MISSED, UNLIKELY, Drawer, Drawn, Practices, PreferTraining, loss, score
from train.prepare.reading import read_caption
from train.storage import StoppedError
from train.verifier import Verifier

CONFIG = EvaluatorConfig(actions=("walk", "wave"), styles=("elderly", "normal"), width=8)
SMALL = PreferTraining(
    rounds=2, prompts=BATCH, draws=3, pairs=4, denoising=MTDMTraining(batch=4, trims=1, rewordings=1)
)
WALKS, WAVES = "a person walks forward", "an old person waves the left hand"


@pytest.fixture(scope="module")
def model(choosy_folder) -> MoTe:
    return MoTe.from_pretrained(choosy_folder, device="cpu")


@pytest.fixture(scope="module")
def still() -> Motion:
    body = np.cumsum(np.full((22, 3), 0.1, np.float32), axis=0)
    return Motion(np.repeat(body[None], 60, axis=0))


@pytest.fixture(scope="module")
def clips(still) -> Clips:
    records = [
        {"action": action, "style": style, "side": side, "facts": asdict(measure(still)),
         "captions": [said], "mirrored_captions": [said.replace("left", "right")], "held_out": [False]}
        for action, style, side, said in (("walk", None, None, WALKS), ("wave-left-hand", "old", "left", WAVES))
    ]  # fmt: skip
    return Clips([to_features(still.joints).astype(np.float16)] * 2, records)


@pytest.fixture(scope="module")
def pairs(model, clips) -> Pairs:
    return Pairs(model.med, model.ted, clips, trims=1, rewordings=1)


@pytest.fixture(scope="module")
def drawn(model, pairs) -> Drawn:
    torch.manual_seed(0)
    drawer = Drawer(model.med, model.ted, model.claims, Verifier(CONFIG).eval(), pairs, SMALL)
    return drawer.draw(model.mtdm, 0, None)


def test_what_a_sentence_says_and_a_motion_shows_costs_nothing(still):
    facts, said = measure(still), read_caption(WALKS)
    sure = torch.tensor([0.0, -9.0])
    assert score(said, {"action": "walk"}, facts, sure, sure, CONFIG) == 0
    assert score(said, {"action": "walk"}, facts, sure.flip(0), sure, CONFIG) == UNLIKELY


def test_a_side_and_a_style_that_are_missed_cost(still):
    facts, said, sure = measure(still), read_caption(WAVES), torch.tensor([-9.0, 0.0])
    told = score(said, {"action": "wave-left-hand"}, facts, sure, sure.flip(0), CONFIG)
    assert told == -MISSED["side"], "no hand is raised"
    other = score(said, {"action": "wave-left-hand"}, facts, sure, sure, CONFIG)
    assert other == told + UNLIKELY


def test_a_prompt_tells_something_where_one_motion_is_right_and_another_wrong():
    scores = torch.tensor([[0.0, -3.0], [-3.0, -5.0], [-0.1, -0.2], [-5.0, 0.0]])
    rows = Drawn(torch.arange(4), torch.zeros(4, 2, 1, 1), torch.zeros(4, 1, 1), torch.zeros(4), scores).telling(1.0)
    assert rows.tolist() == [0, 3]


def test_the_next_round_draws_more_for_what_failed(model, pairs, drawn):
    drawer = Drawer(model.med, model.ted, model.claims, Verifier(CONFIG), pairs, replace(SMALL, styled=0.0))
    waves = drawn.clips % 2 == 1
    drawer.seek(replace(drawn, score=torch.where(waves, -5.0, 0.0)[:, None].expand(-1, 4)))
    walk, wave = drawer.weights[:2].tolist()
    assert wave > 5 * walk > 0
    assert torch.equal(drawer.weights[:2], drawer.weights[2:]), "mirror images as well"
    again = drawer._prompts(generator(0, 0)).clips % 2 == 1
    assert again.float().mean() > 0.75 > waves.float().mean()


def test_where_no_motion_does_what_was_asked_the_run_says_so(drawn, pairs):
    with pytest.raises(StoppedError, match="--prompts"):
        Practices(pairs, replace(drawn, score=torch.full((BATCH, 4), -5.0)), SMALL)


def test_every_prompt_has_its_draws_and_a_style_is_named_as_often_as_asked(model, pairs, drawn):
    assert drawn.motion.shape[:2] == (BATCH, 3 + 1), "the last is its clip's"
    clips = pairs.motion[0].half()
    assert all((clips == one).flatten(1).all(dim=1).any() for one in drawn.motion[:, -1])
    assert (drawn.score <= 0).all()
    assert (drawn.motion[:, 0] - drawn.motion[:, 1]).abs().amax(dim=(1, 2)).min() > 0
    for share in (0.0, 0.9):
        drawer = Drawer(model.med, model.ted, model.claims, Verifier(CONFIG), pairs, replace(SMALL, styled=share))
        clips = drawer._prompts(generator(0, 0)).clips
        assert len(clips) == BATCH
        assert (clips % 2 == 1).float().mean() >= share


def test_the_better_motion_of_a_practice_scores_higher(drawn, pairs):
    scores = torch.where(torch.arange(4) == torch.arange(BATCH)[:, None] % 4, 0.0, -2.0)
    told = replace(drawn, score=scores)
    practice = Practices(pairs, told, SMALL)(0, generator(0, 0))
    again = Practices(pairs, told, SMALL)(0, generator(0, 0))
    assert torch.equal(practice.worse, again.worse)

    def of(motion: torch.Tensor) -> list[float]:
        return [scores[(told.motion.float() == one).all(dim=-1).all(dim=-1)][0].item() for one in motion]

    assert of(practice.better) == [0.0] * SMALL.pairs
    assert of(practice.worse) == [-2.0] * SMALL.pairs


def test_the_loss_makes_the_better_motion_likelier_than_the_worse(model, drawn, pairs, choosy_folder):
    chance = torch.Generator().manual_seed(0)
    plain = torch.ones_like(drawn.motion) * torch.tensor([1.0, -1.0, -1.0, -1.0])[:, None, None]
    told = replace(drawn, motion=plain, score=torch.tensor([0.0, -2.0, -2.0, -2.0]).repeat(BATCH, 1))
    practices = Practices(pairs, told, SMALL)
    mtdm = MoTe.from_pretrained(choosy_folder, device="cpu").mtdm.requires_grad_(True)
    optimiser = torch.optim.AdamW(mtdm.parameters(), lr=1e-3)
    figures = []
    for step in range(40):
        practice = practices(step, generator(0, step))
        value, told_of = loss(
            mtdm, practice, chance, before=model.mtdm, importance=torch.ones(practice.better.shape[1:]), training=SMALL
        )
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        figures.append(told_of)
    assert figures[0]["preference"] == pytest.approx(np.log(2), abs=1e-3), "nothing is preferred at first"
    assert np.mean([each["preferred"] for each in figures[-20:]]) > 0.7


def test_draws_are_read_again_as_they_were_written(drawn, tmp_path):
    drawn.write(tmp_path / "round" / "draws.safetensors")
    again = Drawn.read(tmp_path / "round" / "draws.safetensors")
    assert all(torch.equal(one, other) for one, other in zip(vars(drawn).values(), vars(again).values(), strict=True))


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"draws": 1}])
def test_a_round_that_cannot_be_is_told(wrong):
    with pytest.raises(ValueError, match="at least"):
        PreferTraining(**wrong)


def test_what_is_drawn_is_asked_for_by_options(monkeypatch):
    asked = []
    monkeypatch.setattr(prefer, "train", lambda *arguments: asked.append(arguments))
    prefer.main(
        [
            "--prepared",
            "P",
            "--models",
            "M",
            "--start",
            "S",
            "--out",
            "O",
            "--rounds",
            "5",
            "--prompts",
            "80",
            "--guidance",
            "4",
            "--steps",
            "9",
        ]
    )
    [(*_, training, fitting)] = asked
    assert (training.rounds, training.prompts, training.guidance) == (5, 80, 4)
    assert training.draws == PreferTraining.draws
    assert fitting.steps == 9


def test_a_stopped_run_goes_on_with_the_draws_that_it_has(clips, choosy_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(prefer.Clips, "load", lambda *_: clips)
    monkeypatch.setattr(prefer.verifier, "train", lambda _, out, fitting: prefer.checkpoint.save(Verifier(CONFIG), out))
    monkeypatch.setattr(Drawn, "telling", lambda self, _: torch.arange(len(self.score)))
    fitting = FitConfig(lr=1e-3, steps=2, warmup=1, ema=0.5)
    arguments = tmp_path, choosy_folder, choosy_folder / "mtdm", tmp_path / "run", SMALL, fitting
    prefer.train(*arguments)
    monkeypatch.setattr(Drawer, "draw", lambda *_: pytest.fail("it is drawn already"))
    more = prefer.train(*arguments)
    assert (tmp_path / "run" / "model.safetensors").exists()
    start = MoTe.from_pretrained(choosy_folder, device="cpu").mtdm
    assert (more.motion_in.weight - start.motion_in.weight).abs().max() > 0


def test_a_verifier_learns_what_clips_show_and_reads_any_length(still, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    features, records = [], []
    for number in range(24):
        wave = number % 2
        joints = still.joints + rng.normal(0, 0.03, (22, 3))
        joints[:, 16:, 1] += wave
        features.append(to_features(joints[: 40 + number // 2].astype(np.float32)).astype(np.float16))
        records.append({"action": "wave-left-hand" if wave else "walk", "style": "old" if wave else "normal"})
    monkeypatch.setattr(verifier.evaluator.Clips, "load", lambda *_: Clips(features, records))
    training = replace(verifier.EvaluatorTraining(), style_clips=3, batch=8)
    monkeypatch.setattr(verifier, "EvaluatorTraining", lambda: training)
    trained = verifier.train(tmp_path, tmp_path / "verifier", FitConfig(lr=3e-3, steps=80, warmup=2, ema=0.8))
    assert not any(parameter.requires_grad for parameter in trained.parameters())
    assert verifier.evaluator.accuracy(trained, Clips(features, records))["action"] > 0.9
    alone, _ = trained.logits(features[:1])
    together, _ = trained.logits(features)
    torch.testing.assert_close(alone[0], together[0], atol=1e-4, rtol=1e-4)
