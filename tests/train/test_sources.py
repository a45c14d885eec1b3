"""The sources' clips: labels from names and tables, cuts where the motion changes, splits that keep takes together."""

import json
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import people
import pytest

from mote.files import write
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from train.prepare import bandai, cmu, snu
from train.prepare.__main__ import splits
from train.prepare.actions import find_action
from train.prepare.segments import cut, t_poses
from train.prepare.source import Clip, Side
from train.prepare.tables import Table
from train.prepare.words import style_group

FPS = 20
ARMS = {
    side: [HUMANML3D.index(f"{side} {joint}") for joint in ("shoulder", "elbow", "wrist")]
    for side in get_args(Side)[:2]
}


def standing(seconds: float) -> np.ndarray:
    """A person at rest with hanging arms, (frames, 22, 3)."""
    return people.standing(round(seconds * FPS))


def t_pose(seconds: float) -> np.ndarray:
    joints = standing(seconds)
    for side, out in (("left", 1), ("right", -1)):
        shoulder, *rest = ARMS[side]
        for joint, reach in zip(rest, (0.26, 0.53), strict=True):
            joints[:, joint] = joints[:, shoulder] + np.array([out * reach, 0, 0])
    return joints


def waving(seconds: float) -> np.ndarray:
    """The right hand swings in front of the body at up to 2 m/s."""
    joints = standing(seconds)
    swing = 0.4 * np.sin(np.arange(len(joints)) / FPS * 5)
    joints[:, ARMS["right"][-1]] += np.stack([swing, np.full_like(swing, 0.4), np.full_like(swing, 0.3)], axis=1)
    return joints


def motion(*pieces: np.ndarray) -> Motion:
    return Motion(np.concatenate(pieces), FPS)


def test_a_t_pose_is_told_from_standing():
    assert t_poses(motion(t_pose(1))).all()
    assert not t_poses(motion(standing(1), waving(1))).any()


def test_t_poses_are_left_out_and_split_a_take():
    take = motion(t_pose(2), waving(4), t_pose(1), waving(5), t_pose(2))
    clips = cut(take)
    assert len(clips) == 2
    for (start, end), (begin, stop) in zip(clips, [(2, 6), (7, 12)], strict=True):
        assert begin <= start < begin + 1
        assert stop - 1 < end <= stop


@pytest.mark.parametrize("first", [t_pose(0.05), standing(0.05) + np.array([1, 0, 0])])
def test_a_first_frame_of_another_movement_is_dropped(first):
    ((start, end),) = cut(motion(first, waving(3)))
    assert 0 < start < 0.2
    assert end == pytest.approx(3.05)


def test_waiting_at_the_ends_is_cut_short():
    ((start, end),) = cut(motion(standing(3), waving(4), standing(3)))
    assert 2.2 < start < 3.1
    assert 6.9 < end < 7.8
    assert cut(motion(standing(3), waving(4), standing(3)), still=True) == [(0, 10)]


def test_a_long_take_is_cut_in_its_pause():
    clips = cut(motion(waving(6), standing(1), waving(6)))
    assert any(6 <= end <= 7 for _, end in clips[:-1])
    assert clips == cut(motion(waving(6), standing(1), waving(6)))


def test_clips_are_in_order_apart_and_of_a_useful_length():
    clips = cut(motion(*(piece for _ in range(8) for piece in (waving(4.5), standing(0.6)))), start=1, end=39)
    assert clips[0][0] >= 1
    assert clips[-1][1] <= 39
    assert all(2 <= end - start <= 10 for start, end in clips)
    assert all(first[1] <= second[0] for first, second in pairwise(clips))


def test_a_short_stretch_counts_only_if_it_is_its_whole_take():
    assert len(cut(motion(waving(1.2)))) == 1
    assert cut(motion(waving(1.2), t_pose(2))) == []


def test_bandai_labels_come_from_the_name(tmp_path: Path):
    for name in (
        "dataset-1_walk_old_001",
        "dataset-2_raise-up-both-hands_active_012",
        "dataset-1_dance-short_normal_001",
    ):
        (tmp_path / f"{name}.bvh").touch()
    labels = {(clip.action, clip.style, clip.side) for clip in bandai.clips(tmp_path)}
    assert labels == {
        ("walk", "elderly", None),
        ("raise-up-both-hands", "active", "both"),
        ("dance", "normal", None),
    }


def test_a_bandai_name_of_another_form_is_an_error(tmp_path: Path):
    (tmp_path / "walk.bvh").touch()
    with pytest.raises(ValueError, match=r"walk\.bvh"):
        list(bandai.clips(tmp_path))


@pytest.mark.parametrize("source", ["cmu", "snu-patches", "snu-ys2010"])
def test_the_tables_name_known_actions_and_whole_stretches(source):
    table = Table(source=source)
    assert table.licence
    assert table.takes
    for take, parts in table.takes.items():
        assert parts, take
        for part in parts:
            find_action(part.action)
            if part.style:
                style_group(part.style)
            assert part.side in (None, *get_args(Side)), take
            assert part.end is None or part.end - part.start >= 2, take
            assert all(text == text.lower() for text in part.texts), take
    assert not set(table.takes) & set(table.dropped)


def test_two_people_of_a_scene_share_a_take(tmp_path: Path):
    folder = tmp_path / "multi"
    folder.mkdir()
    for person in ("hys", "mmk"):
        write(motion(waving(10)), folder / f"{person}_hello.bvh")
    clips = list(snu.clips(tmp_path))
    assert {clip.take for clip in clips} == {"snu-patches/multi/hello"}
    assert {(clip.action, clip.start, clip.end) for clip in clips} == {("bow", 1.8, 4.4), ("handshake", 5.6, 8.6)}
    assert len({clip.name for clip in clips}) == len(clips)


def test_unknown_and_dropped_takes_are_passed_over(tmp_path: Path):
    for take in ("1/t_pose", "1/nothing-we-know"):
        path = tmp_path / f"{take}.bvh"
        path.parent.mkdir(exist_ok=True)
        write(motion(waving(3)), path)
    assert list(snu.clips(tmp_path)) == []


def test_captioned_stretches_stand_for_the_cuts_that_they_cover(tmp_path: Path):
    write(motion(waving(6), standing(1), waving(12)), tmp_path / "14_02.bvh")
    without = list(cmu.clips(tmp_path))
    rows = [
        {"id": "1", "trial": "14_02", "start": 0.0, "end": 6.5, "split": "train", "captions": ["a man boxes."]},
        {"id": "2", "trial": "14_02", "start": 7.0, "end": 12.0, "split": "test", "captions": ["never used"]},
    ]
    (tmp_path / cmu.ROWS).write_text(json.dumps(rows))
    clips = list(cmu.clips(tmp_path))
    captioned = [clip for clip in clips if clip.texts]
    assert [(clip.start, clip.end, clip.texts, clip.action) for clip in captioned] == [
        (0.0, 6.5, ("a man boxes.",), "box")
    ]
    assert [clip for clip in clips if not clip.texts] == [clip for clip in without if clip.start > 5]
    assert {clip.take for clip in clips} == {"cmu/14_02"}


def labelled(take: str, action: str) -> Clip:
    return Clip(
        name=f"cmu/{take}/00", source="cmu", licence="free", path=Path("none"), action=action, style=None, side=None,
        take=f"cmu/{take}",
    )  # fmt: skip


def test_takes_stay_together_and_an_action_of_the_test_alone_is_learned_from():
    clips = [labelled(str(number), "walk") for number in range(300)]
    chosen = splits(clips)
    assert set(chosen.values()) == {"train", "val", "test"}
    tested = next(take for take, split in chosen.items() if split == "test").removeprefix("cmu/")
    other = next(take for take, split in chosen.items() if split == "val").removeprefix("cmu/")
    assert splits([*clips, labelled(tested, "walk")]) == chosen
    alone = splits([*(clip for clip in clips if clip.take != f"cmu/{tested}"), labelled(tested, "bear")])
    assert alone == {**chosen, f"cmu/{tested}": "train"}
    shown = [labelled("1001", "bear"), *(clip for clip in clips if clip.take not in (f"cmu/{tested}", f"cmu/{other}"))]
    both = splits([*shown, labelled(tested, "bear"), labelled(other, "bear")])
    assert both["cmu/1001"] == "train"
    assert (both[f"cmu/{tested}"], both[f"cmu/{other}"]) == ("test", "val"), "a third take is for training"
