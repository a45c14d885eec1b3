"""The handlers without a server: what they return, what they write, and what they say to bad input."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from people import LIMITS
from PIL import Image

from mote import advice
from mote.files import read
from mote.pipeline import MoTe
from mote.sampling import TASKS, sides_made
from mote.ui import handlers, staging
from mote.ui.handlers import Handlers
from mote.ui.tasks import TABS

FAST = {"steps": 2, "seed": 5}


@pytest.fixture(scope="module")
def studio_handlers(tiny_model) -> Handlers:
    return Handlers(tiny_model)


@pytest.fixture(scope="module")
def clip(studio_handlers) -> str:
    """A motion file, as if uploaded."""
    return studio_handlers.motion(seconds=2.0, **FAST).files[0]


def call(studio_handlers: Handlers, task: str, clip: str, **settings):
    """Run a task with whatever it needs to be given."""
    given = {"text": "a person waves", "motion": clip}
    needed = {name: given[name] for name in ("text", "motion") if name in TABS[task].inputs}
    return getattr(studio_handlers, task.replace("-", "_"))(**needed, **FAST | settings)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_makes_its_sides(studio_handlers, clip, task):
    result = call(studio_handlers, task, clip, samples=2)
    sides = sides_made(task)
    assert hasattr(result, "animations") == ("motion" in sides)
    assert hasattr(result, "captions") == ("text" in sides)
    if "motion" in sides:
        assert len(result.animations) == len(result.files) == 2
        with Image.open(result.animations[0][0]) as picture:
            assert picture.n_frames == len(read(result.files[0])) > 1
    if "text" in sides:
        assert result.captions.count("\n") == 1
    assert result.seed == 5
    assert result.status.startswith("2 ")


def test_the_seed_that_is_reported_makes_the_same_motion_again(studio_handlers):
    first = studio_handlers.text_to_motion("a person walks", seconds=2.0, steps=2)
    again = studio_handlers.text_to_motion("a person walks", seconds=2.0, steps=2, seed=first.seed)
    np.testing.assert_array_equal(np.load(first.files[0]), np.load(again.files[0]))


def test_lines_become_one_motion_after_another(studio_handlers):
    made = studio_handlers.text_to_motion("a person walks\n\n  a person waves ", seconds=2.0, samples=2, **FAST)
    assert len(made.files) == 2
    lengths = [len(np.load(file)) for file in made.files]
    assert lengths == [40 + 40 - 10] * 2, "two seconds each, joined over half a second"
    alone = np.load(studio_handlers.text_to_motion("a person walks", seconds=2.0, **FAST).files[0])
    np.testing.assert_allclose(np.load(made.files[0])[:20, 1:] - np.load(made.files[0])[:20, :1],
                               alone[:20, 1:] - alone[:20, :1], atol=5e-3)  # fmt: skip


def test_too_many_lines_are_refused(studio_handlers):
    with pytest.raises(gr.Error, match="At most 6 actions"):
        studio_handlers.text_to_motion("a person walks\n" * 7, **FAST)


def test_a_second_action_in_one_line_is_made_after_the_first(studio_handlers, monkeypatch):
    said, noted = [], []
    monkeypatch.setattr(gr, "Info", lambda message: said.append(message))
    monkeypatch.setattr(handlers, "one_by_one", lambda _, line: line.split(", then "))
    asked = replace(studio_handlers, note=lambda recipe, _: noted.append(recipe["text"]))
    made = asked.text_to_motion("he walks, then <b>waves</b>\nhe bows", seconds=2.0, **FAST)
    assert len(np.load(made.files[0])) == 3 * 40 - 2 * 10
    assert noted == [("he walks", "<b>waves</b>", "he bows")]
    assert said == [handlers.ONE_BY_ONE.format("he walks; &lt;b&gt;waves&lt;/b&gt;; he bows")]
    with pytest.raises(gr.Error, match="At most 6 actions"):
        asked.text_to_motion("he walks" + ", then waves" * 6, **FAST)


def test_equal_requests_write_to_different_folders(studio_handlers):
    runs = [studio_handlers.motion(seconds=2.0, **FAST) for _ in range(2)]
    paths = [path for run in runs for path in (run.animations[0][0], run.files[0])]
    assert len({Path(path).parent for path in paths}) == 2
    assert all(Path(path).is_file() for path in paths)


def test_the_asked_length_is_the_length_of_the_motion(studio_handlers):
    made = read(studio_handlers.text_to_motion("a person runs", seconds=3.0, **FAST).files[0])
    assert made.seconds == pytest.approx(3.0, abs=0.25)


def test_progress_moves_with_every_step_and_every_drawing(studio_handlers):
    seen = []
    studio_handlers.motion(seconds=2.0, samples=2, steps=2, progress=lambda done, desc: seen.append((done, desc)))
    assert seen == [
        (0.25, "Denoising, step 1 of 2"),
        (0.5, "Denoising, step 2 of 2"),
        (0.5, "Drawing, motion 1 of 2"),
        (0.75, "Drawing, motion 2 of 2"),
    ]


@pytest.mark.parametrize(("strangeness", "said"), [(1.3, 1), (0.7, 0)])
def test_a_sentence_far_from_what_the_model_knows_is_said_to_be(studio_handlers, monkeypatch, strangeness, said):
    notes = []
    monkeypatch.setattr(handlers.gr, "Info", lambda message: notes.append(message))
    monkeypatch.setattr(type(studio_handlers.model), "strangeness", lambda *_: strangeness)
    made = studio_handlers.text_to_motion("a person plays the cello", seconds=2.0, **FAST)
    assert made.animations, "it is made all the same"
    assert notes == [advice.STRANGE + advice.PLAIN] * said


def test_prompts_that_the_model_knows_are_offered_for_a_strange_one(tiny_model, monkeypatch):
    notes = []
    monkeypatch.setattr(handlers.gr, "Info", lambda message: notes.append(message))
    monkeypatch.setattr(MoTe, "strangeness", lambda _, text: 2.0)
    model = MoTe(tiny_model.med, tiny_model.ted, tiny_model.mtdm, ["a man waves his left hand", "a person walks"])
    Handlers(model).text_variation("A person walks!", **FAST)
    nearest = "Nearest to it among what it knows: a person walks; a man waves his left hand."
    assert notes == [advice.STRANGE + nearest]


@pytest.mark.parametrize("text", ["", "   \n", None])
def test_an_empty_prompt_is_answered_with_a_sentence(studio_handlers, text):
    for handler in (studio_handlers.text_to_motion, studio_handlers.text_variation):
        with pytest.raises(gr.Error, match="Write what the person does first"):
            handler(text)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("seconds", 1.0, "The length is from 1.5 to 9.8 seconds, not 1."),
        ("seconds", 60.0, "The length is from 1.5 to 9.8 seconds, not 60."),
        ("seconds", math.nan, "The length is from 1.5 to 9.8 seconds, not nan."),
        ("seconds", -math.inf, "The length is from 1.5 to 9.8 seconds, not -inf."),
        ("seconds", "long", "The length is from 1.5 to 9.8 seconds, not 'long'."),
        ("samples", 0, "The number of samples is from 1 to 4, not 0."),
        ("samples", 5, "The number of samples is from 1 to 4, not 5."),
        ("samples", 1.5, "The number of samples is a whole number from 1 to 4, not 1.5."),
        ("samples", None, "The number of samples is from 1 to 4, not empty."),
        ("steps", 0, "The number of steps is from 1 to 100, not 0."),
        ("steps", 1_000_000, "The number of steps is from 1 to 100, not 1000000."),
        ("guidance", -1, "The guidance is from 0 to 20, not -1."),
        ("guidance", math.inf, "The guidance is from 0 to 20, not inf."),
        ("seed", -1, "The seed is from 0 to 2147483647, not -1."),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_limits(studio_handlers, setting, value, said):
    with pytest.raises(gr.Error) as error:
        studio_handlers.text_to_motion("a person waves", **{setting: value})
    assert error.value.message == said


@pytest.mark.parametrize("name", ["broken.bvh", "broken.npy", "broken.npz"])
def test_a_broken_file_is_answered_with_the_reader_s_sentence(studio_handlers, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\x00\xffnot a motion")
    for handler in (studio_handlers.motion_to_text, studio_handlers.motion_variation, partial(staging.receive, LIMITS)):
        with pytest.raises(gr.Error, match=name):
            handler(str(path))


def test_what_a_file_says_is_never_read_as_html(studio_handlers, tmp_path):
    channels = "CHANNELS 3 Xrotation Yrotation Zrotation"
    (tmp_path / "page.bvh").write_text(
        f"HIERARCHY ROOT <img/src=x> {{ OFFSET 0 0 0 {channels} End Site {{ OFFSET 0 1 0 }} }}\n"
        "MOTION\nFrames: 2\nFrame Time: 0.05\n0 0 0\n0 0 0\n"
    )
    with pytest.raises(gr.Error) as error:
        studio_handlers.motion_to_text(str(tmp_path / "page.bvh"))
    assert "it has &lt;img/src=x&gt;" in error.value.message
    assert "<" not in error.value.message
    assert not error.value.message.endswith("..")


def test_a_missing_file_and_a_missing_skeleton_are_asked_for(studio_handlers, tmp_path):
    with pytest.raises(gr.Error, match="Choose a motion file first"):
        studio_handlers.motion_to_text(None)
    with pytest.raises(gr.Error, match="ASF skeleton"):
        studio_handlers.motion_to_text(str(tmp_path / "walk.amc"))


def test_of_a_long_motion_the_beginning_is_used_and_a_short_one_is_refused(studio_handlers, clip, tmp_path):
    joints = np.load(clip)
    np.save(tmp_path / "long.npy", np.concatenate([joints] * 10))
    np.save(tmp_path / "short.npy", joints[:10])
    long = staging.receive(LIMITS, str(tmp_path / "long.npy"))
    assert (len(read(long.file)), long.start, long.end) == (196, 0.0, 9.8)
    assert studio_handlers.motion_to_text(str(tmp_path / "long.npy"), **FAST).seed == 5
    with pytest.raises(gr.Error, match=r"short\.npy lasts 0\.5 s"):
        studio_handlers.motion_to_text(str(tmp_path / "short.npy"), **FAST)


def test_an_upload_goes_to_the_player_and_becomes_a_gif_once_it_is_whole(clip):
    received = staging.receive(LIMITS, clip)
    assert [motion["label"] for motion in received.shown["motions"]] == ["Given"]
    with Image.open(staging.picture(received.file)) as picture:
        assert picture.is_animated
    assert staging.receive(LIMITS, None) == staging.receive(LIMITS, "walk.amc") == staging.Received()
    assert staging.picture(None) is None


@pytest.mark.parametrize("form", ["gif", "mp4", "bvh", "npy"])
def test_export_writes_each_form_under_the_motion_s_name(clip, form):
    path = Path(handlers.export([clip], 0, form))
    assert path.name == f"{Path(clip).stem}.{form}"
    assert path.parent != Path(clip).parent
    assert path.stat().st_size > 0
    if form in ("bvh", "npy"):
        np.testing.assert_allclose(read(path).joints, read(clip).joints, atol=1e-2)


def test_export_before_a_run_says_what_to_do():
    with pytest.raises(gr.Error, match="generate one first"):
        handlers.export(None, 0, "bvh")
