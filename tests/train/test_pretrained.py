"""The paper's pair by the pipeline's own commands: TED of CLIP and GPT-2 or T5, trained, published and generating."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mote.checkpoint import VOCABULARY, load_ted, save
from mote.files import read
from mote.models.mtdm import MTDM
from mote.pipeline import MoTe
from mote.sampling import SIDES, TASKS
from mote.ui.handlers import Handlers
from tests.parts import make_parts
from train import decoder, run
from train import mtdm as denoiser
from train import ted as stage
from train.data import Clips
from train.loop import FitConfig
from train.mtdm import MTDMTraining
from train.pairs import Pairs
from train.pretrained import build, freeze
from train.run import commands, publish
from train.sentences import Batches
from train.ted import TEDTrainer, TEDTraining

CAPTIONS = ["a person walks", "a man waves his left hand", "someone jumps twice", "a woman turns right"] * 8


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> Path:
    return make_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture
def raw(tmp_path) -> Path:
    """Human captions as HumanML3D's and KIT-ML's lie in the data's folder."""
    for name in ("humanml3d", "kit-ml"):
        (tmp_path / "raw" / name).mkdir(parents=True)
    clips = {str(row): {"split": split, "captions": CAPTIONS} for row, split in enumerate(("train", "val"))}
    (tmp_path / "raw" / "humanml3d" / "captions_part.json").write_text(json.dumps(clips))
    (tmp_path / "raw" / "kit-ml" / "annotations.json").write_text("{}")
    (tmp_path / "raw" / "kit-ml" / "train.txt").write_text("")
    return tmp_path / "raw"


@pytest.fixture(params=["gpt2", "t5"])
def model(parts, raw, tiny_model, tmp_path, monkeypatch, request) -> MoTe:
    """A model of published parts, by the commands that make one, as a folder has it."""
    stages = tmp_path / "stages"
    save(tiny_model.med, stages / "med")
    stage.main(
        [
            "--data", str(raw), "--out", str(stages / "ted"), "--steps", "2", "--size", "paper",
            "--encoder", str(parts / "clip"), "--decoder", str(parts / request.param),
        ]
    )  # fmt: skip
    monkeypatch.setattr(Clips, "load", lambda *_: walks(4))
    denoiser.train(stages, stages, MTDMTraining(batch=2, trims=0, rewordings=0), FitConfig(steps=2), width=16, layers=1)
    (stages / "ted").rename(stages / "decoder")
    publish(stages, tmp_path / "model")
    (tmp_path / "model" / VOCABULARY).write_text(json.dumps(["a person walks", "a person jumps"]))
    publish(stages, tmp_path / "model")
    return MoTe.from_pretrained(tmp_path / "model", device="cpu")


def walks(count: int) -> Clips:
    """Clips of noise that are said to be walks."""
    record = {"action": "walk", "style": None, "captions": CAPTIONS[:2], "mirrored_captions": CAPTIONS[:2]}
    chance = np.random.default_rng(0)
    return Clips([chance.normal(size=(60, 263)).astype(np.float16) for _ in range(count)], [record] * count)


def test_a_trained_pair_does_every_task_and_so_does_the_app(model):
    assert (model.ted.config.tokens, model.ted.config.width) == (8, 256)
    motion = model.generate("motion", seconds=2.0, steps=2, seed=0)[0].motion
    for task, stages in TASKS.items():
        given = {"text": "a person walks", "motion": motion}
        inputs = {side: given[side] for side in SIDES if stages[0][side] == "given"}
        assert len(model.generate(task, steps=2, seed=0, samples=2, **inputs)) == 2
    app = Handlers(model)
    file = app.text_to_motion("a person walks", seconds=2.0, steps=1, seed=0).files[0]
    assert len(read(file)) == 40
    assert app.motion_to_text(file, steps=1, seed=0).seed == 0
    assert app.text_variation("a person walks", steps=1, seed=0).seed == 0

    assert model.strangeness("a person walks") < model.strangeness("zzz 9 9 9 zzz")
    assert model.nearest("a person walks")[0] == "a person walks"


@pytest.mark.parametrize("frozen", [False, True])
def test_the_last_stage_teaches_its_decoder_unless_it_is_frozen(parts, tiny_model, tmp_path, frozen):
    ted = build(str(parts / "clip"), str(parts / "gpt2"), tokens=2, width=8, max_words=30, familiar=4)
    mtdm = MTDM(replace(tiny_model.mtdm.config, text_tokens=2, text_dim=8))
    model = MoTe(tiny_model.med, ted, mtdm)
    generated = decoder.generate(model, Pairs(model.med, ted, walks(1)))
    before, weight = ted.encode(CAPTIONS[:1]), ted.decoder.transformer.h[0].mlp.c_fc.weight.clone()
    plain = Batches(ted, CAPTIONS, [], None, TEDTraining())
    decoder.train(model, generated, plain, tmp_path, FitConfig(steps=2, warmup=1, lr=1e-2), frozen=frozen)
    trained = load_ted(tmp_path)
    torch.testing.assert_close(trained.encode(CAPTIONS[:1]), before, atol=1e-2, rtol=0)
    assert ((trained.decoder.transformer.h[0].mlp.c_fc.weight - weight).abs().max() > 1e-3) is not frozen


@pytest.mark.parametrize("tuned", [[], ["encoder"], ["decoder"], ["encoder", "decoder"]])
def test_only_what_is_tuned_learns_of_the_published_parts(parts, tuned):
    ted = build(str(parts / "clip"), str(parts / "gpt2"), tokens=2, width=8, max_words=20, familiar=4)
    trainer = TEDTrainer(ted)
    freeze(ted, tuned)
    for part in ("encoder", "decoder"):
        assert all(weight.requires_grad == (part in tuned) for weight in getattr(ted, part).parameters())
    assert ted.from_latent.weight.requires_grad
    assert ted.queries.requires_grad
    assert trainer.meaning is None


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        ("clip", None, "needs both: name a CLIP with --encoder and a GPT-2 with --decoder"),
        ("gpt2", "gpt2", "is a gpt2: give a CLIP"),
        ("clip", "clip", "is a clip: give a gpt2 or a t5"),
        ("nowhere", "gpt2", "is neither a model's folder nor one of the Hub in reach"),
    ],
)
def test_parts_that_do_not_fit_are_told_apart(parts, raw, tmp_path, encoder, decoder, message):
    named = [(f"--{part}", name) for part, name in (("encoder", encoder), ("decoder", decoder)) if name]
    options = [text for part, name in named for text in (part, str(parts / name))]
    with pytest.raises(SystemExit, match=message):
        stage.main(["--data", str(raw), "--out", str(tmp_path / "out"), *options])


@pytest.mark.parametrize("command", [stage.main, run.main])
def test_a_trained_ted_is_not_mixed_with_published_parts(raw, tmp_path, capsys, command):
    options = ["--data", str(raw), "--out", str(tmp_path / "out"), "--start", str(tmp_path), "--encoder", "clip"]
    with pytest.raises(SystemExit) as ended:
        command(options)
    assert "leave out --encoder and --decoder" in " ".join([str(ended.value), *capsys.readouterr().err.split()])


def test_weights_that_are_a_pickle_are_not_loaded(parts, tmp_path):
    folder = tmp_path / "gpt2"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((parts / "gpt2" / name).read_bytes())
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"the decoder .* has no weights as safetensors"):
        build(str(parts / "clip"), str(folder))


def test_the_whole_pipeline_takes_the_pair(tmp_path):
    every = commands(tmp_path, tmp_path, 100, [], None, ["--encoder=clip", "--decoder=gpt2"])
    assert "--frozen" not in every["decoder"]
    every = commands(tmp_path, tmp_path, 100, [], None, ["--encoder=clip", "--decoder=gpt2", "--tune", "encoder"])
    assert "--frozen" in every["decoder"]
    every = commands(tmp_path, tmp_path, 100, [], None, ["--encoder=clip", "--decoder=gpt2"])
    assert every["ted"][-4:] == ["--encoder=clip", "--decoder=gpt2", "--minutes", "35"]
    assert not any("--encoder=clip" in command for stage, command in every.items() if stage != "ted")
