"""Which captions TED knows others by."""

from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest

from mote.checkpoint import load_ted
from mote.motion.facts import measure
from mote.motion.motion import Motion
from train import known

FACTS = asdict(measure(Motion(np.cumsum(np.full((60, 22, 3), 0.1), axis=1))))
COUNTS = {"walk": 30, "jump": 3}


@pytest.fixture
def records() -> list[dict]:
    """Clips of something common and of something rare, a caption each."""
    return [
        {"split": "train", "action": action, "style": None, "side": None, "facts": FACTS,
         "captions": [f"the {action} {number}"], "mirrored_captions": [f"the {action} {number}"]}
        for action, count in COUNTS.items()
        for number in range(count)
    ]  # fmt: skip


def test_half_of_them_are_spread_evenly_over_what_clips_show(records, monkeypatch):
    monkeypatch.setattr(known, "KNOWN", 12)
    captions = known.spread(records)
    assert len(set(captions)) == 12
    assert Counter(caption.split()[1] for caption in captions[:6]) == {"walk": 3, "jump": 3}


def test_all_are_known_where_there_are_few(records):
    assert len(known.spread(records)) == sum(COUNTS.values())


def test_the_command_writes_a_ted_that_understands_by_them(tiny_folder, tmp_path, records, monkeypatch, capsys):
    monkeypatch.setattr(known, "read_manifest", lambda *_: records)
    known.main(["--ted", str(tiny_folder / "ted"), "--prepared", str(tmp_path), "--out", str(tmp_path / "new")])
    assert "knows 33 captions" in capsys.readouterr().out
    before, after = load_ted(tiny_folder / "ted"), load_ted(tmp_path / "new")
    assert before.config.known == 0
    text = ["somebody swims"]
    assert (before.understand(text, 0.5) == before.encode(text)).all(), "without captions a text means what it says"
    assert (after.encode(text) == before.encode(text)).all()
    monkeypatch.setattr("mote.models.familiar.NEAR", 0.0)  # to an untrained TED all texts are much alike
    assert not (after.understand(text, 0.5) == before.encode(text)).all()
