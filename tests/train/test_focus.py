"""A few actions learned anew, the rest kept."""

from copy import deepcopy
from dataclasses import asdict, replace
from functools import partial

import numpy as np
import pytest
import torch

from mote.checkpoint import load
from mote.models.mtdm import MTDM, MTDMConfig
from mote.motion.features import to_features, to_motion
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from mote.pipeline import MoTe
from train import focus
from train.data import Clips
from train.focus import FocusTraining, Practices, beginning_alike, loss
from train.loop import FitConfig, fit, generator
from train.mtdm import MTDMTraining
from train.pairs import Motions, Pairs
from train.prepare.facts import measure, strikes
from train.storage import StoppedError

TRAINING = FocusTraining(batch=4, others=MTDMTraining(batch=4, trims=0, rewordings=0))
STRIKES = (30, 70, 110)


def boxer(*moments: int, frames: int = 140) -> Motion:
    """Somebody whose right fist is thrust out at these frames, a tenth of a second each way."""
    rest = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + HUMANML3D.offsets[joint]
    joints = np.repeat(rest[None], frames, axis=0)
    for moment in moments:
        for away, reach in ((-1, 0.2), (0, 0.4), (1, 0.2)):
            joints[moment + away, HUMANML3D.index("right wrist"), 2] += reach
    return Motion(joints).on_floor()


@pytest.fixture(scope="module")
def clips() -> Clips:
    motions, said = (boxer(*STRIKES), boxer(frames=60)), ("a person punches", "a person walks")
    records = [
        {"action": action, "style": None, "side": None, "facts": asdict(measure(motion)), "captions": [text],
         "mirrored_captions": [text], "held_out": [False]}
        for motion, action, text in zip(motions, ("punch", "walk"), said, strict=True)
    ]  # fmt: skip
    return Clips([to_features(motion.joints).astype(np.float16) for motion in motions], records)


def test_a_fist_strikes_where_it_is_fastest():
    found = strikes(boxer(*STRIKES))
    assert all(min(abs(row - moment) for moment in STRIKES) <= 2 for row in found)
    assert {min(STRIKES, key=lambda moment, row=row: abs(row - moment)) for row in found} == set(STRIKES)


def test_clips_of_an_action_begin_alike(clips):
    alike = beginning_alike(clips, ["punch"])
    assert {record["action"] for record in alike.records} == {"punch"}
    for features in alike.features:
        first, *_ = strikes(to_motion(features.astype(np.float32), alike.layout))
        assert abs(first - 8) <= 2, "a strike 0.4 s after the beginning"
    assert {len(features) // 40 for features in alike.features} >= {0, 1, 2}, "one strike, two and all three"


@pytest.mark.parametrize(("row", "label"), [(1, 0), (0, 1)])
def test_a_clip_without_a_strike_and_one_of_another_kind_of_action_stay_whole(clips, row, label):
    whole = Clips([clips.features[row]], [clips.records[label]])
    assert [len(part) for part in beginning_alike(whole, ["punch", "walk"]).features] == [len(clips.features[row])]


def test_actions_that_no_clip_shows_and_that_do_not_exist_are_told_in_a_sentence(clips):
    with pytest.raises(StoppedError, match="no clip shows kick"):
        beginning_alike(clips, ["kick"])
    with pytest.raises(ValueError, match=r"actions are some of .*; not swim"):
        FocusTraining(actions=("swim",))


def test_without_such_a_clip_the_denoiser_stays_as_it_is_if_asked(choosy_folder, tmp_path, monkeypatch, capsys):
    def unseen(*_):
        raise focus.UnseenError("no clip shows punch")

    monkeypatch.setattr(focus, "train", unseen)
    start = choosy_folder / "mtdm"
    asked = ["--prepared", str(tmp_path), "--models", str(choosy_folder), "--start", str(start), "--out", str(tmp_path)]
    with pytest.raises(StoppedError, match="no clip shows punch"):
        focus.main(asked)
    focus.main([*asked, "--if-any"])
    assert "stays as it is" in capsys.readouterr().out
    before, after = (load(MTDM, MTDMConfig, folder).state_dict() for folder in (start, tmp_path))
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.fixture
def model(choosy_folder) -> MoTe:
    return MoTe.from_pretrained(choosy_folder, device="cpu")


def test_the_action_is_learned_and_the_rest_is_kept(model, clips, tmp_path):
    focused, before = Motions(model.med, beginning_alike(clips, ["punch"])), deepcopy(model.mtdm).eval()
    pairs, importance = Pairs(model.med, model.ted, clips), torch.ones(())
    practices = Practices(focused, pairs, model.ted, model.claims, model.mtdm, TRAINING)

    def figures(denoiser, training: FocusTraining) -> dict[str, float]:
        rounds = [
            loss(denoiser, practices(0, generator(0, row)), generator(1, row), before=before, importance=importance,
                 training=training)[1]
            for row in range(8)
        ]  # fmt: skip
        return {name: float(np.mean([each[name] for each in rounds])) for name in rounds[0]}

    def learned(kept: float) -> dict[str, float]:
        training = replace(TRAINING, kept=kept)
        measured = partial(loss, before=before, importance=importance, training=training)
        fitting = FitConfig(steps=150, lr=1e-2, warmup=1, ema=0.9)
        return figures(
            fit(deepcopy(before), practices, measured, config=fitting, out=tmp_path / f"{kept}").eval(), training
        )

    first, freely, keeping = figures(before, TRAINING), learned(0.0), learned(6.0)
    assert first["changed"] == 0
    assert freely["learned"] < keeping["learned"] < first["learned"]
    assert keeping["changed"] < 0.5 * freely["changed"]
