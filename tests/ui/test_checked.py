"""The table below a result: what is found beside real clips, and what the model sees in a motion that it made."""

from __future__ import annotations

import re
from collections.abc import Iterator

import gradio as gr
import pytest
from browsing import generate, open_task, press, prompt, shown
from comparing import model_with, real_clips

import app
from mote.pipeline import MoTe
from mote.ui.checked import ASK, expected, measured, seen
from mote.ui.handlers import Handlers
from mote.ui.runs import Record, recorded

sync_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def model(tiny_model) -> MoTe:
    return model_with(tiny_model, real_clips(match=(-3.0, -2.0)))


@pytest.fixture(scope="module")
def studio(model) -> Iterator[str]:
    """The address of an app on a model that compares."""
    page = app.build(model)
    yield app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)[1]
    page.close()


def run(model: MoTe, text: str, samples: int = 2) -> Record:
    return recorded(Handlers(model), "text-to-motion")(text, 2.0, samples, 2, 3.0, 5)[-1]


def test_each_sample_has_a_row(model):
    record = run(model, "a person walks")
    assert [row.name for row in expected(record)] == ["Seed 5", "Seed 6"]
    for row in measured(model, record):
        said = {finding.name: finding.said for finding in row.found}
        assert " m" in said.pop("way")
        assert said == {
            "match": "better than all real clips", "skating": "as in real clips", "jitter": "as in real clips",
        }  # fmt: skip
    assert measured(model, None) == []


def test_motions_joined_of_several_lines_fit_no_single_one(model):
    record = run(model, "a person walks\na person waves", samples=1)
    [row] = rows = measured(model, record)
    assert [finding.name for finding in row.found] == ["way", "skating", "jitter"]
    [row] = seen(Handlers(model), record, rows, {"row": 0}, gr.Progress())
    assert row.caption
    assert row.agrees is None


def test_what_the_model_sees_is_what_it_would_caption(model):
    record = run(model, "a person walks")
    first, second = seen(Handlers(model), record, measured(model, record), {"row": 1}, gr.Progress())
    assert first.caption is None
    assert second.caption == Handlers(model).motion_to_text(record.files[1], seed=6).captions
    assert second.agrees.name == "agreement"


@pytest.mark.parametrize("asked", [{"row": 2}, {"row": -1}, {"row": None}, {"row": "x"}, {}, None])
def test_a_row_that_is_none_is_refused_with_a_sentence(model, asked):
    record = run(model, "a person walks")
    with pytest.raises(gr.Error, match="generate"):
        seen(Handlers(model), record, measured(model, record), asked, gr.Progress())


def test_a_person_reads_what_was_found_and_asks_what_the_model_sees(page):
    prompt(page).fill("a person waves")
    generate(page, samples=2, seconds=2, seed=7)
    table = page.get_by_role("table", name="Beside real clips").locator("visible=true")
    rows = table.get_by_role("row")
    sync_api.expect(rows.nth(2)).to_contain_text("better than all real clips")
    assert [row.inner_text().split()[:2] for row in rows.all()[1:]] == [["Seed", "7"], ["Seed", "8"]]
    fit = rows.nth(2).get_by_text("better than all real clips")
    sync_api.expect(fit).to_have_accessible_description(re.compile("Match score"))
    fit.focus()
    sync_api.expect(rows.nth(2).locator(".why").first).to_be_visible()
    rows.nth(2).get_by_role("button", name=ASK).focus()
    page.keyboard.press("Enter")
    answer = rows.nth(2).locator("q")
    sync_api.expect(answer).to_be_focused()
    assert answer.inner_text()
    sync_api.expect(rows.nth(1).get_by_role("button", name=ASK)).to_be_enabled()


def test_a_caption_stands_beside_real_ones_after_it_was_sent_on(page):
    open_task(page, "motion")
    generate(page, seconds=2, seed=7)
    table = shown(page, ".checked table")
    sync_api.expect(table.get_by_role("columnheader")).to_have_text(
        ["Way", "Feet slide", "Body trembles", "The model sees"]
    )
    press(page, "Caption this")
    sync_api.expect(shown(page, ".checked table")).to_contain_text("Sentence 1")
    sync_api.expect(shown(page, ".checked table")).to_contain_text("better than all real clips")
