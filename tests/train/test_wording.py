"""TED's encoder on captions in other words."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from mote.checkpoint import load_ted
from mote.motion.facts import measure
from mote.motion.motion import Motion
from train import wording
from train.prepare.paraphrases import Paraphraser
from train.wording import WordingTraining, lesson, understood

FACTS = asdict(measure(Motion(np.cumsum(np.full((60, 22, 3), 0.1), axis=1))))
RECORDS = [
    {"split": split, "action": action, "style": None, "side": None, "facts": FACTS, "captions": [text],
     "mirrored_captions": [text], "held_out": [split == "val"]}
    for split in ("train", "val")
    for action, text in (("walk", "a person walks forward"), ("jump", "someone jumps twice"))
]  # fmt: skip
HUMAN = ["a man waves his left hand"]


def test_half_of_a_lesson_is_in_other_words_and_means_the_caption():
    batch = lesson(
        RECORDS[:2], HUMAN, Paraphraser(1.0, 0.0), torch.Generator().manual_seed(0), WordingTraining(batch=16)
    )
    assert len(batch.said) == len(batch.meant) == 16
    captions = {"a person walks forward", "someone jumps twice"}
    assert set(batch.meant[:12]) == captions
    assert all(said not in captions for said in batch.said[:8])
    assert batch.said[8:] == batch.meant[8:]
    assert batch.said[12:] == HUMAN * 4


def test_what_lies_by_the_captions_of_its_action_is_understood(tiny_folder):
    ted = load_ted(tiny_folder / "ted")
    assert understood(ted, RECORDS[:2], RECORDS[2:]) in (0.0, 0.5, 1.0)
    same = [{**record, "captions": record["captions"] * 5, "held_out": [True] * 5} for record in RECORDS[:1]]
    assert understood(ted, [*RECORDS[:1]] * 5, same) == 1.0


@pytest.fixture
def run(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(wording, "read_manifest", lambda _, split: [r for r in RECORDS if r["split"] == split])
    monkeypatch.setattr(wording.text, "human", lambda _: HUMAN)
    monkeypatch.setattr(wording.text, "clips", lambda *_: [HUMAN[0], *(r["captions"][0] for r in RECORDS)] * 4)
    monkeypatch.setattr(wording, "understood", lambda *_: 0.0)
    paths = {"data": tmp_path, "prepared": tmp_path, "ted": tiny_folder / "ted", "out": tmp_path / "run"}
    arguments = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    wording.main([*arguments, "--minutes", "0.05", "--lr", "1e-2"])
    return tmp_path / "run"


def test_the_encoder_learns_and_what_writes_stays(run, tiny_folder):
    before, after = load_ted(tiny_folder / "ted"), load_ted(run)
    changed = {
        name
        for name, weight in after.state_dict().items()
        if not name.startswith("familiar.")
        and not np.allclose(weight.numpy(), before.state_dict()[name].numpy(), atol=1e-3)
    }
    assert any(name.startswith("encoder.") for name in changed)
    assert not [name for name in changed if name.startswith(("decoder.", "from_latent", "table", "latent_"))]
