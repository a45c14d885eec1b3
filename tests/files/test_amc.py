"""ASF and AMC: a body worked out by hand, and broken files."""

import os
from pathlib import Path

import numpy as np
import pytest

from mote.files import MotionFileError, read, read_recording

ASF = """# a body of two bones and a joint of no length
:version 1.10
:units
  mass 1.0
  length 0.0254
  angle deg
:documentation
  a begin and an end in words
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 1 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name arm
    direction 1 0 0
    length 1
    axis 0 0 90 XYZ
    dof rx
    limits (-10.0 170.0)
  end
  begin
    id 2
    name spine
    direction 0 2 0
    length 2
    axis 0 0 0 XYZ
    dof rx ry rz
    limits (-10.0 170.0)
           (-10.0 170.0)
           (-10.0 170.0)
  end
  begin
    id 3
    name dummy
    direction 0 0 0
    length 0
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root spine
    spine dummy
    dummy arm
  end
"""
AMC = """# made by hand
:FULLY-SPECIFIED
:DEGREES
:SAMPLES-PER-SECOND 60
1
root 0 0 0 0 0 0
spine 0 0 0
arm 0
2
root 1 2 3 0 90 0
spine 0 0 0
arm 90
3
root 0 0 0 0 0 0
spine 90 0 90
arm 0
"""
NAMES = ("root", "spine", "dummy", "arm", "arm end")
# Frame 2: the arm's axis Rz(90) makes its x the world's y, so it turns x to -z; the root's Ry(90) turns -z to -x.
# Frame 3: about fixed axes, x first: y -> z -> z; and the arm hangs below: x -> x -> y.
POSITIONS = [
    [[0, 1, 0], [0, 1, 0], [0, 3, 0], [0, 3, 0], [1, 3, 0]],
    [[1, 3, 3], [1, 3, 3], [1, 5, 3], [1, 5, 3], [0, 5, 3]],
    [[0, 1, 0], [0, 1, 0], [0, 1, 2], [0, 1, 2], [0, 2, 2]],
]


def save(folder: Path, asf: str = ASF, amc: str = AMC) -> Path:
    (folder / "clip.asf").write_text(asf)
    (folder / "clip.amc").write_text(amc)
    return folder / "clip.amc"


def test_positions_worked_out_by_hand(tmp_path):
    recording = read_recording(save(tmp_path))
    assert recording.names == NAMES
    assert recording.parents == (-1, 0, 1, 2, 3)
    assert recording.fps == 60
    np.testing.assert_allclose(recording.positions, POSITIONS, atol=1e-9)
    np.testing.assert_allclose(recording.rest, POSITIONS[0], atol=1e-12)


def test_units_of_length_and_the_rate_of_cmu(tmp_path):
    recording = read_recording(save(tmp_path, ASF.replace("0.0254", "0.45"), AMC.replace(":SAMPLES-PER-SECOND 60", "")))
    np.testing.assert_allclose(recording.positions, np.array(POSITIONS) / 0.45 * 0.0254, atol=1e-9)
    assert recording.fps == 120


def test_radians(tmp_path):
    quarter = str(np.pi / 2)
    amc = AMC.replace(":DEGREES", ":RADIANS").replace("90", quarter)
    asf = ASF.replace("angle deg", "angle rad").replace("axis 0 0 90", f"axis 0 0 {quarter}")
    np.testing.assert_allclose(read_recording(save(tmp_path, asf, amc)).positions, POSITIONS, atol=1e-9)


def test_the_order_of_axes_and_of_channels(tmp_path):
    asf = ASF.replace("axis 0 0 0 XYZ\n    dof rx ry rz", "axis 0 0 0 zyx\n    dof rz rx ry")
    amc = AMC.replace("spine 90 0 90", "spine 90 90 0")
    expected = [[0, 1, 0], [0, 1, 0], [-2, 1, 0], [-2, 1, 0], [-2, 1, 1]]  # z first: y -> -x -> -x and x -> y -> z
    np.testing.assert_allclose(read_recording(save(tmp_path, asf, amc)).positions[2], expected, atol=1e-9)
    asf = ASF.replace("order TX TY TZ RX RY RZ", "order RX RY RZ TZ TY TX")
    amc = AMC.replace("root 1 2 3 0 90 0", "root 0 90 0 3 2 1")
    np.testing.assert_allclose(read_recording(save(tmp_path, asf, amc)).positions, POSITIONS, atol=1e-9)


def test_the_skeleton_is_found_beside_the_motion(tmp_path):
    path = save(tmp_path)
    (tmp_path / "16_15.amc").write_text(AMC)
    (tmp_path / "clip.asf").rename(tmp_path / "other.asf")
    assert read_recording(tmp_path / "16_15.amc").names == NAMES  # the only one
    (tmp_path / "1.asf").write_text("nothing")
    (tmp_path / "16.asf").write_text(ASF)
    assert read_recording(tmp_path / "16_15.amc").names == NAMES  # the subject's
    with pytest.raises(MotionFileError, match=r"put its \.asf file, clip\.asf"):
        read_recording(path)


def test_a_missing_skeleton(tmp_path):
    (tmp_path / "clip.amc").write_text(AMC)
    with pytest.raises(MotionFileError, match=r"clip\.amc has no skeleton"):
        read(tmp_path / "clip.amc")


BROKEN_AMC = {
    "empty": ("", "is empty"),
    "other text": ("a person walks", "is not AMC"),
    "only a header": (":DEGREES\n", "is not AMC"),
    "truncated": (AMC[:-8], "ends inside a frame"),
    "a value too many": (AMC.replace("arm 0", "arm 0 1.5", 1), "does not fit its skeleton"),
    "unknown bone": (AMC.replace("arm", "tail"), "'tail' stands where a bone should"),
    "another bone later": (AMC.replace("spine 90 0 90", "dummy 90 0 90"), "in frame 3"),
    "no root": (AMC.replace("root 0 0 0 0 0 0\n", ""), "no values for the root"),
    "nan": (AMC.replace("90 0 90", "90 nan 90"), "NaN"),
    "infinity": (AMC.replace("root 1 2", "root inf 2"), "infinity"),
    "word": (AMC.replace("90 0 90", "90 x 90"), "could not convert"),
    "rate 0": (AMC.replace("SECOND 60", "SECOND 0"), "frames a second"),
    "no rate": (AMC.replace("SECOND 60", "SECOND"), "one number"),
    "binary": ("1\0" * 50, "binary"),
    "unknown joints": (AMC, "no joint of this file"),
}
BROKEN_ASF = {
    "empty": ("", "is empty"),
    "no hierarchy": (ASF.split(":hierarchy")[0], "no :hierarchy"),
    "no bones": (ASF.replace(":bonedata", ":other"), "no :bonedata"),
    "length 0": (ASF.replace("0.0254", "0"), "units length"),
    "same names": (ASF.replace("name arm", "name spine"), "a name of its own: spine"),
    "no length": (ASF.replace("    length 1\n", ""), "a length and a direction"),
    "no direction": (ASF.replace("    direction 1 0 0\n", ""), "a length and a direction"),
    "no axis": (ASF.replace("    axis 0 0 90 XYZ\n", ""), "an axis such as"),
    "bad order": (ASF.replace("0 0 90 XYZ", "0 0 90 XYX"), "an axis such as"),
    "bad dof": (ASF.replace("dof rx\n", "dof l\n"), "known are rx, ry, rz"),
    "unknown bone": (ASF.replace("dummy arm", "dummy tail"), "unknown or met twice: tail"),
    "a loop": (ASF.replace("dummy arm", "dummy arm\n    arm spine"), "unknown or met twice: spine"),
    "not joined": (ASF.replace("    dummy arm\n", ""), "does not join to the root: arm"),
    "word": (ASF.replace("direction 1 0 0", "direction 1 0 z"), "could not convert"),
    "nan": (ASF.replace("direction 1 0 0", "direction 1 0 nan"), "NaN"),
}


@pytest.mark.parametrize("kind", BROKEN_AMC)
def test_broken_motions_say_what_is_wrong(kind, tmp_path):
    text, message = BROKEN_AMC[kind]
    with pytest.raises(MotionFileError, match=r"^clip\.amc") as caught:
        read(save(tmp_path, amc=text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", BROKEN_ASF)
def test_broken_skeletons_say_what_is_wrong(kind, tmp_path):
    text, message = BROKEN_ASF[kind]
    with pytest.raises(MotionFileError, match=r"^clip\.asf") as caught:
        read(save(tmp_path, asf=text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_motion_that_cannot_be_found(tmp_path):
    with pytest.raises(MotionFileError, match="not found"):
        read(tmp_path / "none.amc")


def real_clips() -> list[Path]:
    folder = os.environ.get("MOTE_DATA")
    return sorted(Path(folder).rglob("*.amc"))[::40] if folder else []


@pytest.mark.skipif(not real_clips(), reason="MOTE_DATA names no folder with .amc files")
def test_real_clips_are_people():
    for path in real_clips():
        recording = read_recording(path)
        parents = np.array(recording.parents[1:])
        bones = np.linalg.norm(recording.positions[:, 1:] - recording.positions[:, parents], axis=-1)
        assert np.ptp(bones, axis=0).max() < 1e-9, path.name  # rigid
        assert 0.35 < bones.mean(0).max() < 0.6, path.name  # a shin or a thigh, in metres
        assert read(path).fps == 20, path.name
