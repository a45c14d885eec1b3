"""Raw AMASS and HumanAct12: poses through a body of plain arrays to HumanML3D's joints, cut as the index says."""

import numpy as np
import pytest
from people import body

from mote.motion.features import to_features
from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.retarget import canonical
from mote.motion.rotation import about, from_vectors, multiply
from mote.motion.skeleton import HUMANML3D
from train.prepare import amass

FRAMES, RATE = 480, 120


@pytest.fixture
def folders(tmp_path):
    """An SMPL-H body whose joints rest as HumanML3D's, a recording of somebody who lifts an arm, and an index."""
    rest = np.tile(0.0, (22, 3))
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        rest[joint] = rest[parent] + HUMANML3D.offsets[joint]
    model = tmp_path / "smplh" / "male"
    model.mkdir(parents=True)
    shapes = np.zeros((22, 3, 16))
    shapes[:, :, 0] = rest
    np.savez(model / "model.npz", v_template=rest, shapedirs=shapes, J_regressor=np.eye(22))
    poses = np.zeros((FRAMES, 156))
    poses[:, 0] = np.pi / 2  # AMASS has Z up
    poses[:, 3 * 16 + 2] = np.linspace(0, 1, FRAMES)  # the left arm
    recording = tmp_path / "amass" / "TotalCapture" / "s1" / "walk_poses.npz"
    recording.parent.mkdir(parents=True)
    np.savez(
        recording, poses=poses, trans=np.zeros((FRAMES, 3)), betas=np.r_[0.2, np.zeros(15)], gender="male",
        mocap_framerate=float(RATE),
    )  # fmt: skip
    act = tmp_path / "humanact12"
    act.mkdir()
    np.save(act / "P01.npy", np.concatenate([body(4.0), np.zeros((80, 2, 3))], axis=1))
    (tmp_path / "index.csv").write_text(
        "source_path,start_frame,end_frame,new_name\n"
        "./pose_data/TotalCapture/s1/walk_poses.npy,0,40,000001.npy\n"
        "./pose_data/humanact12/humanact12/P01.npy,0,-1,000002.npy\n"
        "./pose_data/KIT/3/none_poses.npy,0,40,000003.npy\n"
    )
    return tmp_path


def options(folders):
    given = {name: folders / name for name in ("amass", "smplh", "humanact12", "out")} | {
        "index": folders / "index.csv"
    }
    return [text for name, path in given.items() for text in (f"--{name}", str(path))]


def test_poses_become_joints_and_clips(folders, capsys):
    amass.main(options(folders))
    assert "{'written': 2, 'no recording': 1}" in capsys.readouterr().out
    joints = np.load(folders / "out" / "new_joints" / "000001.npy")
    assert joints.shape == (39, 22, 3), "40 frames after the first second, of which the last has no velocity"
    bones = np.linalg.norm(joints - joints[:, list(HUMANML3D.parents)], axis=-1)
    np.testing.assert_allclose(bones[:, 1:], np.tile(HUMANML3D.lengths[1:], (39, 1)), atol=1e-5)
    elbow = joints[:, 18] - joints[:, 16]
    lifted = np.degrees(np.arctan2(elbow[:, 0], -elbow[:, 1]))
    at = (20 + np.arange(39)) * (RATE // 20)
    np.testing.assert_allclose(lifted, np.degrees(at / (FRAMES - 1)), atol=0.1)
    mirrored = np.load(folders / "out" / "new_joints" / "M000001.npy")
    np.testing.assert_allclose(mirrored[:, HUMANML3D.mirrored] * [-1, 1, 1], joints, atol=1e-4)


def test_humanact12_is_joints_already(folders):
    amass.main(options(folders))
    features = np.load(folders / "out" / "new_joint_vecs" / "000002.npy")
    np.testing.assert_allclose(
        features, to_features(canonical(Motion(with_bone_lengths(body(4.0), HUMANML3D))).joints), atol=1e-4
    )


def test_poses_without_a_body_are_told_where_to_go(folders, capsys):
    given = options(folders)
    at = given.index("--smplh")
    with pytest.raises(SystemExit):
        amass.main(given[:at] + given[at + 2 :])
    assert "get SMPL-H from mano.is.tue.mpg.de" in capsys.readouterr().err
    (folders / "smplh" / "male" / "model.npz").write_bytes(b"no body")
    with pytest.raises(SystemExit, match="is no SMPL-H body"):
        amass.main(given)
    (folders / "smplh" / "male" / "model.npz").write_bytes(b"PK\x03\x04 half an archive")
    with pytest.raises(SystemExit, match="is no SMPL-H body"):
        amass.main(given)


@pytest.mark.parametrize("gender", ["female", "neutral", b"female"])
def test_whoever_is_not_male_has_the_female_body_as_in_the_published_set(folders, gender):
    recording = folders / "amass" / "TotalCapture" / "s1" / "walk_poses.npz"
    expected = amass.pose_to_joints(recording, folders / "smplh")
    (folders / "smplh" / "male").rename(folders / "smplh" / "female")
    with np.load(recording) as raw:
        np.savez(recording, **{**raw, "gender": gender})
    np.testing.assert_array_equal(amass.pose_to_joints(recording, folders / "smplh"), expected)


def test_vectors_are_turns_about_them():
    np.testing.assert_allclose(from_vectors(np.array([0, 0, 0.7])), about("Z", np.array(0.7)))
    np.testing.assert_allclose(from_vectors(np.zeros(3)), [1, 0, 0, 0])
    half = from_vectors(np.array([0.3, 0.4, 0.5]) / 2)
    np.testing.assert_allclose(multiply(half, half), from_vectors(np.array([0.3, 0.4, 0.5])))
