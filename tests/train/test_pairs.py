"""The pairs of latents that the denoiser learns from."""

import numpy as np
import pytest
import torch

from train.data import Clips
from train.med import encode_all
from train.pairs import Pairs, encode_texts

CAPTIONS = (["a person walks", "someone walks forward"], ["a man waves"], ["someone jumps", "a person jumps twice"])
MIRRORED = (["a person walks"], ["a man waves right"], ["someone jumps left"])


@pytest.fixture(scope="module")
def clips() -> Clips:
    rng = np.random.default_rng(0)
    records = [
        {"action": action, "style": None, "captions": captions, "mirrored_captions": mirrored}
        for action, captions, mirrored in zip(("walk", "wave", "jump"), CAPTIONS, MIRRORED, strict=True)
    ]
    return Clips([rng.normal(size=(frames, 263)).astype(np.float16) for frames in (60, 90, 120)], records)


@pytest.fixture(scope="module")
def pairs(tiny_model, clips) -> Pairs:
    return Pairs(tiny_model.med, tiny_model.ted, clips, trims=2)


def test_the_first_copy_is_the_whole_clip_and_its_mirror_image(tiny_model, clips, pairs):
    for half, mirrored in enumerate((False, True)):
        latents, lengths = encode_all(tiny_model.med, clips, mirrored=mirrored)
        torch.testing.assert_close(pairs.motion[0, 3 * half : 3 * half + 3], latents)
        assert pairs.frames[0, 3 * half : 3 * half + 3].tolist() == lengths.tolist() == [60, 90, 120]


def test_the_others_are_a_little_shorter(pairs):
    assert pairs.motion.shape[:2] == pairs.frames.shape == (3, 6)
    lost = 1 - pairs.frames[1:] / pairs.frames[0]
    assert 0 < lost.max() <= 0.11
    assert (pairs.motion[1] - pairs.motion[2]).abs().amax(dim=(1, 2)).min() > 0


def test_a_clip_is_drawn_with_a_sentence_of_its_own_and_its_length(tiny_model, pairs):
    batch = pairs.sample(200, torch.Generator().manual_seed(0))
    texts = [encode_texts(tiny_model.ted, list(captions)) for captions in (*CAPTIONS, *MIRRORED)]
    seen = set()
    for motion, text, frames in zip(batch.motion, batch.text, batch.frames, strict=True):
        copy, row = (pairs.motion == motion).all(dim=-1).all(dim=-1).nonzero()[0].tolist()
        assert frames == pairs.frames[copy, row]
        assert any(torch.allclose(text, own, atol=1e-4) for own in texts[row])
        seen.add((copy, row))
    assert len(seen) == 18


def test_a_rare_action_is_drawn_more_often_than_its_number(tiny_model):
    features = [np.zeros((40, 263), np.float16)] * 10
    captions = {"captions": ["a person walks"], "mirrored_captions": ["a person walks"]}
    records = [{"action": "walk" if number else "jump", "style": None, **captions} for number in range(10)]
    weights = Pairs(tiny_model.med, tiny_model.ted, Clips(features, records)).weights
    assert (weights[0] / weights[1]).item() == pytest.approx(3.0)
    assert torch.equal(weights[:10], weights[10:])


def test_reworded_captions_have_latents_of_their_own(tiny_model, clips, monkeypatch):
    monkeypatch.setattr("train.pairs.Paraphraser", lambda: lambda caption, action, style: f"{caption} {action}")
    pairs = Pairs(tiny_model.med, tiny_model.ted, clips, rewordings=2)
    actions = [record["action"] for record in clips.records] * 2
    own = [*CAPTIONS, *MIRRORED]
    told = [f"{caption} {action}" for captions, action in zip(own, actions, strict=True) for caption in captions]
    reworded = encode_texts(tiny_model.ted, told)
    torch.testing.assert_close(pairs.text[1], reworded)
    torch.testing.assert_close(pairs.text[2], reworded)
    drawn = pairs.sample(400, torch.Generator().manual_seed(0))
    plain = (drawn.text[:, None] == pairs.text[0]).all(dim=-1).all(dim=-1)
    assert plain.any(dim=1).all(), "what is to be written is a caption as it is"
    other = (drawn.reworded[:, None] == pairs.text[1]).all(dim=-1).all(dim=-1)
    assert 0 < other.any(dim=1).float().mean() < 1
