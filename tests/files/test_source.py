"""What is found of a file's rate, units and axes, and what corrections and ranges make of it."""

from pathlib import Path

import numpy as np
import pytest
from people import body, z_up

from mote import Motion
from mote.files import MotionFileError, Reading, open_file, read, write
from mote.motion.skeleton import HUMANML3D

IN = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
NAMES = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches", "ft": "feet"}


def save_bvh(path: Path, fps: float, metres: float, up: str, seconds: float = 4.0) -> Path:
    """`body` as a BVH of Mixamo's names, position channels for each joint, in units of so many metres."""
    joints = body(seconds, fps)
    rest = body(1.0)[0]
    joints, rest = (z_up(places) if up == "Z" else places for places in (joints, rest))
    names = ["Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot", "RightFoot",
             "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm",
             "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand"]  # fmt: skip
    order: list[int] = []

    def block(joint: int) -> str:
        parent = HUMANML3D.parents[joint]
        order.append(joint)
        offset = (rest[joint] - (rest[parent] if joint else 0)) / metres
        children = [child for child, above in enumerate(HUMANML3D.parents) if above == joint]
        inside = "".join(block(child) for child in children) or "End Site { OFFSET 0 0 0 }\n"
        kind = "JOINT" if joint else "ROOT"
        return (f"{kind} {names[joint]}\n{{\nOFFSET {offset[0]} {offset[1]} {offset[2]}\n"
                f"CHANNELS 3 Xposition Yposition Zposition\n{inside}}}\n")  # fmt: skip

    tree = block(0)
    local = joints - np.where(np.arange(22)[:, None] > 0, joints[:, list(HUMANML3D.parents)], 0)
    rows = "\n".join(
        " ".join(f"{value:.8f}" for value in row) for row in local[:, order].reshape(len(joints), -1) / metres
    )
    path.write_text(f"HIERARCHY\n{tree}MOTION\nFrames: {len(joints)}\nFrame Time: {1 / fps:.8f}\n{rows}\n")
    return path


@pytest.mark.parametrize(("units", "up", "fps"), [("cm", "Z", 60), ("in", "Y", 30), ("ft", "Z", 120), ("mm", "Y", 20)])
def test_the_same_recording_in_other_units_axes_and_rates_is_the_same_motion(tmp_path, units, up, fps):
    plain = read(save_bvh(tmp_path / "plain.bvh", 20, 1.0, "Y"))
    path = save_bvh(tmp_path / "other.bvh", fps, IN[units], up)
    source = open_file(path)
    assert source.described(Reading()) == f"{fps} fps, {NAMES[units]}, {up} up, 4.0 s"
    assert "the file's own" in source.reasons
    other = read(path)
    frames = min(len(plain), len(other))
    assert frames >= 79
    np.testing.assert_allclose(other.joints[:frames], plain.joints[:frames], atol=2e-3)


@pytest.mark.parametrize("units", IN)
@pytest.mark.parametrize("up", ["Y", "Z"])
def test_arrays_in_any_units_and_axes_come_back_in_metres_with_y_up(tmp_path, units, up):
    joints = body()
    path = tmp_path / "clip.npz"
    np.savez(path, joints=(z_up(joints) if up == "Z" else joints) / IN[units], fps=np.array(20.0))
    assert open_file(path).described(Reading()) == f"20 fps, {NAMES[units]}, {up} up, 4.0 s"
    np.testing.assert_allclose(read(path).joints, joints, atol=1e-5)


def test_a_body_in_no_usual_unit_gets_legs_of_ours(tmp_path):
    np.save(tmp_path / "clip.npy", body() * 17)
    source = open_file(tmp_path / "clip.npy")
    assert source.described(Reading()) == "20 fps, units of its own, Y up, 4.0 s"
    assert "no usual unit" in source.reasons
    np.testing.assert_allclose(source.motion(Reading()).joints, body(), atol=1e-4)


def test_somebody_who_lies_on_the_floor_is_not_stood_up(tmp_path):
    lying = body()[..., [0, 2, 1]] * [1, 1, -1]
    lying[..., 1] -= lying[..., 1].min()
    np.save(tmp_path / "clip.npy", lying[:1].repeat(40, axis=0))
    np.testing.assert_allclose(read(tmp_path / "clip.npy").joints[0], lying[0], atol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 100.0, 0.01])
def test_our_own_bvh_comes_back_from_any_scale(tmp_path, scale):
    motion = Motion(body())
    write(motion, tmp_path / "ours.bvh")
    lines = (tmp_path / "ours.bvh").read_text().splitlines()
    scaled = []
    for line in lines:
        if "OFFSET" in line:
            line = "OFFSET " + " ".join(str(float(word) * scale) for word in line.split()[1:])
        scaled.append(line)
    start = next(number for number, line in enumerate(scaled) if "Frame Time" in line) + 1
    columns = [word for line in lines if "CHANNELS" in line for word in line.split()[2:]]
    factors = np.array([scale if name.endswith("position") else 1.0 for name in columns])
    for number in range(start, len(scaled)):
        scaled[number] = " ".join(map(str, np.array(scaled[number].split(), float) * factors))
    (tmp_path / "ours.bvh").write_text("\n".join(scaled) + "\n")
    np.testing.assert_allclose(read(tmp_path / "ours.bvh").joints, motion.joints, atol=1e-3)


def test_corrections_win_over_what_was_found(tmp_path):
    np.save(tmp_path / "clip.npy", z_up(body() / 0.01))
    path = tmp_path / "clip.npy"
    slow = read(path, Reading(fps=10))
    assert (slow.fps, len(slow)) == (10, 80)
    fallen = read(path, Reading(up="Y"))
    assert np.ptp(fallen.joints[0, :, 2]) > 1.3 > np.ptp(fallen.joints[0, :, 1])
    np.testing.assert_allclose(read(path, Reading(units="in")).joints, body() * 2.54, atol=1e-4)
    assert open_file(path).described(Reading(fps=10, units="in", up="Y")) == "10 fps, inches, Y up, 8.0 s"


def test_a_range_is_cut_in_seconds_of_the_rate_that_holds(tmp_path):
    np.save(tmp_path / "clip.npy", body())
    path = tmp_path / "clip.npy"
    np.testing.assert_allclose(read(path, Reading(start=1, end=3)).joints, body()[20:60], atol=1e-6)
    np.testing.assert_allclose(read(path, Reading(start=1, end=3, fps=40)).joints[0], body()[40], atol=1e-6)
    assert len(read(path, Reading(start=2, end=99))) == 40
    long = save_bvh(tmp_path / "long.bvh", 60, 0.01, "Y")
    assert read(long, Reading(start=1, end=3)).seconds == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (Reading(start=4), "clip.npy lasts 4.0 s: the range cannot start at 4 s"),
        (Reading(start=-1), "cannot start at -1 s"),
        (Reading(start=float("nan")), "cannot start at nan s"),
        (Reading(start=2, end=2), "ends at 2 s, it starts later"),
        (Reading(fps=0), "0 frames a second"),
        (Reading(fps=1e9), "frames a second"),
        (Reading(units="cm"), "clip.npy: in centimetres the body is 0.017 m tall; metres fit"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(tmp_path, reading, said):
    np.save(tmp_path / "clip.npy", body())
    with pytest.raises(MotionFileError) as error:
        read(tmp_path / "clip.npy", reading)
    assert said in str(error.value)


def test_a_rate_that_the_file_does_not_say_is_called_usual(tmp_path):
    np.save(tmp_path / "clip.npy", body())
    assert "usual for such a file" in open_file(tmp_path / "clip.npy").reasons
