"""The judge and the report: tiny networks, synthetic motions whose action is plain, the whole command."""

import json
import math
from dataclasses import replace

import numpy as np
import people
import pytest
import torch

from mote.checkpoint import load, save
from mote.motion.facts import measure
from mote.motion.features import LAYOUT, to_features
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from train import match
from train.data import MANIFEST, Clips
from train.evaluate import PARTS, main
from train.evaluate_prompts import CALLS, plain_prompts
from train.evaluator import Evaluator, EvaluatorConfig, EvaluatorTraining, Targets, accuracy, classes, train
from train.loop import FitConfig
from train.matching import load_matching
from train.metrics_motion import Repeated
from train.observe import (
    Observed,
    Outcome,
    RealClip,
    judge_caption,
    judge_motion,
    kept,
    observe,
    share,
    shown_side,
    table_by,
    waving,
)
from train.prepare.captions import read_caption
from train.report import JSON, Report, Row

CONFIG = EvaluatorConfig(actions=("walk", "wave"), styles=("normal", "elderly"), width=8)


def waving_motion(frames: int, side: str = "left") -> Motion:
    """A hand above its shoulder that swings 15 cm to either side once a second."""
    joints = people.standing(frames)
    wrist, shoulder = HUMANML3D.index(f"{side} wrist"), HUMANML3D.index(f"{side} shoulder")
    joints[:, wrist] = joints[:, shoulder] + [0, 0.3, 0.1]
    joints[:, wrist, 0] += 0.15 * np.sin(2 * np.pi * np.arange(frames) / HUMANML3D.fps)
    return Motion(joints)


def walking_motion(frames: int) -> Motion:
    """A glide forward by 1 m/s with swinging arms."""
    joints = people.standing(frames)
    joints[..., 2] += np.arange(frames)[:, None] / HUMANML3D.fps
    joints[:, [20, 21], 2] += 0.2 * np.sin(np.arange(frames) / 4)[:, None] * [1, -1]
    return Motion(joints)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory):
    """Walks and waves of several lengths in the prepared form, the same in every split."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "features").mkdir()
    records = []
    for split in ("train", "val", "test"):
        for number in range(8 if split == "train" else 34):  # the matching networks' pools are of 32
            wave, side = number % 2 == 0, "left" if number % 4 == 0 else "right"
            motion = waving_motion(50 + number, side) if wave else walking_motion(50 + number)
            name = f"{split}-{number}"
            np.save(folder / "features" / f"{name}.npy", to_features(motion.joints).astype(np.float16))
            captions = [f"a man waves his {side} hand", "an old man waves"] if wave else ["a person walks forward"]
            records.append(
                {
                    "name": name, "split": split, "action": f"wave-{side}-hand" if wave else "walk",
                    "style": "normal", "side": side if wave else None, "captions": captions,
                    "mirrored_captions": captions, "held_out": [index == 1 for index in range(len(captions))],
                }
            )  # fmt: skip
    (folder / MANIFEST).write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


@pytest.fixture(scope="module")
def judge(prepared, tmp_path_factory) -> tuple[Evaluator, object]:
    """An evaluator trained for a few seconds, and its folder."""
    folder = tmp_path_factory.mktemp("evaluator")
    training = EvaluatorTraining(batch=8, action_clips=3, style_clips=3)
    fitting = FitConfig(steps=40, lr=1e-2, warmup=2, ema=0.8, precision="fp32")
    return train(prepared, folder, training, fitting, Evaluator), folder


def clip(action: str, side: str | None, motion: Motion, seen: str) -> RealClip:
    return RealClip(
        record={"action": action, "side": side}, action="wave", style="elderly", kind="hand", motion=motion,
        seen=Observed(action=seen, style="elderly", facts=measure(motion)),
    )  # fmt: skip


def test_padding_changes_no_verdict():
    torch.manual_seed(0)
    model = Evaluator(CONFIG).eval()
    features = torch.randn(1, 45, LAYOUT.columns)
    padded = torch.cat([features, torch.full((1, 30, LAYOUT.columns), 9.0)], dim=1)
    alone, among = model(features, torch.tensor([45])), model(padded, torch.tensor([45]))
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(alone, among, strict=True))


def test_it_learns_walks_from_waves_and_comes_back_from_disk(judge, prepared):
    model, folder = judge
    clips = Clips.load(prepared, "test")
    assert accuracy(model, clips)["action"] == 1
    assert model.config.actions == ("walk", "wave")
    loaded = load(Evaluator, EvaluatorConfig, folder)
    assert loaded.config == model.config
    assert loaded.judge(clips.features) == model.judge(clips.features)


def test_a_wave_of_either_hand_is_a_wave(judge):
    seen = observe(judge[0], [waving_motion(60, "left"), waving_motion(60, "right"), walking_motion(60)])
    assert [one.action for one in seen] == ["wave", "wave", "walk"]
    assert [one.facts.raised_hand for one in seen] == ["left", "right", None]
    assert [waving(one.facts) for one in seen] == [True, True, False]


def test_rare_and_unknown_labels_are_no_classes():
    records = [{"action": "walk", "style": "old"}] * 3 + [{"action": "bow", "style": None}]
    assert classes(records, "action", 2) == ("walk",)
    assert classes(records, "style", 1) == ("elderly",)
    targets = Targets(records, ("walk",), "action")
    logits = torch.randn(2, 1, requires_grad=True)
    assert targets.entropy(logits, [3, 3]).item() == 0
    assert targets.classes.tolist() == [0, 0, 0, -100]


@pytest.mark.parametrize(
    ("caption", "seen", "made", "right"),
    [
        ("a man waves his left hand", "wave", "left", True),
        ("a man waves his left hand", "wave", "right", False),
        ("a man waves", "wave", "right", True),
        ("a man waves his right hand", "wave", "left", True),  # the real clip shows the left: no side is judged
        ("a man waves his left hand", "walk", "left", None),  # the judge is wrong on the real clip
        ("someone does it", "wave", "left", None),
    ],
)
def test_a_motion_is_held_to_what_its_prompt_names(caption, seen, made, right):
    motion = waving_motion(60, made)
    observed = Observed(action="wave", style="normal", facts=measure(motion))
    outcome = judge_motion(read_caption(caption), clip("wave-left-hand", "left", waving_motion(60), seen), observed)
    assert (outcome.right if outcome else None) is right


@pytest.mark.parametrize(
    ("caption", "done"),
    [
        ("a man walks straight for six meters taking twelve steps", {"path": True, "distance": True, "steps": True}),
        ("a man walks in a circle for two meters in 7 steps", {"path": False, "distance": False, "steps": False}),
        ("someone walks for six seconds turning around", {"duration": True, "size": False}),
        ("a person walks quickly and comes to a stop", {"pace": False, "stop": False}),
        ("a woman raises the left hand over her head", {"height": False}),
        ("a person jumps twice", {"times": False}),
        ("a person does it twice", {"times": False}),
        ("a person walks", {}),
    ],
)  # fmt: skip
def test_what_a_sentence_names_is_measured(caption, done):
    facts = measure(Motion(people.walking(6, (0, 1))))
    assert {fact: right for fact, right in kept(read_caption(caption), facts).items() if right is not None} == done


@pytest.mark.parametrize(
    ("label", "caption", "action", "side", "silent"),
    [
        ("left", "a man waves his left hand", True, True, False),
        ("left", "a man waves his right hand", True, False, False),
        ("left", "a man waves", True, False, True),
        (None, "a man waves his left hand", True, True, False),
        (None, "a man waves his right hand", True, False, False),
        (None, "a man waves", True, None, False),
        ("left", "a man walks", False, False, True),
    ],
)
def test_a_caption_is_held_to_the_label_and_to_the_measured_side(label, caption, action, side, silent):
    outcome = judge_caption(read_caption(caption), clip("wave-left-hand", label, waving_motion(60), "wave"))
    assert (outcome.action, outcome.side, outcome.silent) == (action, side, silent)
    assert outcome.style is None


def test_a_turn_and_a_way_show_sides():
    facts = measure(walking_motion(60))
    assert shown_side("turn", replace(facts, turn=40.0)) == "left"
    assert shown_side("turn", replace(facts, turn=-40.0)) == "right"
    assert shown_side("turn", replace(facts, turn=5.0)) is None
    assert shown_side("travel", replace(facts, heading=-30.0)) == "right"
    assert shown_side("low", facts) is None


def test_tables_count_what_can_be_judged():
    def outcome(got: str, side: bool | None) -> Outcome:
        return Outcome(wanted="wave", got=got, side=side, style=got == "wave", named_style="sad" if side else None)

    outcomes = [outcome("wave", True), outcome("wave", False), outcome("walk", None), outcome("walk", True)]
    assert share([one.right for one in outcomes]) == (0.25, 4)
    assert share([one.side for one in outcomes]) == (2 / 3, 3)
    assert math.isnan(share([None])[0])
    assert table_by(outcomes, "wanted")["wave"] == {
        "count": 4, "action": 0.5, "side": 2 / 3, "style": 0.5, "taken_for": {"walk": 2},
    }  # fmt: skip
    assert table_by(outcomes, "named_style")["sad"]["count"] == 2


def test_targets_are_met_from_the_right_side(tmp_path):
    rows = [
        Row(what="share", measured=0.9, count=10, least=0.85),
        Row(what="error", measured=31.0, count=10, most=30, unit="mm"),
        Row(what="nothing", measured=float("nan"), count=0, least=0.5),
    ]
    report = Report(settings={"split": "test"}, rows=rows)
    report.write(tmp_path)
    assert "| share | ≥ 85.0 % | 90.0 % | yes | 10 |" in report.markdown()
    assert "| error | ≤ 30.0 mm | 31.0 mm | no | 10 |" in report.markdown()
    written = json.loads((tmp_path / "report.json").read_text())
    assert [row["met"] for row in written["rows"]] == [True, False, None]
    assert written["rows"][2]["measured"] is None


def test_a_report_is_read_back_and_gone_on_with(tmp_path):
    table = {"real": {"FID": Repeated(mean=1.0, interval=0.1)}}
    group = {"walk": {"count": 3, "action": 1.0, "side": None, "style": None, "taken_for": {}}}
    rows = [Row(what="share", measured=0.9, count=10, least=0.85), Row(what="none", measured=float("nan"), count=0)]
    report = Report(settings={"steps": 10}, rows=rows, tables={"motions": table}, groups={"by action": group})
    report.write(tmp_path)
    again = Report.read(tmp_path / JSON)
    assert again.markdown() == report.markdown()
    again.add(Report(settings={"steps": 10}, rows=[replace(rows[0], measured=0.8), replace(rows[0], what="new")]))
    assert [(row.what, row.measured) for row in again.rows if row.count] == [("share", 0.8), ("new", 0.9)]
    with pytest.raises(ValueError, match="differ in steps, weights"):
        again.add(Report(settings={"steps": 20, "weights": "ab12"}))
    (tmp_path / "report.json").write_text("[]")
    with pytest.raises(ValueError, match=r"is no report of train\.evaluate"):
        Report.read(tmp_path / JSON)


@pytest.fixture(scope="module")
def matching(prepared, tiny_folder, tmp_path_factory):
    """The folder of matching networks trained for a moment."""
    folder = tmp_path_factory.mktemp("matching")
    fitting = FitConfig(steps=3, warmup=1, precision="fp32")
    match.train(prepared, tiny_folder / "ted", folder, match.MatchTraining(batch=4), fitting)
    return folder


def test_a_report_of_another_model_is_refused_before_anything_is_made(tiny_folder, prepared, tmp_path, monkeypatch):
    def nothing_yet(evaluation):
        raise AssertionError("a part has begun")

    monkeypatch.setitem(PARTS, "ted", nothing_yet)
    Report(settings={"weights": "another"}).write(tmp_path)
    folders = ["--model", tiny_folder, "--data", prepared, "--out", tmp_path]
    with pytest.raises(SystemExit, match="the reports differ in weights"):
        main([*map(str, folders), "--parts", "ted", "--add"])


def test_the_matching_networks_come_back_from_disk(matching, prepared):
    model = load_matching(matching)
    assert model.embed_texts(["a person walks forward"]).shape == (1, model.config.width)
    precise = match.precision(model, Clips.load(prepared, "test"))
    assert 0 <= precise["R1"] <= precise["R2"] <= precise["R3"] <= 1


def test_the_whole_command_on_a_tiny_model(tiny_folder, prepared, judge, matching, tmp_path):
    def run(out: str, *parts: str) -> dict:
        folders = {
            "--model": tiny_folder, "--data": prepared, "--evaluator": judge[1], "--matching": matching,
            "--out": tmp_path / out,
        }  # fmt: skip
        few = {
            "--steps": 2, "--joint": 3, "--timed": 1, "--batch": 12, "--captions": 6, "--repeats": 2, "--texts": 2,
            "--samples": 2,
        }  # fmt: skip
        words = [str(word) for pair in (folders | few).items() for word in pair]
        main([*words, "--guidance", "2", "1", *(("--parts", *parts) if parts else ())])
        return json.loads((tmp_path / out / "report.json").read_text())

    first, second = run("first"), run("second", "joint", "ted", "text-to-motion")
    assert first["settings"]["guidance"] == [2.0, 1.0]
    kinds = {f"{task}, by {kind}" for task in ("text-to-motion", "motion-to-text") for kind in ("action", "style")}
    kinds |= {"actions by their plain names, by action", "the judge on real clips, by action"}
    assert first["groups"].keys() == kinds
    assert len(first["tables"]) == 4
    by_networks = next(table for title, table in first["tables"].items() if "FID" in title)
    assert by_networks["real"].keys() < by_networks["generated"].keys()
    figures = {row["what"]: row["measured"] for row in first["rows"]}
    assert figures["the judge on real clips: action"] == figures["the judge on real clips: mean over actions"] == 1
    assert len(figures) == len(first["rows"])
    shares = [row["measured"] for row in first["rows"] if row["unit"] == "%" and row["measured"] is not None]
    assert all(0 <= value <= 1 for value in shares)
    assert all(row in first["rows"] for row in second["rows"])  # the same seed, the same figures
    assert len(second["rows"]) > 5
    assert all(what in (tmp_path / "first" / "REPORT.md").read_text() for what in figures)


def test_parts_can_be_asked_for_alone(tiny_folder, prepared, judge, tmp_path):
    folder = tmp_path / "judge"
    save(judge[0], folder)
    main(
        ["--model", str(tiny_folder), "--data", str(prepared), "--evaluator", str(folder), "--out", str(tmp_path),
         "--split", "val", "--parts", "real"]
    )  # fmt: skip
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["settings"]["split"] == "val"
    assert {row["what"].split(":")[0] for row in report["rows"]} == {
        "the judge on real clips",
        "the clips' own captions, read alike",
    }


def test_figures_of_the_matching_networks_need_them(tiny_folder, prepared, judge, tmp_path, capsys):
    folders = ["--model", tiny_folder, "--data", prepared, "--evaluator", judge[1], "--out", tmp_path]
    with pytest.raises(SystemExit):
        main([*map(str, folders), "--parts", "matching"])
    assert "needs --matching" in capsys.readouterr().err


def test_plain_prompts_name_the_action_and_both_sides():
    kicks = plain_prompts("kick")
    assert len(kicks) == CALLS
    assert len(set(kicks)) > 2
    assert {read_caption(text).action for text in kicks} == {"kick"}
    assert {read_caption(text).side for text in kicks} >= {"left", "right"}
    assert not any(
        mark in text for action in ("wave", "walk", "animal") for text in plain_prompts(action) for mark in "~{}"
    )
