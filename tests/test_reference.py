"""What real clips measure, as a file beside the weights: read strictly, and what is less and more than a figure."""

import json
import shutil

import pytest

from mote.checkpoint import CheckpointError
from mote.motion.quality import Movement
from mote.pipeline import MoTe
from mote.reference import REAL, RealClips

VALUES = {
    "speed": [10.0],
    "skating": [[0, 0, 0.1], [0, 0.2, 0.4]],
    "jitter": [[1, 2, 3], [10, 20, 30]],
    "match": [0.2, 0.4, 0.6, 0.8, 1.0],
    "mismatch": [-0.4, 0.0, 0.4],
    "agreement": [],
    "disagreement": [],
}


@pytest.fixture
def folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "model")


def test_a_figure_stands_among_those_of_clips_that_move_as_fast():
    real = RealClips(**VALUES)
    slow, fast = Movement(speed=5, skating=0.0, jitter=2.5), Movement(speed=50, skating=0.5, jitter=2.5)
    assert real.of_movement("jitter", slow) == (0.5, 0)
    assert real.of_movement("jitter", fast) == (0, 1)
    assert real.of_movement("skating", slow) == (0, 0), "the half that do not slide at all are not less"
    assert real.of_movement("skating", fast) == (1, 0)


def test_a_cosine_stands_among_those_of_its_kind_of_pair():
    real = RealClips(**VALUES)
    assert real.of_cosine("match", 0.7) == (0.5, 0.25)
    assert real.of_cosine("mismatch", 0.7) == (1, 0)
    assert real.of_cosine("agreement", 0.7) is None


def test_a_model_has_the_file_or_goes_without(folder):
    assert MoTe.from_pretrained(folder, device="cpu").real is None
    (folder / REAL).write_text(json.dumps(VALUES))
    assert MoTe.from_pretrained(folder, device="cpu").real == RealClips(**VALUES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "holds list, not an object"),
        (json.dumps(VALUES | {"more": []}), "unknown field: more"),
        (json.dumps({name: value for name, value in VALUES.items() if name != "speed"}), "lacks a field: speed"),
        (json.dumps(VALUES | {"speed": 3}), "speed is a list of numbers, not int"),
        (json.dumps(VALUES | {"speed": [1, 2]}), "skating has a list for each of 3 groups"),
        (json.dumps(VALUES | {"jitter": [[1, 2], ["fast", 3]]}), "jitter holds something that is not a list of num"),
        (json.dumps(VALUES | {"match": [0.5, 0.1]}), "match is not finite numbers from the least to the most"),
        (json.dumps(VALUES | {"match": [0.5, float("nan")]}), "match is not finite numbers"),
        (json.dumps(VALUES | {"jitter": [[1, 2], [3]]}), "jitter is not finite numbers"),
        (json.dumps(VALUES | {"match": [0.1, 10**400]}), "match"),
    ],
)
def test_a_damaged_file_is_answered_with_a_sentence(folder, content, message):
    (folder / REAL).write_text(content)
    with pytest.raises(CheckpointError, match=message):
        MoTe.from_pretrained(folder, device="cpu")
