"""The history as a person uses it: back after a reload, in this browser alone, and what is gone is made again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import download, generate, labels, open_task, opened, press, prompt, reload, shown, status, visitor
from gradio.utils import get_upload_folder

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

sync_api = pytest.importorskip("playwright.sync_api")

STORE = """(text) => {
  localStorage.setItem("mote-studio-history", text);
  dispatchEvent(new StorageEvent("storage", { key: "mote-studio-history" }));
}"""
KEPT = "JSON.parse(localStorage.getItem('mote-studio-history') ?? '[]')"


def opener(page: Page) -> Locator:
    return page.locator("button.open-history")


def rows(page: Page) -> Locator:
    return page.locator(".drawer li")


def beside(page: Page, selector: str) -> bool:
    """Whether the open history covers nothing of this."""
    drawer, part = page.locator(".drawer").bounding_box(), shown(page, selector).bounding_box()
    return drawer["x"] + drawer["width"] <= part["x"]


def walk(page: Page, seed: int) -> None:
    """One motion of a walk, in the history."""
    before = page.evaluate(f"{KEPT}.length")
    prompt(page).fill("a person walks")
    generate(page, seconds=2, seed=seed)
    page.wait_for_function(f"{KEPT}.length === {before + 1}")


def test_a_result_comes_back_after_a_reload_with_its_settings(page):
    walk(page, 5)
    joints = download(page, "npy").read_bytes()
    open_task(page, "text")
    generate(page, samples=2)
    sync_api.expect(opener(page)).to_have_text("History (2)")
    said = page.get_by_label("Captions").locator("visible=true").input_value()
    reload(page)
    press(page, "History (2)")
    page.get_by_role("button", name="Show again “a person walks”").click()
    sync_api.expect(prompt(page)).to_have_value("a person walks")
    sync_api.expect(labels(page)).to_have_text(["Seed 5"])
    shown(page, ".motions img").wait_for()
    assert page.get_by_label("Seed used").locator("visible=true").input_value() == "5"
    assert status(page).inner_text() == "Ready", "nothing is made anew"
    assert beside(page, ".stage")
    assert download(page, "npy").read_bytes() == joints, "with the history open"
    press(page, "Close the history")
    press(page, "History (2)")
    page.get_by_role("button", name="Show again").first.click()
    sync_api.expect(page.get_by_label("Captions").locator("visible=true")).to_have_value(said)
    assert page.evaluate(f"{KEPT}.length") == 2


def test_what_is_gone_is_made_again_and_keeps_its_name_and_star(page):
    walk(page, 6)
    joints = download(page, "npy").read_bytes()
    opener(page).click()
    page.get_by_role("button", name="Give a star to").click()
    page.get_by_role("button", name="Rename").click()
    page.keyboard.type("My walk")
    page.keyboard.press("Enter")
    sync_api.expect(rows(page).locator("strong")).to_have_text("My walk")
    [name] = page.evaluate(f"{KEPT}.map(({{ id }}) => id)")
    shutil.rmtree(Path(get_upload_folder()) / name)
    reload(page)
    opener(page).click()
    page.get_by_role("button", name="Show again “My walk”").click()
    page.get_by_text("The files of this result are gone, they last a day: it is made again.").wait_for()
    sync_api.expect(labels(page)).to_have_text(["Seed 6"])
    sync_api.expect(status(page)).to_contain_text("1 motion in")
    page.wait_for_function(f"{KEPT}[0].id !== '{name}'")
    page.keyboard.press("Escape")
    assert download(page, "npy").read_bytes() == joints
    assert page.evaluate(f"{KEPT}.map(({{ name, star }}) => [name, star])") == [["My walk", True]]


def test_two_results_are_compared_and_one_is_deleted(page):
    for seed in (7, 8):
        walk(page, seed)
    opener(page).click()
    compare = page.get_by_role("button", name="Compare", exact=True)
    sync_api.expect(compare).to_be_disabled()
    for box in page.get_by_label("Compare “a person walks”").all():
        box.check()
    compare.click()
    sync_api.expect(labels(page)).to_have_text(["1. a person walks (seed 8)", "2. a person walks (seed 7)"])
    sync_api.expect(page.locator(".drawer")).to_be_hidden()
    opener(page).click()
    assert beside(page, ".comparison .player")
    page.get_by_role("button", name="Delete").first.click()
    sync_api.expect(rows(page)).to_have_count(1)
    assert page.evaluate(f"{KEPT}[0].recipe.seed") == 7


def test_nobody_else_sees_it(page, browser, studio):
    walk(page, 9)
    with visitor(browser) as somebody, opened(somebody, studio) as other:
        assert opener(other).inner_text() == "History"
        opener(other).click()
        other.get_by_text("What you generate is kept here, in this browser alone.").wait_for()
        assert rows(other).count() == 0


def test_the_oldest_without_a_star_go(person, studio):
    entries = [
        {"id": f"mote-{number}", "recipe": {"seed": number}, "tab": "Text", "title": "old", "name": f"old {number}",
         "motions": 0, "thumbnail": None, "star": number == 59, "time": 0}
        for number in range(60)
    ]  # fmt: skip
    text = json.dumps(json.dumps(entries))
    with opened(person, studio, f"localStorage.setItem('mote-studio-history', {text})") as page:
        open_task(page, "text")
        generate(page)
        page.wait_for_function(f"{KEPT}.length === 51")
        names = page.evaluate(f"{KEPT}.map(({{ name }}) => name)")
        assert names[1:] == [f"old {number}" for number in [*range(49), 59]]
        opener(page).click()
        page.get_by_role("button", name="Show again “old 3”").click()
        page.get_by_text("This entry of the history cannot be read: delete it.").wait_for()


def test_a_history_that_is_none_is_empty(person, studio):
    with opened(person, studio, "localStorage.setItem('mote-studio-history', '{')") as page:
        opener(page).click()
        assert rows(page).count() == 0
        for stored in ("3", '{"length": 1}', "{"):
            for text in ('[{"id": "mote-1", "recipe": {}, "name": "a walk"}]', stored):  # as another tab would
                page.evaluate(STORE, text)
                sync_api.expect(rows(page)).to_have_count(int(text != stored))


def test_the_keyboard_opens_uses_and_closes_it(page):
    walk(page, 10)
    opener(page).focus()
    page.keyboard.press("Enter")
    sync_api.expect(opener(page)).to_have_attribute("aria-expanded", "true")
    sync_api.expect(page.get_by_role("button", name="Close the history")).to_be_focused()
    page.keyboard.press("Tab")
    sync_api.expect(page.get_by_role("button", name="Show again “a person walks”")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    star = page.get_by_role("button", name="Remove the star of “a person walks”")
    sync_api.expect(star).to_be_focused()
    page.keyboard.press("Escape")
    sync_api.expect(page.locator(".drawer")).to_be_hidden()
    sync_api.expect(opener(page)).to_be_focused()
