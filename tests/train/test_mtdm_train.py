"""The denoiser's stage goes on from a trained denoiser, and only from one of the same latents."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from mote.checkpoint import load, save
from mote.models.mtdm import MTDM, MTDMConfig
from train.data import Clips
from train.loop import FitConfig
from train.mtdm import MTDMTraining, train

TRAINING = MTDMTraining(batch=2, trims=0, rewordings=0)


@pytest.fixture
def models(tiny_folder, tmp_path, monkeypatch):
    record = {"action": "walk", "style": None, "captions": ["a person walks"], "mirrored_captions": ["a person walks"]}
    features = [np.random.default_rng(0).normal(size=(60, 263)).astype(np.float16)] * 2
    monkeypatch.setattr(Clips, "load", lambda *_: Clips(features, [record] * 2))
    for stage in ("med", "ted"):
        shutil.copytree(tiny_folder / stage, tmp_path / stage)
    return tmp_path


def test_it_goes_on_from_a_trained_denoiser_in_its_own_shape(models, tiny_folder):
    start = load(MTDM, MTDMConfig, tiny_folder / "mtdm")
    trained = train(models, models, TRAINING, FitConfig(steps=1, lr=0.0), tiny_folder / "mtdm", layers=3)
    assert trained.config == start.config
    for name, weight in trained.state_dict().items():
        torch.testing.assert_close(weight.cpu(), start.state_dict()[name])


def test_a_denoiser_of_other_latents_is_an_error(models, tiny_folder):
    other = models / "other"
    save(MTDM(replace(load(MTDM, MTDMConfig, tiny_folder / "mtdm").config, text_dim=5)), other)
    with pytest.raises(ValueError, match="was trained on other latents"):
        train(models, models, TRAINING, FitConfig(steps=1), other)
