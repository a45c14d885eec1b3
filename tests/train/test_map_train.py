"""The command that makes the map: on a tiny model and a handful of made clips."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from people import body

from mote import Motion
from mote.map import KINDS
from mote.motion.facts import measure
from mote.motion.features import to_features
from mote.retrieve import Index
from train.map import main, picture, sentence

HUMAN = "this sentence was written by a person"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Six clips of the test split and one of training, each with a person's sentence before that of the grammar."""
    folder = tmp_path_factory.mktemp("prepared")
    records = []
    for row in range(7):
        motion = Motion(body(1.8 + 0.2 * row))
        name, split = f"made-up/{row}", "test" if row else "train"
        path = folder / "features" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, to_features(motion.joints).astype(np.float16))
        records.append(
            {"name": name, "split": split, "frames": len(motion) - 1, "action": ("walk", "wave-left-hand")[row % 2],
             "style": (None, "elderly")[row % 2], "side": None, "captions": [HUMAN], "facts": asdict(measure(motion))}
        )  # fmt: skip
    (folder / "manifest.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def test_the_command_writes_a_map_that_its_model_opens(prepared, placed_model, tmp_path, capsys):
    path = tmp_path / "assets" / "map.safetensors"
    main(["--model", str(placed_model.folder), "--data", str(prepared), "--out", str(path)])
    assert "6 clips" in capsys.readouterr().out
    assert HUMAN.encode() not in path.read_bytes()
    index = Index.open(path, placed_model, prepared)
    assert [(clip.action, clip.style) for clip in index.map.clips] == [("wave", "elderly"), ("walk", None)] * 3
    for kind, row in ((kind, row) for kind in KINDS for row in range(6)):
        own = index.neighbour(kind, row)
        query = own.sentence if kind == "sentence" else own.motion()
        assert index.model.place(query) @ index.place_of(kind, row) > 0.98, "a point is where its motion or sentence is"


def test_a_model_without_a_space_is_refused(prepared, tiny_folder, tmp_path):
    with pytest.raises(SystemExit, match="has no folder retrieval"):
        main(["--model", str(tiny_folder), "--data", str(prepared), "--out", str(tmp_path / "map.safetensors")])


def test_the_sentence_is_the_first_of_the_clip_s_own(prepared):
    record = json.loads((prepared / "manifest.jsonl").read_text().splitlines()[1])
    assert sentence(record) == sentence(record)
    assert any(word in sentence(record) for word in ("wav", "hand", "greet", "hello", "swing"))


def test_what_is_near_in_the_space_is_near_in_the_picture():
    chance = torch.Generator().manual_seed(0)
    places = torch.eye(6)[:3].repeat_interleave(20, dim=0) + 0.05 * torch.randn(60, 6, generator=chance)
    points = picture(torch.nn.functional.normalize(places, dim=-1))
    assert points.abs().max() == pytest.approx(1)
    nearest = torch.cdist(points, points).fill_diagonal_(9).argmin(dim=1)
    assert torch.equal(nearest // 20, torch.arange(60) // 20)
