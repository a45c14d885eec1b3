"""What is said of results: the words beside real clips, and whether a caption says what the prompt does."""

import numpy as np
import people
import pytest
from comparing import model_with, real_clips

from mote.check import UNKNOWN, agreement, findings
from mote.motion.motion import Motion
from mote.pipeline import MoTe, Sample

SAMPLE = {"text": None, "seed": 0}


@pytest.fixture(scope="module")
def motion(tiny_model) -> Motion:
    return tiny_model.generate("motion", seconds=2.0, steps=1, seed=1)[0].motion


def said(model: MoTe, sample: Sample, given: Motion | str | None) -> dict[str, str]:
    return {finding.name: finding.said for finding in findings(model, sample, given)}


@pytest.mark.parametrize(
    ("match", "jitter", "words"),
    [
        ((-3.0, -2.0), (0.0, 1e6), ("better than all real clips", "as in real clips")),
        ((2.0, 3.0), (0.0, 1e-9), ("worse than all real clips", "more than all real clips")),
        ((2.0, 3.0), (1e6, 1e7), ("worse than all real clips", "less than all real clips")),
    ],
)
def test_a_result_stands_beside_real_clips(tiny_model, motion, match, jitter, words):
    model = model_with(tiny_model, real_clips(match, jitter))
    found = said(model, Sample(motion=motion, **SAMPLE), "a person walks")
    assert (found["match"], found["jitter"]) == words
    assert [*found] == ["match", "way", "skating", "jitter"]


def test_figures_stand_alone_where_no_real_clips_are_known(tiny_model, motion):
    model = model_with(tiny_model, None)
    match, way, skating, jitter = findings(model, Sample(motion=motion, **SAMPLE), "a person walks")
    assert match.said == f"cosine {model.match(motion, 'a person walks'):.2f}"
    assert "% of the frames" in skating.said
    assert "mm" in jitter.said
    assert way.said
    assert all(UNKNOWN in finding.why for finding in (match, skating, jitter))


@pytest.mark.parametrize(
    ("joints", "way"),
    [(people.walking(4, (0, 1.0)), "4.0 m"), (people.standing(60), "in place")],
)
def test_the_way_is_told_in_numbers(tiny_model, joints, way):
    assert said(tiny_model, Sample(motion=Motion(joints), **SAMPLE), None)["way"].startswith(way)


def test_what_fits_is_asked_only_where_there_are_a_motion_and_a_sentence(tiny_model, motion):
    model = model_with(tiny_model, real_clips((0, 1)))
    made, written = Sample(motion=motion, **SAMPLE), Sample(motion=None, text="a person walks", seed=0)
    assert [*said(model, made, None)] == [*said(model, made, motion)] == ["way", "skating", "jitter"]
    assert [*said(model, written, motion)] == ["match"]
    assert said(model, written, "a person jumps") == {}
    assert [*said(model_with(tiny_model, None, retrieval=False), made, "a person walks")] == [
        "way",
        "skating",
        "jitter",
    ]


def test_a_match_is_a_cosine_of_motions_and_sentences_alike(tiny_model, motion):
    model = model_with(tiny_model, None)
    assert model.match("a person walks", "a person walks") == pytest.approx(1, abs=1e-5)
    assert model.match(motion, motion) == pytest.approx(1, abs=1e-5)
    assert model.match(motion, "a person walks") == pytest.approx(model.match("a person walks", motion), abs=1e-5)
    with pytest.raises(ValueError, match="cannot compare"):
        tiny_model.match(motion, "a person walks")
    with pytest.raises(ValueError, match=r"the model takes 1\.5 to 9\.8 s"):
        model.match(Motion(np.zeros((400, 22, 3))), "a person walks")


def test_a_model_that_cannot_compare_says_nothing_of_agreement(tiny_model):
    assert agreement(tiny_model, "a person walks", "a person jumps") is None
    assert agreement(model_with(tiny_model, None), "a person walks", "a person jumps").why == UNKNOWN


@pytest.mark.parametrize(
    ("prompt", "caption", "said"),
    [
        ("a person waves with the left hand", "a man is waving his left hand", "agrees"),
        ("a person waves with the left hand", "a man is waving his right hand", "the same on the other side"),
        ("someone runs forward", "a person is running", "agrees"),
        ("someone runs forward", "a person bows politely", "says something else"),
    ],
)
def test_the_model_tells_whether_two_sentences_say_the_same(committed, prompt, caption, said):
    assert agreement(committed, prompt, caption).said == said


def test_the_committed_model_knows_what_real_clips_measure(committed):
    [sample] = committed.generate("text-to-motion", text="a person waves with the left hand", seed=1)
    right, wrong = (said(committed, sample, text) for text in ("a person waves with the left hand", "a person jumps"))
    assert right["match"].startswith("better than") or int(right["match"].split()[2]) < 90
    assert wrong["match"] in ("worse than all real clips", *(f"worse than {n} % of real clips" for n in range(95, 100)))
    assert right["skating"] == "as in real clips"
