"""What latents tell, and how it is learned."""

from itertools import pairwise

import pytest
import torch

from mote.checkpoint import load
from mote.models.claims import ClaimReader, ClaimReaderConfig
from train import claims
from train.claims import CLASSES, UNKNOWN, ClaimsTraining, Examples, accuracy
from train.data import Clips
from train.loop import FitConfig, generator
from train.pairs import Motions
from train.prepare.reading import read_caption


def test_a_clip_shows_its_labels_and_its_mirror_image_the_other_side(motions):
    told = [claims.shown(record, mirrored=False) for record in motions.records]
    assert [(one["action"], one["style"], one["side"]) for one in told] == [
        ("walk", None, None), ("raise-hand", "elderly", "left"), ("wave", "feminine", "right"),
    ]  # fmt: skip
    assert claims.shown(motions.records[1], mirrored=True)["side"] == "right"
    rows = claims.classes(told)
    assert rows["style"][0] == UNKNOWN
    assert CLASSES["side"][rows["side"][1]] == "left"


def test_only_what_a_sentence_claims_is_asked_for():
    said = claims.classes([claims.claimed(read_caption("an old man waves his left hand"))])
    named = {kind: CLASSES[kind][row] for kind, row in ((k, int(v[0])) for k, v in said.items()) if row != UNKNOWN}
    assert named == {"action": "wave", "style": "elderly", "side": "left"}


def test_numbers_are_told_by_the_nearest_class_and_make_no_other_subject(active):
    walk = {**active.records[1], "facts": {**active.records[1]["facts"], "steps": 5, "distance": 4.4, "seconds": 3.2}}
    told = claims.shown(walk, mirrored=False)
    assert (told["steps"], told["meters"], told["seconds"]) == ("5", "4", "3")
    short = {**walk, "facts": {**walk["facts"], "steps": 1, "distance": 0.2}}
    rows = claims.classes([claims.shown(short, mirrored=False)])
    assert rows["steps"] == rows["meters"] == UNKNOWN
    dance = claims.shown(active.records[2], mirrored=False)
    assert dance["steps"] is dance["meters"] is None
    longer = {**walk, "facts": {**walk["facts"], "steps": 9, "distance": 6.1, "seconds": 5.0}}
    assert claims.subject(walk, mirrored=False) == claims.subject(longer, mirrored=False)
    said = claims.claimed(read_caption("a person walks nine meters for about four seconds taking six steps"))
    assert (said["steps"], said["meters"], said["seconds"]) == ("6", "8.5", "4")


def test_what_a_sentence_leaves_out_is_a_class_of_its_own(motions, choosy_model):
    examples = Examples(motions, choosy_model.ted, sentences=2)
    assert examples.claimed["style"].tolist() == [len(CLASSES["style"])] * 12, "no caption names one"
    names = [CLASSES["side"][row] if row < 3 else None for row in examples.claimed["side"][:6].tolist()]
    assert names == [None, "left", "right", None, "left", "right"], "these sentences are the same of mirror images"


def test_sentences_that_name_seconds_are_to_name_others_and_tell_of_so_long_a_motion(choosy_model, active):
    said = ["a person walks for about four seconds", "a person walks for about four meters"]
    records = [{**active.records[1], "captions": [text], "mirrored_captions": [text]} for text in said]
    motions = Motions(choosy_model.med, Clips([active.features[1]] * 2, records))
    own, other = (Examples(motions, choosy_model.ted, sentences=6, retimed=share) for share in (0.0, 1.0))
    assert set(own.frames.tolist()) == {159}
    seconds = [CLASSES["seconds"][row] for row in other.claimed["seconds"][::2]]
    assert other.frames[::2].tolist() == [20 * int(count) for count in seconds]
    assert len(set(seconds)) > 2
    assert other.frames[1::2].tolist() == own.frames[1::2].tolist(), "what names none stays as it is"
    assert torch.equal(other.meaning[1::2], own.meaning[1::2])
    assert not torch.equal(other.meaning[::2], own.meaning[::2])


def test_a_clip_of_some_length_is_told_by_those_near_it():
    told = claims.lengths(30, 196)
    assert (told[0], told[-1], len(told)) == (30, 196, claims.LENGTHS)
    assert {round(later / length, 1) for length, later in pairwise(told)} == {1.1}
    near = claims.near_lengths(torch.tensor([30, 79, 500]), told, 0.7)
    torch.testing.assert_close(near.sum(dim=1), torch.ones(3))
    assert [told[row] for row in near.argmax(dim=1)] == [30, 80, 196]
    assert (near[1] > 0.1).sum() == 3
    assert claims.lengths(8, 9) == (8, 9), "whole numbers, each once"


def test_it_is_learned_what_latents_show_and_say(choosy_folder, choosy_model, motions, active, tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "Motions", lambda *_, **__: motions)
    monkeypatch.setattr(claims.Clips, "load", lambda *_: active)
    monkeypatch.setattr(motions, "motion", torch.randn(1, 6, 2, 8, generator=generator(0, 0)).expand(2, -1, -1, -1))
    training = ClaimsTraining(batch=12, texts=12, noise=0.1, text_noise=0.1, sentences=1, reworded=0.0)
    fitting = FitConfig(lr=1e-2, steps=60, warmup=1, ema=0.5, validate_every=1000)
    model = claims.train(tmp_path, choosy_folder, tmp_path / "out", training, fitting)
    told = accuracy(model, Examples(motions, choosy_model.ted))
    assert told["action"] > 0.9
    assert told["said action"] > 0.9
    assert told["read action"] > 0.9
    assert told["length off"] < 0.1
    assert load(ClaimReader, ClaimReaderConfig, tmp_path / "out").config == model.config


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_sentences_are_reworded_as_often_as_asked(motions, choosy_model, monkeypatch, share):
    said: list[str] = []
    monkeypatch.setattr("train.pairs.Paraphraser.__call__", lambda _, caption, *__: said.append(caption) or caption)
    Examples(motions, choosy_model.ted, reworded=share)
    assert len(said) == 6 * share
