"""BVH: a file worked out by hand, our own files and back, and broken files."""

import os
from pathlib import Path

import numpy as np
import pytest

from mote import Motion
from mote.files import MotionFileError, read, read_recording, write
from mote.files.rig import ARMATURES
from mote.motion.kinematics import with_bone_lengths
from mote.motion.rotation import about, rotate
from mote.motion.skeleton import HUMANML3D

HAND_MADE = """HIERARCHY
ROOT Hips
{
  OFFSET 0 10 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 2 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 1 0 0
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.05
0 10 0 0 0 0 0 0 0
1 2 3 90 0 0 0 0 0
0 0 0 90 90 0 0 0 90
"""
# Frame 1: the root turns x to y and y to -x.
# Frame 2: the root is Rz(90) Rx(90): y -> z -> z, x -> x -> y.  The chest adds Ry(90) first: x -> -z -> y -> -x.
POSITIONS = [
    [[0, 10, 0], [0, 12, 0], [1, 12, 0]],
    [[1, 2, 3], [-1, 2, 3], [-1, 3, 3]],
    [[0, 0, 0], [0, 0, 2], [-1, 0, 2]],
]
RAISED = np.array([0.0, 1.0, 0.0])


def save(folder: Path, text: str, name: str = "clip.bvh") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def person(frames: int = 60) -> np.ndarray:
    """Someone who bends, waves and swings a leg, the pelvis at the origin; every bone rigid, (frames, 22, 3)."""
    time = np.linspace(0, 2 * np.pi, frames)
    joints = np.tile(HUMANML3D.offsets, (frames, 1, 1))
    swing = about("X", 0.6 * np.sin(time))
    for name in ("left knee", "left ankle", "right elbow", "right wrist", "spine2", "neck"):
        joint = HUMANML3D.index(name)
        joints[:, joint] = rotate(swing, joints[:, joint])
    wave = about("Z", 2.5 + 0.5 * np.sin(3 * time))
    for name in ("left elbow", "left wrist"):
        joints[:, HUMANML3D.index(name)] = rotate(wave, joints[:, HUMANML3D.index(name)])
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        joints[:, joint] += joints[:, parent]
    return joints


def turned(axis: str, degrees: np.ndarray) -> Motion:
    """The person carried round an axis through the pelvis, on the floor."""
    joints = rotate(about(axis, np.radians(degrees))[:, None], person(len(degrees)))
    return Motion(joints + np.array([0.3, 1.0, -0.2]))


def angles_of(path: Path) -> np.ndarray:
    """The rotation columns of a file whose root alone has position channels."""
    rows = path.read_text().split("Frame Time:")[1].splitlines()[1:]
    return np.array([row.split() for row in rows], dtype=float)[:, 3:]


def test_positions_worked_out_by_hand(tmp_path):
    recording = read_recording(save(tmp_path, HAND_MADE))
    assert recording.names == ("Hips", "Chest", "Chest end")
    assert recording.parents == (-1, 0, 1)
    assert recording.fps == 20
    np.testing.assert_allclose(recording.positions, POSITIONS, atol=1e-9)
    np.testing.assert_allclose(recording.rest, POSITIONS[0], atol=1e-12)


def test_other_ways_to_write_the_same(tmp_path):
    spaced = HAND_MADE.replace("\n", " \r\n").replace(" ", "\t  ").replace("CHANNELS\t  3", "CHANNELS 3")
    numbers = HAND_MADE.replace("1 2 3 90 0 0", "1e0 +2.0 .3E1 9.0e+01 -0 0")
    one_line = HAND_MADE.split("MOTION")[0].replace("\n", " ") + "\nMOTION" + HAND_MADE.split("MOTION")[1]
    for text in (spaced, numbers, one_line, "\ufeff" + HAND_MADE, HAND_MADE.replace("Zrotation", "ZROTATION")):
        np.testing.assert_allclose(read_recording(save(tmp_path, text)).positions, POSITIONS, atol=1e-9)


def with_channels(root: str, chest: str, *frames: str) -> str:
    """The hand-made file with other channels and frames."""
    text = HAND_MADE.replace("6 Xposition Yposition Zposition Zrotation Xrotation Yrotation", root)
    text = text.replace("CHANNELS 3 Zrotation Xrotation Yrotation", f"CHANNELS {chest}")
    return text.split("Frames:")[0] + "\n".join([f"Frames: {len(frames)}", "Frame Time: 0.05", *frames, ""])


def test_channels_in_another_order(tmp_path):
    text = with_channels(
        "6 Yrotation Xrotation Zrotation Zposition Yposition Xposition",
        "3 Xrotation Yrotation Zrotation",
        "90 0 90 3 2 1 0 0 0",  # Ry(90) Rz(90): y -> -x -> z and x -> y -> y
        "90 90 0 0 0 0 0 0 0",  # Ry(90) Rx(90): y -> z -> x and x -> x -> -z
        "0 0 0 0 0 0 90 0 90",  # the chest is Rx(90) Rz(90): x -> y -> z
    )
    expected = [
        [[1, 2, 3], [1, 2, 5], [1, 3, 5]],
        [[0, 0, 0], [2, 0, 0], [2, 0, -1]],
        [[0, 0, 0], [0, 2, 0], [0, 2, 1]],
    ]
    np.testing.assert_allclose(read_recording(save(tmp_path, text)).positions, expected, atol=1e-9)


def test_position_channels_replace_the_offset(tmp_path):
    text = with_channels(
        "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation",
        "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation",
        "0 10 0 0 0 0 0 7 1 0 0 0",
        "1 2 3 90 0 0 0 4 0 0 0 0",
    )
    recording = read_recording(save(tmp_path, text))
    expected = [[[0, 10, 0], [0, 17, 1], [1, 17, 1]], [[1, 2, 3], [-3, 2, 3], [-3, 3, 3]]]
    np.testing.assert_allclose(recording.positions, expected, atol=1e-9)
    np.testing.assert_allclose(recording.rest, POSITIONS[0], atol=1e-12)


def test_joints_of_few_channels_and_names_with_spaces(tmp_path):
    text = with_channels("4 Zrotation Xposition Yposition Zposition", "0", "90 1 2 3").replace("Chest", "upper chest")
    recording = read_recording(save(tmp_path, text))
    assert recording.names == ("Hips", "upper chest", "upper chest end")
    np.testing.assert_allclose(recording.positions, POSITIONS[1:2], atol=1e-9)


@pytest.mark.parametrize(
    "motion",
    [
        Motion(person() + RAISED),
        turned("Y", np.linspace(0, 360, 90)),
        turned("Y", np.linspace(0, -1080, 120)),
        turned("X", np.full(30, 180.0)),
        turned("Z", np.full(30, 180.0)),
        turned("X", np.linspace(0, 360, 90)),
        turned("X", np.linspace(0, -720, 90)),
        turned("Z", np.linspace(0, 360, 90)),
    ],
    ids=["stand", "turn", "three turns", "handstand", "handstand sideways", "roll", "two rolls back", "cartwheel"],
)
def test_written_joints_come_back_without_a_jump(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    write(motion, path)
    again = read(path)
    assert again.fps == motion.fps
    assert np.abs(again.joints - motion.joints).max() < 1e-4
    steps = np.abs(np.diff(angles_of(path), axis=0))
    assert steps.max() < 185  # never a whole turn; half a turn is the lock of the middle axis
    root = np.abs(np.diff(angles_of(path)[:, :3], axis=0))
    assert np.median(root.max(1)) < 15


def test_a_whole_turn_is_written_as_360_degrees(tmp_path):
    write(turned("Y", np.linspace(0, 360, 90)), tmp_path / "clip.bvh")
    y = angles_of(tmp_path / "clip.bvh")[:, 2]
    assert abs(abs(y[-1] - y[0]) - 360) < 1e-3
    assert np.abs(np.diff(y)).max() < 5


def test_bones_that_stretch_come_back_as_well(tmp_path):
    rng = np.random.default_rng(0)
    motion = Motion(person() + RAISED + rng.normal(scale=0.02, size=(60, 22, 3)), fps=30)
    write(motion, tmp_path / "clip.bvh")
    again = read(tmp_path / "clip.bvh")
    assert again.fps == 30
    assert np.abs(again.joints - motion.joints).max() < 1e-3


def test_joints_all_in_one_place_can_be_written(tmp_path):
    write(Motion(np.zeros((3, 22, 3))), tmp_path / "clip.bvh")
    recording = read_recording(tmp_path / "clip.bvh")
    tips = [name.endswith(" end") for name in recording.names]
    assert np.abs(recording.positions[:, ~np.array(tips)]).max() == 0


def test_the_written_skeleton_is_one_that_animators_know(tmp_path):
    write(Motion(person() + RAISED), tmp_path / "clip.bvh")
    recording = read_recording(tmp_path / "clip.bvh")
    assert {"Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "Spine", "Neck", "Head"} <= set(
        ARMATURES[HUMANML3D.names].names
    )
    assert {"LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand", "RightHand"} <= set(recording.names)
    assert {"Head end", "LeftToeBase end", "RightHand end"} <= set(recording.names)
    rest = dict(zip(recording.names, recording.rest, strict=True))
    assert rest["LeftHand"][0] > 50 > 0 > -50 > rest["RightHand"][0]  # centimetres, left is +X
    assert abs(rest["LeftHand"][1] - rest["LeftArm"][1]) < 1e-3  # a T pose
    assert 140 < rest["Head end"][1] < 190
    assert abs(rest["LeftToeBase"][1]) < 3  # it stands on the floor
    assert rest["LeftToeBase end"][2] > rest["LeftFoot"][2]  # it looks to +Z


BROKEN = {
    "empty": ("", "is empty"),
    "other text": ("a person walks\n", "is not BVH"),
    "no motion": (HAND_MADE.split("MOTION")[0], "no MOTION"),
    "no root": ("HIERARCHY\n" + HAND_MADE[HAND_MADE.index("MOTION") :], "no joints"),
    "two roots": (HAND_MADE.replace("MOTION", "ROOT b\n{\nOFFSET 0 0 0\n}\nMOTION"), "one ROOT"),
    "never closed": (HAND_MADE.replace("}\n}\nMOTION", "}\nMOTION"), "never closes"),
    "closed twice": (HAND_MADE.replace("}\nMOTION", "}\n}\nMOTION"), "allows none"),
    "no brace": ("HIERARCHY\nROOT Hips\nMOTION\nFrames: 1\nFrame Time: 1\n", "'{' is missing"),
    "same names": (HAND_MADE.replace("Chest", "Hips"), "same name: Hips"),
    "no name": (HAND_MADE.replace("JOINT Chest", "JOINT"), "without a name"),
    "no offset": (HAND_MADE.replace("    OFFSET 0 2 0\n", ""), "no OFFSET of three numbers for: Chest"),
    "bad offset": (HAND_MADE.replace("OFFSET 0 2 0", "OFFSET 0 two 0"), "could not convert"),
    "unknown channel": (
        HAND_MADE.replace("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation"),
        "wrong CHANNELS for 'Chest'",
    ),
    "channel count": (HAND_MADE.replace("CHANNELS 3", "CHANNELS 2"), "allows none"),
    "no channels": (HAND_MADE.replace("CHANNELS 6 Xposition Yposition Zposition", "CHANNELS three"), "wrong CHANNELS"),
    "truncated": (HAND_MADE[:-8], "only 24"),
    "one more number": (HAND_MADE + "1\n", "it has more"),
    "wrong frame count": (HAND_MADE.replace("Frames: 3", "Frames: 4"), "only 27"),
    "no frames": (HAND_MADE.replace("Frames: 3", "Frames: 0"), "has 0 frames"),
    "half a frame": (HAND_MADE.replace("Frames: 3", "Frames: 2.5"), "whole number"),
    "a million frames": (HAND_MADE.replace("Frames: 3", "Frames: 1000000"), "1000000 frames"),
    "frame time 0": (HAND_MADE.replace("0.05", "0"), "Frame Time"),
    "negative frame time": (HAND_MADE.replace("0.05", "-0.05"), "Frame Time"),
    "very slow": (HAND_MADE.replace("0.05", "20"), "frames a second"),
    "frame time nan": (HAND_MADE.replace("0.05", "nan"), "NaN"),
    "nan": (HAND_MADE.replace("1 2 3", "1 nan 3"), "NaN"),
    "infinity": (HAND_MADE.replace("1 2 3", "1 inf 3"), "infinity"),
    "huge": (HAND_MADE.replace("1 2 3", "1 2e30 3"), "beyond"),
    "word": (HAND_MADE.replace("1 2 3", "1 x 3"), "could not convert"),
    "unknown joints": (HAND_MADE, "no joint of this file"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_say_what_is_wrong(kind, tmp_path):
    text, message = BROKEN[kind]
    with pytest.raises(MotionFileError, match=r"^clip\.bvh") as caught:
        read(save(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_rubbish_missing_files_and_folders(tmp_path):
    (tmp_path / "clip.bvh").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(MotionFileError, match="binary"):
        read(tmp_path / "clip.bvh")
    (tmp_path / "noise.bvh").write_bytes(np.random.default_rng(0).integers(1, 256, 4000, dtype=np.uint8).tobytes())
    with pytest.raises(MotionFileError, match="is not BVH"):
        read(tmp_path / "noise.bvh")
    with pytest.raises(MotionFileError, match="not found"):
        read(tmp_path / "none.bvh")
    (tmp_path / "folder.bvh").mkdir()
    with pytest.raises(MotionFileError, match="is not a file"):
        read(tmp_path / "folder.bvh")


def test_unknown_kinds_list_the_known_ones(tmp_path):
    motion = Motion(person() + RAISED)
    with pytest.raises(MotionFileError, match=r"\.bvh, \.glb, \.npy, \.npz can be written"):
        write(motion, tmp_path / "clip.fbx")
    with pytest.raises(MotionFileError, match=r"\.bvh, \.amc, \.npy, \.npz can be read"):
        read(tmp_path / "clip.fbx")
    with pytest.raises(MotionFileError, match=r"\.bvh, \.amc are recordings"):
        read_recording(tmp_path / "clip.npy")
    with pytest.raises(MotionFileError, match="cannot be written"):
        write(motion, tmp_path / "nowhere" / "clip.bvh")


def real_clips() -> list[Path]:
    folder = os.environ.get("MOTE_DATA")
    return sorted(Path(folder).rglob("*.bvh"))[::200] if folder else []


@pytest.mark.skipif(not real_clips(), reason="MOTE_DATA names no folder with .bvh files")
def test_real_clips_are_people_and_survive_writing(tmp_path):
    for path in real_clips():
        motion = read(path)
        assert motion.fps == 20, path.name
        assert abs(motion.joints[..., 1].min()) < 1e-5, path.name
        rigid = Motion(with_bone_lengths(motion.joints, HUMANML3D))
        write(rigid, tmp_path / "clip.bvh")
        assert np.abs(read(tmp_path / "clip.bvh").joints - rigid.joints).max() < 1e-3, path.name
