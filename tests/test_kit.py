"""Models of KIT-ML's 21 joints at 12.5 frames a second: made, read, written, drawn and played like any other."""

import base64
import json
import struct
from dataclasses import asdict

import numpy as np
import pytest
import torch
from people import body
from published import KIT_UNIT, features

from mote.checkpoint import load, save
from mote.export import export
from mote.files import read, write
from mote.models.med import MED, MEDConfig
from mote.motion.convention import LEGS
from mote.motion.features import KIT_LAYOUT, from_motion, to_joints, to_motion
from mote.motion.motion import Motion
from mote.motion.retarget import fit
from mote.motion.sequence import join
from mote.motion.skeleton import HUMANML3D, KIT, KIT_BODY
from mote.pipeline import MoTe
from mote.sampling import SIDES, TASKS, sides_made
from mote.ui.handlers import Handlers
from mote.ui.packing import POINTS, pack
from train.data import statistics


@pytest.fixture(scope="module")
def model(tiny_model, tmp_path_factory) -> MoTe:
    """Untrained networks whose motions are near somebody who stands in KIT's own units."""
    rows = features(KIT_LAYOUT, 4.0)
    lengths = KIT.measured(to_joints(rows, KIT_LAYOUT)).lengths.tolist()
    shape = asdict(tiny_model.med.config) | {"columns": 251, "lengths": tuple(lengths), "min_frames": 24}
    torch.manual_seed(0)
    med = MED(MEDConfig(**shape))
    med.feature_mean, deviation = statistics([rows])
    med.feature_std = 0.1 * deviation
    folder = tmp_path_factory.mktemp("kit")
    save(med, folder)
    return MoTe(load(MED, MEDConfig, folder), tiny_model.ted, tiny_model.mtdm)


@pytest.fixture(scope="module")
def motion(model) -> Motion:
    return model.generate("motion", seconds=4.0, steps=2, seed=1)[0].motion


def test_a_made_motion_is_kits_in_metres(model, motion):
    assert motion.joints.shape == (50, 21, 3)
    assert motion.fps == 12.5
    assert model.limits.least == 1.92
    assert str(model.limits) == "1.92 to 15.68 s"
    bones = np.linalg.norm(motion.joints - motion.joints[:, list(KIT.parents)], axis=-1)
    np.testing.assert_allclose(bones[:, 1:], np.tile(model.med.config.skeleton.lengths[1:], (50, 1)), atol=1e-4)
    assert bones[0, [12, 13]].sum() == pytest.approx(LEGS, abs=1e-4)
    assert model.med.config.unit == pytest.approx(KIT_UNIT, rel=0.02)
    assert motion.joints[..., 1].min() == pytest.approx(0, abs=1e-5)
    with pytest.raises(ValueError, match=r"seconds is from 1\.92 to 15\.68, not 1\.5"):
        model.generate("motion", seconds=1.5)


def test_every_task_runs_and_takes_either_skeleton(model, motion):
    for task, stages in TASKS.items():
        for given in (motion, Motion(body(4.0))):
            inputs = {side: {"text": "a person walks", "motion": given}[side] for side in SIDES}
            inputs = {side: value for side, value in inputs.items() if stages[0][side] == "given"}
            (made,) = model.generate(task, steps=2, seed=0, **inputs)
            if "motion" in sides_made(task):
                assert made.motion.skeleton is KIT_BODY


def test_features_are_kits_own_and_back(motion):
    rows = from_motion(motion, KIT_LAYOUT, KIT_UNIT)
    left, right = (KIT_LAYOUT.position(f"{side} hip").start for side in ("left", "right"))
    assert (rows[:, left] < rows[:, right]).all(), "KIT's coordinates are left-handed"
    np.testing.assert_allclose(to_motion(rows, KIT_LAYOUT, KIT_UNIT).joints, motion.joints[:-1], atol=1e-4)


def test_skeletons_are_fitted_to_each_other():
    ours = Motion(body(4.0))
    theirs = fit(ours, KIT_BODY)
    assert theirs.joints.shape == (80, 21, 3)
    assert fit(theirs, KIT_BODY) is theirs
    again = fit(theirs, HUMANML3D)
    assert len(again) == 80
    limbs = [HUMANML3D.index(f"{side} {joint}") for side in ("left", "right") for joint in ("knee", "ankle", "elbow")]
    parents = [HUMANML3D.parents[joint] for joint in limbs]
    before, after = (one.joints[:, limbs] - one.joints[:, parents] for one in (ours, again))
    cosines = (before * after).sum(-1) / np.linalg.norm(before, axis=-1) / np.linalg.norm(after, axis=-1)
    assert cosines.min() > 0.999
    assert join([ours, theirs]).skeleton is HUMANML3D
    assert len(join([theirs, ours]).joints[0]) == 21


@pytest.mark.parametrize("form", ["bvh", "npy", "npz"])
def test_what_is_written_comes_back(motion, tmp_path, form):
    write(motion, tmp_path / f"motion.{form}")
    again = read(tmp_path / f"motion.{form}")
    assert again.fps == pytest.approx(12.5)
    np.testing.assert_allclose(again.joints, motion.joints, atol=1e-3)


def test_glb_and_gif(motion, tmp_path):
    data = export(motion, tmp_path / "motion.glb").read_bytes()
    (length,) = struct.unpack("<I", data[12:16])
    names = [node["name"] for node in json.loads(data[20 : 20 + length])["nodes"]]
    assert {"Hips", "LeftMidFoot", "RightToeBase", "Head"} <= set(names)
    assert export(motion, tmp_path / "motion.gif").stat().st_size > 10_000


def test_the_player_gets_the_same_points_at_kits_rate(motion):
    both = pack({"Given": Motion(body(4.0)), "Made": motion})["motions"]
    assert [one["fps"] for one in both] == [12.5, 12.5]
    assert [one["frames"] for one in both] == [50, 50]
    for one in both:
        assert len(base64.b64decode(one["data"])) == 50 * (6 * (len(POINTS) + 1) + 1)


def test_the_app_makes_and_takes_them(model, tmp_path):
    actions = Handlers(model)
    made = actions.motion(seconds=15.0, steps=2, seed=1)
    assert np.load(made.files[0]).shape == (188, 21, 3)
    assert actions.motion_to_text(made.files[0], steps=2, seed=1).captions


def test_bones_and_columns_must_agree():
    with pytest.raises(ValueError, match="251 columns go with bones of 21 joints"):
        MEDConfig(columns=251)
    with pytest.raises(ValueError, match="columns are 263 or 251, not 100"):
        MEDConfig(columns=100)
