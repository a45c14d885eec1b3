"""NumPy arrays as motions: told apart by shape and name, and broken files."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from mote import Motion
from mote.files import MotionFileError, read, write
from mote.motion.convention import LEGS
from mote.motion.features import KIT_LAYOUT, to_features
from mote.motion.skeleton import HUMANML3D, KIT


def person(frames: int = 40) -> np.ndarray:
    """Someone who stands, slides ahead and lifts an arm, (frames, 22, 3) float32, floor at 0."""
    joints = np.tile(HUMANML3D.offsets, (frames, 1, 1))
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        joints[:, joint] += joints[:, parent]
    joints[..., 1] -= joints[..., 1].min()
    joints[..., 2] += np.linspace(0, 1, frames)[:, None]
    joints[:, HUMANML3D.index("left wrist"), 1] += np.linspace(0, 0.3, frames)
    return joints.astype(np.float32)


def save(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "clip.npy", array)
    return folder / "clip.npy"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_joints_in_both_shapes(dtype, tmp_path):
    joints = person().astype(dtype)
    for array in (joints, joints.reshape(len(joints), 66), np.asfortranarray(joints)):
        motion = read(save(tmp_path, array))
        assert motion.fps == 20
        np.testing.assert_array_equal(motion.joints, joints.astype(np.float32))


def test_features_become_the_joints_they_were_made_of(tmp_path):
    joints = person()
    motion = read(save(tmp_path, to_features(joints)))
    assert motion.fps == 20
    assert len(motion) == len(joints) - 1
    np.testing.assert_allclose(motion.joints, joints[:-1] - joints[:1, :1] * [1, 0, 1], atol=1e-4)


def kit_person(frames: int = 26) -> np.ndarray:
    """Somebody in KIT's own coordinates, +X to the right, in units of about 1.7 mm, (frames, 21, 3)."""
    joints = np.tile(KIT.directions, (frames, 1, 1)) * 250.0 * [-1, 1, 1]
    for joint, parent in enumerate(KIT.parents[1:], start=1):
        joints[:, joint] += joints[:, parent]
    joints[:, KIT.index("left wrist"), 2] += np.linspace(0, 80, frames)
    joints[..., 1] -= joints[..., 1].min()
    return joints


@pytest.mark.parametrize("kind", ["features", "joints"])
def test_kit_files_become_its_own_skeleton_in_metres_at_its_own_rate(tmp_path, kind):
    joints = kit_person()
    motion = read(save(tmp_path, to_features(joints, KIT_LAYOUT) if kind == "features" else joints[:-1]))
    assert motion.fps == 12.5
    assert motion.joints.shape == (25, 21, 3)
    legs = np.linalg.norm(motion.joints[:, [12, 13]] - motion.joints[:, [11, 12]], axis=-1).sum(-1)
    np.testing.assert_allclose(legs, LEGS, atol=1e-4)
    left, right = (motion.joints[:, KIT.index(f"{side} shoulder"), 0] for side in ("left", "right"))
    assert (left > right).all(), "the body faces +Z, so its left is +X"
    np.testing.assert_allclose(motion.joints, joints[:-1] * [-1, 1, 1] * LEGS / 500, atol=1e-3)


@pytest.mark.parametrize("form", ["npy", "npz", "bvh"])
def test_a_motion_on_kits_skeleton_comes_back(tmp_path, form):
    motion = Motion(kit_person() * [-1, 1, 1] * (LEGS / 500), fps=12.5)
    write(motion, tmp_path / f"clip.{form}")
    again = read(tmp_path / f"clip.{form}")
    assert again.fps == pytest.approx(12.5)
    np.testing.assert_allclose(again.joints, motion.joints, atol=1e-4)


def test_our_files_come_back(tmp_path):
    motion = Motion(person(), fps=30)
    write(motion, tmp_path / "clip.npz")
    again = read(tmp_path / "clip.npz")
    assert again.fps == 30
    np.testing.assert_array_equal(again.joints, motion.joints)
    write(motion, str(tmp_path / "clip.NPY"))
    again = read(tmp_path / "clip.NPY")
    assert again.fps == 20
    np.testing.assert_array_equal(again.joints, motion.resample(20).joints)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clip.NPY", "clip.npz"]


BROKEN_ARRAYS = {
    "other shape": (np.zeros((10, 24, 3)), r"\(10, 24, 3\): a motion is"),
    "one frame of joints": (np.zeros((22, 3)), "a motion is"),
    "a number": (np.zeros(()), "a motion is"),
    "no frames": (np.zeros((0, 22, 3)), "0 frames"),
    "too many frames": (np.zeros((100_001, 66), np.int8), "100001 frames"),
    "nan": (np.full((3, 22, 3), np.nan), "NaN"),
    "infinity": (np.full((3, 263), np.inf), "infinity"),
    "huge": (np.full((3, 251), 1e30), "beyond"),
    "complex": (np.zeros((3, 22, 3), complex), "real numbers"),
    "words": (np.full((3, 66), "walk"), "real numbers"),
    "truth": (np.zeros((3, 66), bool), "real numbers"),
}


@pytest.mark.parametrize("kind", BROKEN_ARRAYS)
def test_broken_arrays_say_what_is_wrong(kind, tmp_path):
    array, message = BROKEN_ARRAYS[kind]
    with pytest.raises(MotionFileError, match=message) as caught:
        read(save(tmp_path, array))
    assert str(caught.value).startswith("clip.npy")


class Trap:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_a_pickle_is_never_opened(suffix, tmp_path):
    caught_by_trap = tmp_path / "sprung"
    path = tmp_path / f"clip.{suffix}"
    path.write_bytes(pickle.dumps(Trap(caught_by_trap)))
    with pytest.raises(MotionFileError, match="plain numbers"):
        read(path)
    objects = np.array([Trap(caught_by_trap)], dtype=object)
    if suffix == "npy":
        np.save(path, objects, allow_pickle=True)
    else:
        np.savez(path, joints=objects)
    with pytest.raises(MotionFileError, match="plain numbers"):
        read(path)
    assert not caught_by_trap.exists()


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_files_that_are_no_arrays(suffix, tmp_path):
    path = tmp_path / f"clip.{suffix}"
    write(Motion(person()), path)
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:20], bytes(range(256)) * 9, whole.replace(b"{", b"[", 1)[:-30]):
        path.write_bytes(broken)
        with pytest.raises(MotionFileError, match=rf"clip\.{suffix} is no whole"):
            read(path)
    path.write_bytes(b"")
    with pytest.raises(MotionFileError, match="is empty"):
        read(path)
    path.unlink()
    with pytest.raises(MotionFileError, match="not found"):
        read(path)


def test_a_header_that_promises_too_much(tmp_path):
    path = save(tmp_path, person())
    path.write_bytes(path.read_bytes().replace(b"(40, 22, 3)", b"(99999999999, 22, 3)".ljust(11)))
    with pytest.raises(MotionFileError, match="is no whole"):
        read(path)


def test_other_archives_name_what_they_hold(tmp_path):
    path = tmp_path / "clip.npz"
    np.savez(path, poses=np.zeros((3, 156)), trans=np.zeros((3, 3)), betas=np.zeros(16))
    with pytest.raises(MotionFileError, match=r"AMASS body parameters \(poses, trans, betas\)"):
        read(path)
    np.savez(path, motion=np.zeros(3))
    with pytest.raises(MotionFileError, match=r"holds motion: a motion is 'joints'"):
        read(path)
    for fps in (np.zeros(2), np.array("fast"), np.array(0.0), np.array(np.nan)):
        np.savez(path, joints=person(), fps=fps)
        with pytest.raises(MotionFileError, match=r"fps|frames a second"):
            read(path)
    np.savez_compressed(path, joints=np.zeros((4_000_000, 22, 3), np.int8))
    with pytest.raises(MotionFileError, match="unpacks to"):
        read(path)


def real_sample() -> Path | None:
    folder = os.environ.get("MOTE_DATA")
    return next(Path(folder).rglob("new_joint_vecs/012314.npy"), None) if folder else None


@pytest.mark.skipif(real_sample() is None, reason="MOTE_DATA names no folder with HumanML3D's sample")
def test_the_sample_of_humanml3d():
    features = real_sample()
    joints = read(features.parent.parent / "new_joints" / features.name)
    recovered = read(features)
    np.testing.assert_allclose(recovered.joints, joints.joints[: len(recovered)], atol=1e-5)
