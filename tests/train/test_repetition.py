"""Writers on one latent: the same encoder, decoders of either kind, and how often they repeat themselves."""

import numpy as np
import torch

from mote.checkpoint import load, save
from mote.models.ted import TED, TEDConfig
from mote.models.writers import T5Writer
from train import repetition
from train.data import Clips
from train.prepare import text
from train.repetition import load_unruly
from train.ted import with_writer


def test_another_writer_leaves_the_latents_as_they_are(tiny_model):
    other = with_writer(tiny_model.ted, "t5")
    assert isinstance(other.decoder, T5Writer)
    captions = ["a person walks", "someone jumps twice"]
    torch.testing.assert_close(other.eval().encode(captions), tiny_model.ted.encode(captions))


def test_the_table_has_a_row_for_every_writer_and_kind(tiny_model, tmp_path, monkeypatch, capsys):
    for writer in ("gpt2", "t5"):
        ted = with_writer(tiny_model.ted, writer)
        save(ted, tmp_path / writer)
        ted.save_tokenizer(tmp_path / writer)
    assert load(TED, TEDConfig, tmp_path / "t5").config.no_repeat == 3
    assert load_unruly(tmp_path / "t5").config.no_repeat == 0
    features = [np.random.default_rng(row).normal(size=(50, 263)).astype(np.float16) for row in range(3)]
    monkeypatch.setattr(Clips, "load", lambda *_: Clips(features, [{}] * 3))
    monkeypatch.setattr(text, "clips", lambda *_: ["a person walks forward"] * 3)
    monkeypatch.setattr(repetition, "FREE", 4)
    monkeypatch.setattr(repetition.MoTe, "from_pretrained", lambda _: tiny_model)
    folders = [str(tmp_path / writer) for writer in ("gpt2", "t5")]
    repetition.main(["--model", "tiny", "--ted", *folders, "--data", "prepared"])
    rows = [line.split(" | ") for line in capsys.readouterr().out.strip().splitlines()[2:]]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        (f"| {writer}", kind, count)
        for writer in ("gpt2", "t5")
        for kind, count in (("captions of motions", "3"), ("from nothing", "4"), ("written back", "3"))
    ]
    assert all(0 <= float(row[3].removesuffix(" %")) <= 100 for row in rows)
