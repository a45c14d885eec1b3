"""MED goes on from a trained one: better ways back from the same latents."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mote.checkpoint import save
from mote.models.med import MED, MEDConfig
from mote.motion.features import LAYOUT, to_features
from train import med
from train.data import Clips
from train.loop import FitConfig
from train.med import MEDTraining, _motion_losses, encode_all, errors, set_components

FITTING = FitConfig(lr=1e-2, steps=4, warmup=1, ema=0.5, precision="fp32")


@pytest.fixture(scope="module")
def clips() -> Clips:
    rng = np.random.default_rng(0)
    body = np.cumsum(np.full((22, 3), 0.1, np.float32), axis=0)
    made = [to_features((body + rng.normal(0, 0.02, (60, 22, 3))).astype(np.float32)) for _ in range(4)]
    record = {"action": "walk", "captions": ["a person walks"], "mirrored_captions": ["a person walks"]}
    return Clips([features.astype(np.float16) for features in made], [record] * 4)


@pytest.mark.parametrize("encoder_layers", [0, 1])
def test_its_latents_stay_and_what_is_made_of_them_changes(clips, tiny_model, tmp_path, monkeypatch, encoder_layers):
    monkeypatch.setattr(med.Clips, "load", lambda *_: clips)
    torch.manual_seed(0)
    before = MED(replace(tiny_model.med.config, encoder_layers=encoder_layers)).eval()
    for weight in before.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    save(before, tmp_path / "before", half=False)
    start = tmp_path / "before"
    after = med.train(tmp_path, tmp_path / "med", before.config, MEDTraining(batch=2), FITTING, start).eval()
    (one, lengths), (other, _) = encode_all(before, clips), encode_all(after, clips)
    torch.testing.assert_close(one, other)
    with torch.no_grad():
        assert (before.decode(one, lengths) - after.decode(one, lengths)).abs().max() > 1e-3


def test_one_of_another_set_is_refused(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(med.Clips, "load", lambda *_: clips)
    monkeypatch.setattr(med, "load", lambda *_: MED(MEDConfig(columns=251, lengths=(1.0,) * 21)))
    with pytest.raises(ValueError, match="is of 251 columns"):
        med.train(tmp_path, tmp_path / "med", MEDConfig(), MEDTraining(), FITTING, tmp_path)


def test_arms_can_count_more(tiny_model, clips):
    real = torch.from_numpy(clips.features[0].astype(np.float32))[None]
    valid = torch.ones(1, real.shape[1], dtype=torch.bool)
    errors = {}
    for joint in ("left wrist", "left ankle"):
        made = real.clone()
        made[..., LAYOUT.position(joint)] += 0.3
        errors[joint] = [
            _motion_losses(made, real, valid, tiny_model.med.config, arms)["joints"].item() for arms in (1.0, 4.0)
        ]
    assert errors["left wrist"][0] == pytest.approx(errors["left ankle"][0])
    assert errors["left wrist"][1] > 2 * errors["left wrist"][0]
    assert errors["left ankle"][1] < errors["left ankle"][0]


def test_components_of_all_columns_alike_keep_more_of_the_features(tiny_model, clips):
    lost = {}
    for even in (False, True):
        model = MED(replace(tiny_model.med.config, encoder_layers=0)).eval()
        set_components(model, clips, even=even)
        torch.nn.init.zeros_(model.head[-1].weight)
        torch.nn.init.zeros_(model.head[-1].bias)
        lost[even] = errors(model, clips)["features"]
    assert lost[True] < 0.98 * lost[False]
