"""Retrieval across the two sides of the denoiser: on a tiny network, and on pairs whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from mote.models.mtdm import MTDM, MTDMConfig
from mote.pipeline import MoTe
from train.alignment import LABELS, RIDGE, Pairs, States, align, linear_map, retrieval, states
from train.data import Clips

TINY = MTDMConfig(motion_tokens=2, motion_dim=4, text_tokens=3, text_dim=5, width=16, layers=2, heads=2)
SENTENCES = ["a person walks forward", "a man waves his left hand", "a man waves his right hand", "someone jumps"] * 8


def denoiser(interaction: str) -> MTDM:
    torch.manual_seed(0)
    model = MTDM(replace(TINY, interaction=interaction)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return model


def pairs(seed: int) -> Pairs:
    chance = torch.Generator().manual_seed(seed)
    motion, text = torch.randn(32, 2, 4, generator=chance), torch.randn(32, 3, 5, generator=chance)
    frames = torch.full((32,), 60)
    return Pairs(motion=motion, text=text, frames=frames, sentences=SENTENCES, actions=["walk"] * 32)


def test_each_side_is_seen_alone_at_every_depth():
    model = denoiser("in-context")
    first, second = pairs(0), pairs(1)
    seen, other = states(model, first), states(model, replace(first, text=second.text))
    assert seen.motion.shape == seen.text.shape == seen.imagined.shape == (3, 32, 16)
    assert torch.equal(seen.motion, other.motion), "nothing of the sentence is in what is made of the motion"
    assert torch.equal(seen.imagined, other.imagined)
    changed = states(model, replace(first, motion=second.motion))
    assert torch.equal(seen.text, changed.text)
    moved = (seen.imagined - changed.imagined).abs().amax(dim=(1, 2))
    assert moved[0] == 0, "before the first block the text's side is noise"
    assert moved[1] > 1e-4, "a block tells it of the motion"


def test_without_interaction_a_motion_says_nothing_of_a_sentence():
    model = denoiser("none")
    assert torch.equal(
        states(model, pairs(0)).imagined, states(model, replace(pairs(0), motion=pairs(1).motion)).imagined
    )


def test_a_linear_map_is_found():
    torch.manual_seed(0)
    inputs, true = torch.randn(5000, 3), torch.randn(3, 4)
    held = linear_map(inputs + 2, inputs @ true - 1) * (1 + RIDGE)
    torch.testing.assert_close(held, true, atol=0.05, rtol=0.05)


def test_what_is_aligned_is_found_and_what_is_not_is_not():
    torch.manual_seed(0)
    text = torch.randn(32, 64)
    turned, _ = torch.linalg.qr(torch.randn(64, 64))
    training = torch.randn(2000, 64)
    seen = States(motion=(text @ turned)[None], text=text[None], imagined=2 * text[None] + 3)
    learned = States(motion=(training @ turned)[None], text=training[None], imagined=training[None])
    apart, mapped, imagined = (retrieval(seen, learned, range(32))[label][0] for label in LABELS)
    assert mapped == imagined == 1
    assert apart < 0.3
    assert retrieval(seen, learned, ["the same"] * 32)[LABELS[0]] == [1], "any of equal meaning will do"


def test_the_table_and_the_picture(tiny_model, tmp_path, monkeypatch):
    records = [{"action": text.split()[1], "captions": [text]} for text in SENTENCES]
    chance = np.random.default_rng(0)
    features = [chance.normal(size=(40 + row, 263)).astype(np.float16) for row in range(32)]
    monkeypatch.setattr(Clips, "load", lambda *_: Clips(features, records))
    apart = MTDM(replace(tiny_model.mtdm.config, interaction="none"))
    models = {"with": tiny_model, "without": MoTe(tiny_model.med, tiny_model.ted, apart)}
    lines = align(models, tmp_path, "val", tmp_path / "pictures" / "map.png").splitlines()
    assert lines[0] == "| model | who finds whom, first of 32 | before | block 1 |"
    assert len(lines) == 2 + 2 * len(LABELS)
    assert all(line.startswith("| without | ") and line.count(" % |") == 2 for line in lines[5:])
    assert imread(tmp_path / "pictures" / "map.png")[..., :3].std() > 0.01


@pytest.mark.parametrize("depth", [0, 1])
def test_hooks_are_taken_off_again(depth):
    model = denoiser("in-context")
    states(model, pairs(0))
    assert not model.blocks[depth]._forward_hooks
    assert not model.blocks[depth]._forward_pre_hooks
