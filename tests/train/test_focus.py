"""A few actions learned anew, the rest kept."""

from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from mote.checkpoint import load
from mote.models.mtdm import MTDM, MTDMConfig
from mote.pipeline import MoTe
from train import focus
from train.cuts import UnseenError, beginning_alike
from train.focus import FocusTraining, Practices, loss
from train.loop import FitConfig, fit, generator
from train.mtdm import MTDMTraining
from train.pairs import Motions, Pairs
from train.storage import StoppedError

TRAINING = FocusTraining(batch=4, others=MTDMTraining(batch=4, trims=0, rewordings=0))


def test_actions_that_do_not_exist_are_told_in_a_sentence():
    with pytest.raises(ValueError, match=r"actions are some of .*; not swim"):
        FocusTraining(actions=("swim",))


def test_without_such_a_clip_the_denoiser_stays_as_it_is_if_asked(choosy_folder, tmp_path, monkeypatch, capsys):
    def unseen(*_):
        raise UnseenError("no clip shows punch")

    monkeypatch.setattr(focus, "train", unseen)
    start = choosy_folder / "mtdm"
    asked = ["--prepared", str(tmp_path), "--models", str(choosy_folder), "--start", str(start), "--out", str(tmp_path)]
    with pytest.raises(StoppedError, match="no clip shows punch"):
        focus.main(asked)
    focus.main([*asked, "--if-any"])
    assert "stays as it is" in capsys.readouterr().out
    before, after = (load(MTDM, MTDMConfig, folder).state_dict() for folder in (start, tmp_path))
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.fixture
def model(choosy_folder) -> MoTe:
    return MoTe.from_pretrained(choosy_folder, device="cpu")


def test_the_action_is_learned_and_the_rest_is_kept(model, active, tmp_path):
    focused, before = Motions(model.med, beginning_alike(active, ["punch"])), deepcopy(model.mtdm).eval()
    pairs, importance = Pairs(model.med, model.ted, active), torch.ones(())
    practices = Practices(focused, pairs, model.ted, model.claims, model.mtdm, TRAINING)

    def figures(denoiser, training: FocusTraining) -> dict[str, float]:
        rounds = [
            loss(denoiser, practices(0, generator(0, row)), generator(1, row), before=before, importance=importance,
                 training=training)[1]
            for row in range(8)
        ]  # fmt: skip
        return {name: float(np.mean([each[name] for each in rounds])) for name in rounds[0]}

    def learned(kept: float) -> dict[str, float]:
        training = replace(TRAINING, kept=kept)
        measured = partial(loss, before=before, importance=importance, training=training)
        fitting = FitConfig(steps=150, lr=1e-2, warmup=1, ema=0.9)
        return figures(
            fit(deepcopy(before), practices, measured, config=fitting, out=tmp_path / f"{kept}").eval(), training
        )

    first, freely, keeping = figures(before, TRAINING), learned(0.0), learned(6.0)
    assert first["changed"] == 0
    assert freely["learned"] < keeping["learned"] < first["learned"]
    assert keeping["changed"] < 0.5 * freely["changed"]
