"""Beside the result of a strange prompt: that it is strange, and prompts that the model knows, each a button."""

from __future__ import annotations

import pytest
from browsing import opened, prompt, quick, shown, status

import app
from mote import advice
from mote.pipeline import MoTe
from mote.ui import offers

KNOWN = ["a man waves his left hand", "a person walks forward"]


@pytest.fixture
def model(tiny_model, monkeypatch) -> MoTe:
    """A model to which every prompt with a cello is strange, and every one of its vocabulary."""
    monkeypatch.setattr(MoTe, "strangeness", lambda _, text: 2.0 if "cello" in text or text in KNOWN else 0.5)
    return MoTe(tiny_model.med, tiny_model.ted, tiny_model.mtdm, KNOWN)


def test_of_several_lines_the_strange_one_is_replaced(model):
    text = "a person walks\na person plays the cello"
    note, prompts, line = offers.look(model, text)
    assert advice.STRANGE in note.value
    assert sorted(sample for [sample] in prompts.raw_samples) == sorted(KNOWN)
    assert line == "a person plays the cello"
    assert offers.take(text, line, [KNOWN[0]]) == f"a person walks\n{KNOWN[0]}"


def test_of_several_actions_in_a_line_the_strange_one_is_replaced(model, monkeypatch):
    monkeypatch.setattr(offers, "one_by_one", lambda _, line: line.split(", then "))
    text = "he bows\na person walks, then plays the cello, then waves"
    _, prompts, line = offers.look(model, text)
    [first, *_] = prompts.raw_samples
    assert first[0] in [f"a person walks\n{known}\nwaves" for known in KNOWN]
    assert offers.take(text, line, first) == f"he bows\n{first[0]}"


@pytest.mark.parametrize("text", [None, "", "a person walks", "🕺", "a man waves his left hand"])
def test_nothing_is_said_of_what_is_known_or_has_no_words(model, text):
    note, prompts, line = offers.look(model, text)
    assert (note.visible, prompts.visible, line) == (False, False, "")


def test_an_offer_is_written_and_run_at_a_click(person, model):
    page = app.build(model)
    _, address, _ = app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    try:
        with opened(person, address) as tab:
            quick(tab)
            prompt(tab).fill("a person plays the cello")
            tab.keyboard.press("Control+Enter")
            tab.get_by_text(advice.STRANGE.strip()).wait_for()
            offer = shown(tab, ".offers .gallery-item")
            words = offer.inner_text()
            shown(tab, ".motions img").wait_for()
            before = tab.get_by_label("Seed used").locator("visible=true").input_value()
            offer.click()
            tab.wait_for_function("([old]) => document.querySelector('.used input').value !== old", arg=[before])
            assert prompt(tab).input_value() == words
            assert "1 motion in" in status(tab).inner_text()
            assert tab.locator(".offers .gallery-item >> visible=true").count() == 0
    finally:
        page.close()
