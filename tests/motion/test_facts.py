"""Facts on synthetic motions whose answer is known, and on labelled clips where MOTE_DATA names them."""

import os
import re
from pathlib import Path

import numpy as np
import people
import pytest

from mote.files import read
from mote.motion.facts import measure
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D

FPS = 20


def standing(seconds: float) -> np.ndarray:
    """A person at rest who faces +Z with hanging arms, (frames, 22, 3)."""
    return people.standing(round(seconds * FPS))


def turned(joints: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Every frame turned about its pelvis, positive to the left."""
    angle = np.radians(degrees)[:, None]
    local = joints - joints[:, :1]
    x = local[..., 0] * np.cos(angle) + local[..., 2] * np.sin(angle)
    z = -local[..., 0] * np.sin(angle) + local[..., 2] * np.cos(angle)
    return np.stack([x, local[..., 1], z], -1) + joints[:, :1]


def with_hand(joints: np.ndarray, side: str, over_shoulder: float, waves_a_second: float = 0.0) -> np.ndarray:
    """The wrist held at a height over the shoulder in the middle of the clip, swinging sideways by 15 cm."""
    wrist, shoulder = HUMANML3D.index(f"{side} wrist"), HUMANML3D.index(f"{side} shoulder")
    clock = np.arange(len(joints)) / FPS
    up = slice(len(joints) // 4, 3 * len(joints) // 4)
    joints[up, wrist] = joints[up, shoulder] + np.array([0.0, over_shoulder, 0.1])
    joints[up, wrist, 0] += 0.15 * np.sin(2 * np.pi * waves_a_second * clock[up])
    return joints


def test_a_person_who_stands_does_nothing():
    facts = measure(Motion(standing(3)))
    assert facts.seconds == pytest.approx(3)
    assert (facts.distance, facts.steps, facts.jumps, facts.direction) == (0, 0, 0, None)
    assert facts.raised_hand is facts.kicking_foot is facts.striking_hand is None
    assert facts.turn == pytest.approx(0, abs=0.1)
    assert 0.9 < facts.lowest_pelvis < 1.1


@pytest.mark.parametrize(
    ("velocity", "direction", "heading"),
    [((0, 1.2), "forward", 0), ((0, -0.8), "backward", 180), ((0.9, 0), "left", 90), ((-0.9, 0), "right", -90),
     ((0.6, 0.9), "forward", 33.7)],
)  # fmt: skip
def test_travel_is_told_relative_to_the_facing(velocity, direction, heading):
    facts = measure(Motion(people.walking(5, velocity)))
    assert facts.direction == direction
    assert abs((facts.heading - heading + 180) % 360 - 180) < 3
    assert facts.distance == pytest.approx(5 * np.hypot(*velocity), rel=0.05)
    assert facts.displacement == pytest.approx(facts.distance, rel=0.05)
    assert facts.speed == pytest.approx(np.hypot(*velocity), rel=0.05)
    assert facts.straightness > 0.95


def test_facing_elsewhere_changes_neither_way_nor_turn():
    joints = turned(people.walking(5, (0.0, 1.2)), np.full(100, 90.0))
    assert measure(Motion(joints)).direction == "right"  # faces +X and moves to +Z


@pytest.mark.parametrize(("rate", "steps"), [(0.5, 5), (1.0, 10), (1.5, 15)])
def test_steps_of_both_feet_are_counted(rate, steps):
    assert abs(measure(Motion(people.walking(5, (0, 1.2), rate))).steps - steps) <= 1


def test_steps_do_not_depend_on_the_frame_rate():
    motion = Motion(people.walking(5, (0, 1.2)))
    assert measure(motion.resample(60)).steps == measure(motion).steps


@pytest.mark.parametrize("degrees", [90, -90, 180, -270, 720])
def test_turn_is_positive_to_the_left(degrees):
    joints = standing(4)
    ramp = np.interp(np.arange(len(joints)), [10, 70], [0, degrees])
    assert measure(Motion(turned(joints, ramp))).turn == pytest.approx(degrees, abs=3)


def test_mirror_swaps_turn_hand_and_heading():
    joints = with_hand(people.walking(4, (0.5, 1.0)), "left", 0.4, waves_a_second=1.5)
    motion = Motion(turned(joints, np.linspace(0, 80, len(joints))))
    facts, other = measure(motion), measure(motion.mirror())
    assert (facts.raised_hand, other.raised_hand) == ("left", "right")
    assert other.turn == pytest.approx(-facts.turn, abs=1)
    assert other.heading == pytest.approx(-facts.heading, abs=1)
    assert facts.left_hand.waves == other.right_hand.waves


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_raised_hand_its_height_and_time(side):
    facts = measure(Motion(with_hand(standing(4), side, 0.5)))
    hand, other = (facts.left_hand, facts.right_hand) if side == "left" else (facts.right_hand, facts.left_hand)
    assert facts.raised_hand == side
    assert facts.raised == (hand,)
    assert hand.seconds_over_head == pytest.approx(2, abs=0.1)
    assert other.seconds_raised == 0
    assert hand.waves == 0


def test_both_hands():
    joints = with_hand(with_hand(standing(4), "left", 0.2), "right", 0.2)
    facts = measure(Motion(joints))
    assert facts.raised_hand == "both"
    assert facts.left_hand.seconds_over_shoulder == pytest.approx(2, abs=0.1)
    assert facts.left_hand.seconds_over_head == 0


@pytest.mark.parametrize("rate", [1.0, 2.0])
def test_waves_are_counted(rate):
    facts = measure(Motion(with_hand(standing(8), "right", 0.4, waves_a_second=rate)))
    assert abs(facts.right_hand.waves - 4 * rate) <= 1.5
    assert facts.left_hand.waves == 0


def test_jump_height_and_count():
    joints = standing(4)
    clock = np.arange(len(joints)) / FPS
    joints[..., 1] += np.clip(0.4 * np.sin(2 * np.pi * 0.5 * clock), 0, None)[:, None]
    facts = measure(Motion(joints))
    assert facts.jumps == 2
    assert facts.jump_height == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(("foot", "side"), [(HUMANML3D.left_foot, "left"), (HUMANML3D.right_foot, "right")])
def test_the_kicking_foot(foot, side):
    joints = standing(2)
    joints[15:20, list(foot)] += np.array([0.0, 0.7, 0.6])
    facts = measure(Motion(joints))
    assert facts.kicking_foot == side
    assert facts.kick_height == pytest.approx(0.7, abs=0.02)
    assert (facts.jumps, facts.kicks) == (0, 1)


def test_kicks_and_strikes_are_counted():
    joints = people.boxing(20, 60, 100, 120)
    for foot, frame in ((HUMANML3D.left_foot, 10), (HUMANML3D.right_foot, 50), (HUMANML3D.left_foot, 54)):
        joints[frame : frame + 3, list(foot)] += np.array([0.0, 0.7, 0.6])
    joints[90:93, list(HUMANML3D.left_foot)] += np.array([0.0, 0.35, 0.6])  # too low beside the others
    facts = measure(Motion(joints))
    assert (facts.strikes, facts.kicks) == (4, 3)
    assert (measure(Motion(standing(2))).strikes, measure(Motion(standing(2))).kicks) == (0, 0)


def test_squat_bow_start_and_stop():
    joints = standing(4)
    joints[30:50, 0, 1] -= 0.5
    assert measure(Motion(joints)).lowest_pelvis < 0.6
    bow = standing(4)
    trunk = HUMANML3D.index("neck")
    bow[30:50, trunk] = bow[30:50, 0] + 0.5 * np.array([0.0, np.cos(0.8), np.sin(0.8)])
    assert measure(Motion(bow)).bend == pytest.approx(np.degrees(0.8), abs=1)
    walk = people.walking(4, (0, 1.2))
    pause = np.concatenate([walk[:1].repeat(20, 0), walk, walk[-1:].repeat(20, 0)])
    facts = measure(Motion(pause))
    assert facts.starts_still
    assert facts.stops
    assert not measure(Motion(walk)).starts_still


def test_a_clip_of_one_frame_is_measured():
    assert measure(Motion(standing(1)[:1])).distance == 0


DATA = Path(os.environ.get("MOTE_DATA", "no-data"))
CLIPS = sorted(DATA.glob("bandai-namco/**/dataset-2_*.bvh"))


@pytest.mark.skipif(not CLIPS, reason="MOTE_DATA names no folder with the Bandai clips")
def test_labels_of_real_clips_are_measured():
    seen, right = 0, 0
    for path in CLIPS[::40]:
        label = re.match(r"dataset-2_(.+)_[a-z]+_\d+", path.stem)[1]
        side = next((word for word in label.split("-") if word in ("left", "right", "both")), None)
        facts = measure(read(path))
        if "hand" in label:
            waves = max((hand.waves for hand in facts.raised), default=0)
            right += facts.raised_hand == side and (waves >= 2) == label.startswith("wave") and facts.steps == 0
        else:
            turn = "left" if facts.turn > 40 else "right" if facts.turn < -40 else None
            right += turn == side and facts.direction == "forward"
        seen += 1
    assert seen > 50
    assert right / seen > 0.95
