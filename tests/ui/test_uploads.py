"""What is made of a given motion file: the part of it, its rate, units and axes, and plain words for nonsense."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from people import LIMITS, body, z_up

from mote.files import read
from mote.ui import staging, uploads
from mote.ui.batching import Line
from mote.ui.handlers import Handlers


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Twelve seconds of joints in centimetres with Z up."""
    path = tmp_path_factory.mktemp("given") / "clip.npy"
    np.save(path, z_up(body(12.0)) * 100)
    return path


def test_what_was_found_is_said_and_the_part_that_fits_the_model_is_used(clip):
    received = staging.receive(LIMITS, str(clip))
    assert "20 fps, centimetres, Z up, 12.0 s, 0 to 9.8 used" in received.note
    assert "It stands along Z." in received.note
    assert received[3:] == (12.0, 0.0, 9.8, 20.0, "cm", "Z")


def test_the_model_is_given_what_the_preview_shows(clip, tiny_model, monkeypatch):
    seen = []
    ask = Line.ask
    monkeypatch.setattr(Line, "ask", lambda line, request: seen.extend(request.motions) or ask(line, request))
    part = {"start": 1.0, "end": 4.0, "fps": 15.0}
    received = staging.receive(LIMITS, str(clip), **part)
    Handlers(tiny_model).motion_to_text(str(clip), steps=1, seed=1, **part)
    np.testing.assert_allclose(seen[0].resample(20).joints, read(received.file).joints, atol=1e-5)
    assert received[3:] == (16.0, 1.0, 4.0, 15.0, "cm", "Z")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"start": 11.5}, "The range of clip.npy lasts 0.5 s: the model takes 1.5 to 9.8 s."),
        ({"start": 0, "end": 11}, "The range of clip.npy lasts 11.0 s: the model takes 1.5 to 9.8 s."),
        ({"start": 13}, "clip.npy lasts 12.0 s: the range cannot start at 13 s."),
        ({"start": 5, "end": 4}, "clip.npy has nothing to use: the range ends at 4 s, it starts later."),
        ({"start": -2}, "The start of the range is from 0 to 3600 seconds, not -2."),
        ({"end": float("nan")}, "The end of the range is from 0 to 3600 seconds, not nan."),
        ({"fps": 0}, "The frame rate is from 1 to 1000 frames a second, not 0."),
        ({"fps": "fast"}, "The frame rate is from 1 to 1000 frames a second, not 'fast'."),
        ({"units": "m"}, "clip.npy: in metres the body is 170 m tall; centimetres fit."),
        ({"units": "miles"}, "Units are m, cm, mm, in, ft, and Y or Z is up; not miles and None."),
    ],
)
def test_nonsense_is_answered_with_a_sentence_and_shown_beside_the_fields(clip, asked, said):
    with pytest.raises(gr.Error) as error:
        uploads.given(LIMITS, str(clip), **asked)
    assert error.value.message == said
    received = staging.receive(LIMITS, str(clip), **asked)
    assert (received.shown, received.file) == (None, None)
    assert said in received.note


def test_a_file_that_is_too_short_at_its_usual_rate_can_be_slowed_down(clip, tmp_path):
    np.save(tmp_path / "short.npy", np.load(clip)[:20])
    assert "short.npy lasts 1.0 s" in staging.receive(LIMITS, str(tmp_path / "short.npy")).note
    assert staging.receive(LIMITS, str(tmp_path / "short.npy"), fps=10.0).file
