"""The page for everybody: contrast in light and dark, names, focus, and the introduction of the first visit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import WINDOW, open_task, opened, prompt, quick, shown, status

from mote.sampling import TASKS
from mote.ui.about import card_text

if TYPE_CHECKING:
    from playwright.sync_api import Page

sync_api = pytest.importorskip("playwright.sync_api")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


def open_about(page: Page) -> None:
    page.get_by_role("tab", name="About", exact=True).click()
    page.locator(".about .card >> visible=true").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(person, studio, scheme):
    with opened(person, studio, color_scheme=scheme) as page:
        faint = {}
        for task in TASKS:
            open_task(page, task)
            page.wait_for_timeout(300)  # colours fade in
            faint[task] = page.evaluate(CONTRAST)
        open_about(page)
        faint["about"] = page.evaluate(CONTRAST)
        assert {name: texts for name, texts in faint.items() if texts} == {}


def test_whatever_the_keyboard_reaches_shows_that_it_is_reached(still):
    prompt(still).click()
    unseen = []
    for _ in range(24):
        still.keyboard.press("Tab")
        unseen += still.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return [];
                const style = (element) => getComputedStyle(element);
                const marked = [at, at.closest("label"), at.parentElement].some((element) => element &&
                    (style(element).outlineStyle !== "none" || style(element).boxShadow !== "none"));
                return marked ? [] : [at.outerHTML.slice(0, 120)];
            }"""
        )
    assert unseen == []


def test_the_first_visit_is_introduced_once(person, studio):
    with opened(person, studio, visited=False) as page:
        card = page.get_by_role("dialog")
        for title in ("Write what a person does", "Make the motion", "Watch it from all sides", "Take it with you"):
            sync_api.expect(card.get_by_role("heading")).to_have_text(title)
            box = card.bounding_box()
            assert 0 <= box["x"] <= WINDOW["width"] - box["width"]
            assert 0 <= box["y"] <= WINDOW["height"] - box["height"]
            page.keyboard.press("Enter")
        sync_api.expect(card).to_have_count(0)
        page.reload()
        shown(page, "button.generate").wait_for()
        page.wait_for_timeout(500)
        assert card.count() == 0
        page.get_by_role("button", name="Introduction").click()
        sync_api.expect(card).to_be_visible()
        page.keyboard.press("Escape")
        sync_api.expect(card).to_have_count(0)


def test_the_introduction_does_not_stand_in_the_way_and_ends_when_something_is_made(person, studio):
    with opened(person, studio, visited=False) as page:
        page.get_by_role("dialog").wait_for()
        quick(page)
        prompt(page).fill("a person waves")
        sync_api.expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Control+Enter")
        sync_api.expect(page.get_by_role("dialog")).to_have_count(0)
        sync_api.expect(status(page)).to_contain_text("1 motion in")


def test_the_page_tells_of_the_model_and_fits_the_screen(still):
    open_about(still)
    still.get_by_role("heading", name="mote-open").wait_for()
    for words in ("CC BY-NC 4.0", "Limits", "0.1.0"):
        assert still.get_by_text(words).first.is_visible()
    assert still.locator(".about a").count() == still.locator(".about img").count() == 0
    assert still.evaluate("document.documentElement.scrollHeight") == WINDOW["height"]
    card = still.locator(".about > .card").bounding_box()
    assert card["y"] + card["height"] <= still.locator(".status").first.bounding_box()["y"]


def test_a_card_asks_nobody_for_anything(tmp_path):
    card = tmp_path / "README.md"
    card.write_text(
        "---\nlicense: mit\n---\n# A model\n![seen](https://a.example/p.png) <img src=//b.example/q.png> "
        "[code](https://c.example/d) [limits](#limits) [licence](LICENSE)"
    )
    text = card_text(card).strip()
    assert text == "# A model\nseen &lt;img src=//b.example/q.png> code (c.example/d) limits licence"
    assert "No model card" in card_text(tmp_path / "none.md")
