"""How the space of motions and sentences is learned."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.motion.facts import measure
from mote.motion.motion import Motion
from train.data import Clips
from train.loop import FitConfig, fit
from train.retrieval import Groups, RetrievalTraining, contrast, loss, precision

ACTIONS = {"walk": "walks", "jump": "jumps", "wave-right-hand": "waves his right hand"}


@pytest.fixture(scope="module")
def groups(tiny_model) -> Groups:
    """Twelve clips of each of three actions, which look alike, and one sentence about each."""
    rng = np.random.default_rng(0)
    body = np.cumsum(np.full((22, 3), 0.1, np.float32), axis=0)
    facts = asdict(measure(Motion(np.repeat(body[None], 60, axis=0))))
    records, features = [], []
    for action, said in ACTIONS.items():
        pattern = rng.normal(size=(60, 263))
        for _ in range(12):
            features.append((pattern + 0.1 * rng.normal(size=(60, 263))).astype(np.float16))
            texts = {"captions": [f"a person {said}"], "mirrored_captions": [f"a person {said}"]}
            records.append({"action": action, "style": None, "side": None, "facts": facts, **texts})
    return Groups(tiny_model.med, tiny_model.ted, Clips(features, records))


def test_clips_of_the_same_labels_and_measures_show_the_same(groups):
    assert groups.group[:36].tolist() == [0] * 12 + [1] * 12 + [2] * 12


def test_the_loss_is_lowest_where_what_belongs_together_lies_together():
    places, sharpness = torch.eye(4), torch.tensor(4.0)
    own = torch.eye(4, dtype=torch.bool)
    right = contrast(places, places, sharpness, own)
    assert right < 1e-6
    assert contrast(places, places.roll(1, dims=0), sharpness, own) > 10
    twice = own.clone()
    twice[0, 1] = twice[1, 0] = True
    assert contrast(places, places, sharpness, twice) > right, "the two that are alike are to be as near"


def test_the_space_is_learned_and_sentences_find_their_motions(groups, tmp_path):
    text = groups.meaning.shape[2], groups.meaning.shape[3]
    torch.manual_seed(0)
    model = Retrieval(RetrievalConfig(motion=(2, 8), text=text, width=16, layers=1, heads=2, space=8))
    training = RetrievalTraining(batch=16, motion_noise=0.1, text_noise=0.1)
    before = precision(model.eval(), groups)["R1"]
    model = fit(
        model,
        lambda _, chance: groups.sample(training.batch, chance),
        lambda model, batch, chance: loss(model, batch, chance, training),
        config=FitConfig(lr=5e-3, steps=100, warmup=5, ema=0.9, precision="fp32"),
        out=tmp_path,
    )
    assert before < 0.9
    assert precision(model, groups)["R1"] > 0.95
