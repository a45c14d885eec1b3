"""The protocol of Guo et al. on an evaluator whose embeddings are known: real clips, broken pairs, a whole report."""

import json
from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from synthetic import codes, make_data, make_evaluator, place

from train.data import Clips
from train.evaluate import main
from train.evaluation import Evaluation, Settings
from train.protocol import Draw, draw, references, whole

COUNT = 64
"""Clips: two pools, so that every draw is of all."""


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory):
    return make_evaluator(tmp_path_factory.mktemp("t2m"), COUNT)


@pytest.fixture
def report(tiny_folder, evaluator, tmp_path):
    """The tables of an evaluation of the tiny model."""

    def run(**data: object) -> dict:
        prepared = make_data(tmp_path / "prepared", COUNT, **data)
        folders = {"--model": tiny_folder, "--data": prepared, "--official": evaluator, "--out": tmp_path / "out"}
        few = {"--steps": 1, "--repeats": 2, "--texts": 2, "--samples": 3, "--batch": 35}
        words = [str(word) for pair in (folders | few).items() for word in pair]
        main([*words, "--parts", "protocol"])
        return json.loads((tmp_path / "out" / "report.json").read_text())["tables"]

    return run


def test_the_draws_are_those_of_the_protocol():
    frames, captions = [40 + number % 160 for number in range(330)], [1 + number % 4 for number in range(330)]
    chance = np.random.default_rng(0)
    drawn = [one for _ in range(20) for one in draw(frames, captions, chance)]
    assert len(drawn) == 20 * 320, "ten is what a pool of 32 leaves over"
    assert len({one.clip for one in drawn[:320]}) == 320
    assert [one.clip for one in drawn[:320]] != sorted(one.clip for one in drawn[:320])
    shorter = Counter()
    for one in drawn:
        left = frames[one.clip] // 4 - one.frames // 4
        shorter[left] += 1
        assert one.frames % 4 == 0
        assert 0 <= one.start <= frames[one.clip] - one.frames
        assert one.caption < captions[one.clip]
    assert set(shorter) == {0, 1}
    assert shorter[1] / len(drawn) == pytest.approx(1 / 3, abs=0.03)
    assert {one.caption for one in drawn if captions[one.clip] == 4} == {0, 1, 2, 3}
    assert max(one.frames for one in drawn) == 196
    np.testing.assert_array_equal(
        Draw(clip=0, caption=0, start=2, frames=4).cut(np.arange(9)[:, None])[:, 0], range(2, 6)
    )


def test_whole_clips_are_cut_to_a_multiple_of_four_as_all_are():
    clips = whole([40, 43, 199], [2, 0, 1])
    assert [(one.clip, one.caption, one.start, one.frames) for one in clips] == [
        (0, 2, 0, 40), (1, 0, 0, 40), (2, 1, 0, 196),
    ]  # fmt: skip


def test_too_little_is_said():
    with pytest.raises(ValueError, match="needs 32 pairs, there are 31"):
        draw([40] * 31, [1] * 31, np.random.default_rng(0))
    with pytest.raises(ValueError, match="a clip of 3 frames is too short"):
        draw([3] * 32, [1] * 32, np.random.default_rng(0))


def test_three_references_always():
    assert references(["a"]) == ["a", "a", "a"]
    assert references(["a", "b"]) == ["a", "b", "a"]
    assert references(["a", "b", "c", "d"]) == ["a", "b", "c"]


def test_the_row_of_real_clips_is_right(report):
    tables = report()
    motion, text, found, compared = tables.values()
    assert [*motion] == [*text] == ["real", "generated"]
    real, made = motion["real"], motion["generated"]
    assert [real[f"R-precision {place}"]["mean"] for place in (1, 2, 3)] == [1, 1, 1]
    assert real["MM-Dist"]["mean"] == pytest.approx(0, abs=1e-5)
    assert real["FID"]["mean"] == pytest.approx(0, abs=1e-6)
    places = np.array([place(code) for code in codes(COUNT)])
    assert real["Diversity"]["mean"] == pytest.approx(cdist(places, places).mean(), rel=0.2)
    assert "MultiModality" not in real
    assert made["R-precision 1"]["mean"] < 0.3, "an untrained model makes nothing that its prompt would find"
    assert made["MM-Dist"]["mean"] > 0.5
    assert made["FID"]["mean"] > 1
    assert made["MultiModality"]["mean"] > 0
    assert text["real"]["R-precision 1"]["mean"] == 1
    assert text["generated"]["R-precision 1"]["mean"] < 0.3
    assert [*compared] == ["raw", "lemmatised"]
    assert all(row.keys() == {"Bleu-1", "Bleu-4", "ROUGE-L", "CIDEr"} for row in compared.values())
    for row in ("a real sentence finds its clip", "a clip finds its real sentence"):
        assert all(figure["mean"] == 1 for figure in found[row].values())
    assert len(found) == 6
    assert all(len(row) == 6 for row in found.values())


def test_broken_pairs_show_at_once(report):
    motion, text, found, _ = report(shift=1).values()
    assert motion["real"]["R-precision 1"]["mean"] < 0.2
    assert motion["real"]["MM-Dist"]["mean"] > 0.5
    assert motion["real"]["FID"]["mean"] == pytest.approx(0, abs=1e-6), "the motions are as they were"
    assert text["real"]["R-precision 1"]["mean"] < 0.2
    assert found["a clip finds its real sentence"]["R@1 of all"]["mean"] == 0


def test_captions_without_tokens_are_refused_in_a_sentence(report):
    with pytest.raises(SystemExit, match="train-0 has no tokens for its captions"):
        report(tagged=False)


def test_the_protocol_needs_the_evaluator(tiny_folder, tmp_path, capsys):
    folders = ["--model", tiny_folder, "--data", tmp_path, "--out", tmp_path]
    with pytest.raises(SystemExit):
        main([*map(str, folders), "--parts", "protocol"])
    assert "the part 'protocol' needs --official" in capsys.readouterr().err


def test_motions_for_one_text_differ_within_a_batch(tiny_model):
    clips = Clips([np.zeros((40, 263), np.float32)], [{"captions": ["a person walks"]}])
    evaluation = Evaluation(tiny_model, None, clips, Settings(steps=1, batch=2))
    one, other = evaluation.make_motions(["a person walks"] * 2)
    assert np.abs(one.joints[:30] - other.joints[:30]).max() > 1e-4
    assert len(evaluation.generate("motion", 3)) == 3
