"""HumanML3D and KIT-ML as they are published: what is read, what is left out, and the whole pipeline by one command."""

import json
import sys

import numpy as np
import pytest
import torch
from parts import make_parts
from published import KIT_UNIT, SENTENCES, SPLITS, add, features, line, make

import app
from mote.files import read, write
from mote.motion.features import KIT_LAYOUT, LAYOUT
from mote.motion.skeleton import KIT_BODY
from mote.pipeline import MoTe
from train import run
from train.data import Clips, read_form, read_manifest
from train.prepare import published

LAYOUTS = {"humanml3d": LAYOUT, "kit-ml": KIT_LAYOUT}
ODD = {
    "M007975": ([np.nan] * 60, "NaN or infinity in the features: 1 (M007975)"),
    "000900": ([0.0] * 20, "shorter than"),
    "000901": ([0.0] * 200, "200 frames or more: 1 (000901)"),
}


@pytest.fixture(scope="module", params=LAYOUTS)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(name, tmp_path_factory):
    """A whole little set with a few clips that cannot be used."""
    layout = LAYOUTS[name]
    folder = make(tmp_path_factory.mktemp("sets") / name, layout)
    for clip, (heights, _) in ODD.items():
        rows = np.zeros((len(heights), layout.columns))
        rows[:, layout.height] = np.array(heights)[:, None]
        add(folder, clip, rows, [f"nothing{line()}"])
    seconds = 2.5
    lines = [
        f"a person walks{line('a/DET person/NOUN walk/VERB')}",
        f"they stop{line(start=0.5, end=3.0)}",
        f"too short{line(start=0.0, end=0.5)}",
        f"no end{line(start='nan', end='nan')}",
    ]
    add(folder, "000902", features(layout, 2 * seconds), lines)
    add(folder, "000903", features(layout, 4.0), [f"they stop{line(start=1.0, end=4.0)}"])
    (folder / "texts" / "000904.txt").write_text(f"no features{line()}\n")
    with (folder / "train.txt").open("a") as file:
        file.write("\n".join([*ODD, "000902", "000903", "000904"]) + "\n")
    return folder


@pytest.fixture(scope="module")
def prepared(name, folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("prepared")
    return out, published.prepare(folder, out, name)


def test_a_set_is_known_by_its_columns(name, folder, tmp_path):
    assert published.recognise(folder) == name
    assert published.recognise(tmp_path) is None
    (tmp_path / "new_joint_vecs").mkdir()
    with pytest.raises(ValueError, match=r"has no \.npy files"):
        published.recognise(tmp_path)
    np.save(tmp_path / "new_joint_vecs" / "1.npy", np.zeros((4, 66)))
    with pytest.raises(ValueError, match=r"HumanML3D has \(frames, 263\), KIT-ML \(frames, 251\)"):
        published.recognise(tmp_path)


def test_splits_stay_and_mirrored_clips_have_their_own_words(prepared):
    out, _ = prepared
    for split, count in SPLITS.items():
        records = {record["name"]: record for record in read_manifest(out, split)}
        assert len([name for name in records if not name.startswith("0009")]) == 2 * count
    assert records["M000012"]["captions"][0] == "a person raises the right arm"
    assert records["000012"]["captions"] == list(SENTENCES)
    assert records["M000012"]["take"] == "000012"
    assert (out / "Mean.npy").exists()


def test_parts_are_clips_of_their_own(name, prepared):
    out, _ = prepared
    fps = LAYOUTS[name].skeleton.fps
    clips = Clips.load(out, "train")
    places = {record["name"]: place for place, record in enumerate(clips.records)}
    whole, part, alone = (places[clip] for clip in ("000902", "000902-part1", "000903-part0"))
    assert clips.records[whole]["captions"] == ["a person walks", "no end"]
    assert clips.records[whole]["tokens"][0] == "a/DET person/NOUN walk/VERB"
    assert clips.records[part]["captions"] == ["they stop"]
    np.testing.assert_array_equal(clips.features[part], clips.features[whole][int(0.5 * fps) : int(3 * fps)])
    assert len(clips.features[alone]) == int(4 * fps) - int(fps)
    assert "000902-part2" not in places
    assert "000903" not in places


def test_what_is_left_out_is_named_with_its_reason(prepared):
    out, report = prepared
    for _, reason in ODD.values():
        assert reason in report
    assert "no file in new_joint_vecs: 1 (000904)" in report
    assert "parts outside of the lengths: 1 (000902-part2)" in report
    names = {record["name"] for record in read_manifest(out, "train")}
    assert not names & set(ODD)


def test_stored_features_are_as_near_as_halves_are(name, folder, prepared):
    out, _ = prepared
    clips = Clips.load(out, "val")
    for record, rows in zip(clips.records, clips.features, strict=True):
        original = np.load(folder / "new_joint_vecs" / f"{record['name']}.npy")
        np.testing.assert_allclose(rows, original, rtol=2**-11, atol=1e-7)


def test_batches_are_of_whole_units_and_nothing_is_mirrored(name, prepared):
    out, _ = prepared
    clips = Clips.load(out, "train")
    least = 40 if name == "humanml3d" else 24
    for seed in range(10):
        batch = clips.sample(4, torch.Generator().manual_seed(seed), limit=196, crop=True)
        assert not any(batch.mirrored)
        assert (batch.lengths % 4 == 0).all()
        assert batch.lengths.min() >= least
    assert clips.sides == (False,)


def test_kit_bones_are_measured(name, prepared):
    out, _ = prepared
    lengths = read_form(out).lengths
    assert (len(lengths) == 21) is (name == "kit-ml")
    if lengths:
        knee = lengths[KIT_BODY.index("left knee")]
        assert knee == pytest.approx(0.393623 / KIT_UNIT, rel=0.01)


def test_a_second_run_changes_nothing_and_a_missing_split_is_named(name, folder, prepared, tmp_path):
    out, report = prepared
    before = (out / "manifest.jsonl").stat().st_mtime_ns
    assert published.prepare(folder, out, name) == report
    assert (out / "manifest.jsonl").stat().st_mtime_ns == before
    other = next(known for known in published.SETS if known != name)
    with pytest.raises(ValueError, match=f"holds {name}, not {other}"):
        published.prepare(folder, out, other)
    with pytest.raises(ValueError, match=r"train\.txt is missing: it lists the clips of the split train"):
        published.prepare(tmp_path, tmp_path / "out", name)


def test_a_line_of_another_form_is_named(tmp_path):
    (tmp_path / "1.txt").write_text("a person walks\n")
    with pytest.raises(ValueError, match=r"1\.txt, line 1, is not caption#tokens#start#end: 'a person walks'"):
        published.read_captions(tmp_path / "1.txt")


def test_the_published_sample_and_lists_are_read(data, tmp_path):
    """The real clip, listed in the real split file; all others of the list are named as missing."""
    sample = data / "humanml3d"
    if not (sample / "new_joint_vecs" / "012314.npy").is_file():
        pytest.skip("HumanML3D's sample 012314 is not among the raw data")
    for split in ("train", "val", "test"):
        (tmp_path / f"{split}.txt").write_text("012314\n")
    (tmp_path / "new_joint_vecs").symlink_to(sample / "new_joint_vecs")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "012314.txt").write_text(f"a person walks{line()}\n")
    assert published.recognise(tmp_path) == "humanml3d"
    published.prepare(tmp_path, tmp_path / "out", "humanml3d")
    rows = Clips.load(tmp_path / "out", "test").features[0].astype(np.float32)
    difference = np.abs(rows - np.load(sample / "new_joint_vecs" / "012314.npy"))
    for kind, most in (
        ("turn", 5e-4),
        ("velocity", 5e-4),
        ("height", 5e-4),
        ("positions", 7e-3),
        ("rotations", 1.4e-2),
    ):
        assert difference[:, getattr(LAYOUT, kind)].max() < most, kind
    assert not difference[:, LAYOUT.contacts].any()


@pytest.mark.slow
def test_from_the_folder_to_the_app_by_one_command(name, folder, tmp_path, monkeypatch):
    """Every stage for some seconds with published parts in little; then the model generates, captions and exports."""

    parts = make_parts(tmp_path / "parts")
    options = ["--data", str(folder), "--out", str(tmp_path / "run"), "--minutes", "0.4"]
    options += ["--encoder", str(parts / "clip"), "--decoder", str(parts / "gpt2")]
    monkeypatch.setattr(sys, "argv", ["train.run", *options])
    run.main()
    model = MoTe.from_pretrained(tmp_path / "run" / "model", device="cpu")
    joints, fps = (22, 20.0) if name == "humanml3d" else (21, 12.5)
    (made,) = model.generate("text-to-motion", text="a person raises the left arm", seconds=3.0, steps=2, seed=0)
    assert made.motion.joints.shape == (round(3 * fps), joints, 3)
    assert made.motion.fps == fps
    for form in ("bvh", "npy", "glb"):
        write(made.motion, tmp_path / f"motion.{form}")
    again = read(tmp_path / "motion.bvh")
    np.testing.assert_allclose(again.joints, made.motion.joints, atol=1e-3)
    (caption,) = model.generate("motion-to-text", motion=again, steps=2, seed=0)
    assert isinstance(caption.text, str)
    assert app.build(model, tmp_path / "run" / "model")
    config = json.loads((tmp_path / "run" / "model" / "med" / "config.json").read_text())
    assert config["columns"] == LAYOUTS[name].columns
