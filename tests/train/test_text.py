"""Reading captions by split, and putting words into them."""

import json
import random
from pathlib import Path

from train.prepare.text import clips, count_words, humanml3d, kit, substitute


def test_humanml3d_keeps_to_the_split(tmp_path: Path) -> None:
    rows = {
        "000008": {"split": "train", "captions": ["A man squats.", "  "]},
        "000024": {"split": "val", "captions": ["person does a hand stand"]},
    }
    (tmp_path / "captions_part.json").write_text(json.dumps(rows))
    assert humanml3d(tmp_path, "train") == ["a man squats"]
    assert humanml3d(tmp_path, "val") == ["person does a hand stand"]


def test_kit_never_reads_the_test_motions(tmp_path: Path) -> None:
    names = {"train": "00001", "val": "00002", "test": "00003"}
    rows = {name: {"annotations": [{"text": f"A person walks {split}."}]} for split, name in names.items()}
    (tmp_path / "annotations.json").write_text(json.dumps(rows))
    for split, name in names.items():
        (tmp_path / f"{split}.txt").write_text(f"{name}\n99999\n")
    assert kit(tmp_path, "train") == ["a person walks train"]
    assert kit(tmp_path, "val") == ["a person walks val"]


def test_clips_of_a_split_with_their_mirror_images_once_each(tmp_path: Path) -> None:
    rows = [
        {
            "split": "train",
            "captions": ["a man bows", "turns left"],
            "mirrored_captions": ["a man bows", "turns right"],
        },
        {"split": "test", "captions": ["a youngster bows"], "mirrored_captions": []},
    ]
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert clips(tmp_path, "train") == ["a man bows", "turns left", "turns right"]


def test_every_word_gets_a_sentence_with_one_word_changed() -> None:
    captions, words = ["a man walks, slowly", "turns left"], ["zebra", "orange", "quickly"]
    made = substitute(captions, words, random.Random(0))
    for word, sentence in zip(words, made, strict=True):
        assert count_words([sentence])[word] == 1
        lost = [count_words([caption]) - count_words([sentence]) for caption in captions]
        assert 1 in [counts.total() for counts in lost]
