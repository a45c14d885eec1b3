"""Drawing: the pictures show the motion, and the files last as long as it does."""

import os
import time
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from mote import Motion
from mote.motion.skeleton import HUMANML3D
from mote.render import render_frames, render_gif, render_mp4
from mote.render.colours import BACKGROUND, LEFT, RIGHT, TRUNK


def walking(frames: int, speed: float = 1.2, fps: float = 20) -> Motion:
    """A person who walks towards +Z, arms and legs swinging, at `speed` metres a second."""
    offsets = HUMANML3D.offsets
    seconds = np.arange(frames) / fps
    swing = 0.5 * np.sin(2 * np.pi * seconds)
    angle = np.zeros((frames, len(offsets)))
    for side, sign in (("left", 1), ("right", -1)):
        angle[:, [HUMANML3D.index(f"{side} {name}") for name in ("knee", "ankle")]] = sign * swing[:, None]
        angle[:, [HUMANML3D.index(f"{side} {name}") for name in ("elbow", "wrist")]] = -sign * swing[:, None]
    joints = np.zeros((frames, len(offsets), 3))
    joints[:, 0] = np.stack([np.zeros(frames), np.full(frames, 0.95), speed * seconds], axis=1)
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            x, y, z = offsets[joint]
            sin, cos = np.sin(angle[:, joint]), np.cos(angle[:, joint])
            joints[:, joint] = joints[:, parent] + np.stack([x + 0 * sin, y * cos + z * sin, z * cos - y * sin], axis=1)
    return Motion(joints.astype(np.float32), fps).on_floor()


def turned(motion: Motion, matrix: list[list[float]]) -> Motion:
    return Motion(motion.joints @ np.array(matrix, np.float32).T, motion.fps).on_floor()


def places(frame: np.ndarray, colour: tuple[int, int, int], tolerance: int = 3) -> np.ndarray:
    """Rows and columns (points, 2) of a colour."""
    return np.argwhere(np.abs(frame.astype(int) - colour).max(axis=-1) <= tolerance)


def test_frames_are_rgb_pictures_of_every_frame():
    pictures = render_frames(walking(5), size=240)
    assert pictures.shape == (5, 240, 240, 3)
    assert pictures.dtype == np.uint8
    assert (pictures[:, 0, 0] == BACKGROUND).all()
    assert not np.array_equal(pictures[0], pictures[3])


def test_left_is_blue_on_the_right_of_the_picture_of_a_person_who_faces_us():
    frame = render_frames(walking(40), size=320)[0]
    left, right, trunk = (places(frame, material.base) for material in (LEFT, RIGHT, TRUNK))
    assert min(len(left), len(right), len(trunk)) > 200
    assert left[:, 1].mean() > trunk[:, 1].mean() > right[:, 1].mean()
    behind = render_frames(turned(walking(40), [[-1, 0, 0], [0, 1, 0], [0, 0, -1]]), size=320)[0]
    assert places(behind, LEFT.base)[:, 1].mean() < places(behind, RIGHT.base)[:, 1].mean()


def test_person_stands_upright_and_fills_the_picture():
    frame = render_frames(walking(40), size=320)[20]
    limbs = np.concatenate([places(frame, material.base) for material in (LEFT, RIGHT, TRUNK)])
    assert np.ptp(limbs[:, 0]) > 0.7 * 320
    face_to_feet = places(frame, TRUNK.base)[:, 0].mean(), places(frame, LEFT.base)[:, 0].max()
    assert face_to_feet[0] < face_to_feet[1]


def test_camera_keeps_a_traveller_in_the_picture_while_the_floor_moves():
    pictures = render_frames(walking(150, speed=4.0), size=200)  # 30 m
    for picture in pictures[::30]:
        trunk = places(picture, TRUNK.base)
        assert 40 < trunk[:, 1].mean() < 160
    floor = pictures[:, 150:, :60].astype(int)
    assert np.abs(floor[100] - floor[103]).max() > 5


def test_near_limb_hides_the_far_one():
    motion = walking(1)
    sideways = turned(motion, [[0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # faces +X: the right side is near
    frame = render_frames(sideways, size=320)[0]
    assert len(places(frame, RIGHT.base)) > 1.3 * len(places(frame, LEFT.base))


def jumping() -> Motion:
    joints = walking(60, speed=0).joints.copy()
    joints[..., 1] += np.maximum(0, 3 * np.sin(np.linspace(-1, 4, 60)))[:, None]
    return Motion(joints)


ODD = {
    "one frame": lambda: walking(1),
    "all joints in one place": lambda: Motion(np.zeros((3, 22, 3), np.float32)),
    "lying": lambda: turned(walking(10, speed=0), [[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "jumping": jumping,
    "far away": lambda: Motion(walking(10).joints + np.float32([1000, 0, -1000])),
    "teleporting": lambda: Motion(np.concatenate([walking(20).joints, walking(20).joints + np.float32([3, 0, 0])])),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_motions_are_drawn(kind):
    motion = ODD[kind]()
    pictures = render_frames(motion, size=96)
    assert len(pictures) == len(motion)
    assert all(len(places(picture, TRUNK.base, 12)) > 5 for picture in pictures)


@pytest.mark.parametrize("fps", [20, 30, 12.5, 50])
def test_gif_has_every_frame_and_the_length_of_the_motion(tmp_path, fps):
    motion = walking(31, fps=fps)
    with Image.open(render_gif(motion, tmp_path / "walk.gif", size=96)) as gif:
        assert gif.n_frames == len(motion)
        assert gif.info["loop"] == 0
        total = 0
        for frame in range(gif.n_frames):
            gif.seek(frame)
            total += gif.info["duration"]
    assert total == pytest.approx(motion.seconds * 1000, abs=5)


def test_gif_shows_what_the_frames_show(tmp_path):
    motion = walking(12)
    pictures = render_frames(motion, size=200)
    shown = iio.imread(render_gif(motion, tmp_path / "walk.gif", size=200), mode="RGB")
    difference = np.abs(shown.astype(int) - pictures)
    assert difference.mean() < 2
    assert difference.max() < 60
    assert (shown[:, 0, 0] == BACKGROUND).all()


def test_motionless_gif_keeps_its_frames_and_length(tmp_path):
    still = Motion(np.repeat(walking(1).joints, 40, axis=0))
    with Image.open(render_gif(still, tmp_path / "still.gif", size=96)) as gif:
        assert gif.n_frames == 40
        gif.seek(39)
        assert gif.info["duration"] == 50


def test_gif_of_a_fast_recording_keeps_its_length(tmp_path):
    motion = walking(121, fps=120)
    with Image.open(render_gif(motion, tmp_path / "fast.gif", size=64)) as gif:
        assert gif.n_frames == pytest.approx(50, abs=1)
        assert gif.info["duration"] == 20


def test_two_thousand_frames(tmp_path):
    with Image.open(render_gif(walking(2000), tmp_path / "long.gif", size=64)) as gif:
        assert gif.n_frames == 2000


@pytest.mark.parametrize("size", [96, 97])
def test_mp4_is_h264_of_even_size_with_every_frame(tmp_path, size):
    path = render_mp4(walking(30), tmp_path / "walk.mp4", size=size)
    frames = iio.imread(path, plugin="FFMPEG")
    assert frames.shape == (30, size + size % 2, size + size % 2, 3)
    facts = iio.immeta(path, plugin="FFMPEG")
    assert facts["codec"] == "h264"
    assert facts["pix_fmt"].startswith("yuv420p")
    assert facts["duration"] == pytest.approx(1.5, abs=0.06)


def test_missing_ffmpeg_is_a_clear_error_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "no-ffmpeg"))
    with pytest.raises(RuntimeError, match="ffmpeg"):
        render_mp4(walking(2), tmp_path / "walk.mp4", size=64)
    assert not list(tmp_path.iterdir())


def test_failed_gif_leaves_the_old_file(tmp_path):
    path = tmp_path / "old.gif"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="at least 16 pixels"):
        render_gif(walking(2), path, size=4)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["old.gif"]


def test_gif_of_196_frames_is_fast(tmp_path):
    motion = walking(196)
    render_gif(motion[:2], tmp_path / "warm.gif")
    start = time.process_time()
    render_gif(motion, tmp_path / "walk.gif")
    assert time.process_time() - start < 3


def test_real_motion(tmp_path):
    path = Path(os.environ.get("MOTE_DATA", "")) / "humanml3d" / "new_joints" / "012314.npy"
    if not path.is_file():
        pytest.skip("the HumanML3D sample is not here: set MOTE_DATA")
    motion = Motion(np.load(path))
    with Image.open(render_gif(motion, tmp_path / "real.gif", size=160)) as gif:
        assert gif.n_frames == len(motion)
