"""The tab of the map: a person searches, points and chooses, and finds what they made among the points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np
import pytest
from browsing import chromium, generate, labels, open_task, opened, press, prompt, shown, status, visitor
from maps import SENTENCES, small_map

import app
from mote import Motion
from mote.files import read, write
from mote.retrieve import Index
from mote.ui.places import Places

if TYPE_CHECKING:
    from playwright.sync_api import Page

sync_api = pytest.importorskip("playwright.sync_api")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
MADE, ROW = "Made: {}", ".neighbours ol button"


@pytest.fixture(scope="module")
def index(placed_model) -> Index:
    return Index(small_map(placed_model), placed_model)


@pytest.fixture(scope="module")
def address(index):
    page = app.build(index.model, index=index)
    _, address, _ = app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield address
    page.close()


def open_map(page: Page) -> None:
    page.get_by_role("tab", name="Map", exact=True).click()
    page.locator(".map canvas").wait_for()


def about(page: Page) -> sync_api.Locator:
    return page.locator(".neighbours h2")


def faint(page: Page) -> list[str]:
    """What stands out too little, in the light and in the dark."""
    found = []
    for _ in range(2):
        page.evaluate("document.body.classList.toggle('dark')")
        page.wait_for_timeout(300)  # colours fade in
        found += page.evaluate(CONTRAST)
    return found


def test_a_search_plays_the_nearest_and_the_keyboard_goes_through_the_list(person, address):
    with opened(person, address) as page:
        open_map(page)
        page.get_by_label("Search for a sentence").fill(SENTENCES[2])
        page.keyboard.press("Enter")
        sync_api.expect(about(page)).to_have_text(f"Nearest to “{SENTENCES[2]}”")
        sync_api.expect(labels(page)).to_have_text([MADE.format(SENTENCES[2])])
        first, third = page.locator(ROW).first, page.locator(ROW).nth(2)
        sync_api.expect(first).to_contain_text("Recorded · jumps, elderly · ")
        assert first.get_attribute("aria-current") == "true"
        first.focus()
        for key in ("Tab", "Tab", "Enter"):
            page.keyboard.press(key)
        sync_api.expect(third).to_have_attribute("aria-current", "true")
        said = third.locator("span").inner_text()
        assert said != SENTENCES[2]
        sync_api.expect(labels(page)).to_have_text([MADE.format(said)])
        press(page, "Caption this")
        sync_api.expect(page.locator("button[role=tab][aria-selected=true]")).to_have_text("Motion to text")
        sync_api.expect(labels(page)).to_have_text(["Given"])


def test_the_tab_behind_the_map_is_there_once_when_it_is_open(person, address):
    with opened(person, address) as page:
        about_tab = page.get_by_role("tab", name="About", exact=True)
        about_tab.click()
        page.locator(".about .card >> visible=true").first.wait_for()
        sync_api.expect(about_tab).to_have_count(1)


def test_results_come_to_the_map_as_they_are_asked_for_or_made(person, address):
    with opened(person, address) as page:
        press(page, "Show on the map")
        page.get_by_text("There is no result to show on the map yet").wait_for()
        prompt(page).fill(SENTENCES[1])
        generate(page, seconds=2, seed=7, samples=2)
        sync_api.expect(page.locator(".motions img >> visible=true")).to_have_count(2)
        page.locator(".motions button.thumbnail-item >> visible=true").nth(1).click()
        page.locator(".motions button.thumbnail-item.selected >> visible=true").wait_for()
        press(page, "Show on the map")
        sync_api.expect(about(page)).to_have_text("Nearest to your result of seed 8")
        sync_api.expect(labels(page)).to_have_text(["You are here: your result of seed 8"])
        page.locator(ROW).first.click()
        open_task(page, "text-to-motion")
        press(page, "Show on the map")
        sync_api.expect(labels(page)).to_have_text(["You are here: your result of seed 8"])
        open_task(page, "text-to-motion")
        prompt(page).fill(f"{SENTENCES[0]}\n{SENTENCES[2]}")
        for name, value in (("Seconds", "8"), ("Seed", "5"), ("number input for Steps", "100")):
            page.get_by_label(name, exact=True).locator("visible=true").fill(value)
        page.keyboard.press("Control+Enter")
        open_map(page)  # before the result is there
        sync_api.expect(about(page)).to_have_text("Nearest to your result of seed 5")
        sync_api.expect(page.locator(".neighbours [data-part=note]")).to_contain_text("in the middle of its 2 parts")
        sync_api.expect(labels(page)).to_have_text(["You are here: your result of seed 5"])


def test_points_say_and_play_what_they_are_to_the_pointer_and_the_keyboard(person, address):
    with opened(person, address) as page:
        open_map(page)
        box = page.locator(".map canvas").bounding_box()
        corner = box["width"] / 2 * (1 + 1 / 1.08), box["height"] / 2 * (1 - 1 / 1.08)
        page.mouse.move(box["x"] + corner[0], box["y"] + corner[1])
        sync_api.expect(page.locator(".map-tip")).to_contain_text(SENTENCES[3])
        assert faint(page) == []
        page.mouse.click(box["x"] + corner[0], box["y"] + corner[1])
        sync_api.expect(about(page)).to_have_text(f"Nearest to “{SENTENCES[3]}”")
        sync_api.expect(labels(page)).to_have_text([MADE.format(SENTENCES[3])])
        press(page, "Zoom in")
        page.mouse.move(box["x"] + corner[0], box["y"] + corner[1])
        sync_api.expect(page.locator(".map-tip")).to_contain_text(SENTENCES[3])  # what plays stays in its place
        opposite = box["x"] + box["width"] - corner[0], box["y"] + box["height"] - corner[1]
        page.mouse.move(*opposite)
        sync_api.expect(page.locator(".map-tip")).to_be_hidden()
        press(page, "Whole")
        page.mouse.move(*opposite)
        sync_api.expect(page.locator(".map-tip")).to_contain_text(SENTENCES[0])
        page.locator(".map canvas").focus()
        page.keyboard.press("Escape")
        sync_api.expect(page.locator(".map-tip")).to_be_hidden()
        sync_api.expect(page.locator(".status .on-map")).to_be_visible()
        for key, sentence in (
            ("ArrowLeft", 3),
            ("ArrowLeft", 2),
            ("ArrowDown", 0),
            ("ArrowDown", 0),
            ("ArrowRight", 1),
        ):
            page.keyboard.press(key)
            sync_api.expect(page.locator(".map-tip")).to_contain_text(SENTENCES[sentence])
        sync_api.expect(page.locator(".map [role=status]")).to_have_text(f"{SENTENCES[1]}, recorded · waves")
        for key in ("+", "+", "Shift+ArrowLeft", "Shift+ArrowUp", "-", "0"):
            page.keyboard.press(key)
        sync_api.expect(page.locator(".map-tip")).to_contain_text(SENTENCES[1])
        assert faint(page) == []
        page.keyboard.press("Enter")
        sync_api.expect(about(page)).to_have_text(f"Nearest to “{SENTENCES[1]}”")
        sync_api.expect(labels(page)).to_have_text([MADE.format(SENTENCES[1])])
        press(page, "Zoom in")
        sync_api.expect(page.locator(".map-tip")).to_be_hidden()


def test_without_webgl_gifs_are_the_result_and_on_the_map(playwright, address):
    with (
        chromium(playwright, "--disable-3d-apis") as browser,
        visitor(browser) as person,
        opened(person, address) as page,
    ):
        prompt(page).fill("a person walks")
        generate(page, seconds=2)
        shown(page, ".motions img").wait_for()
        assert page.locator(".player >> visible=true").count() == 0
        assert shown(page, ".motions").bounding_box()["width"] > 600
        assert "1 motion in" in status(page).inner_text()
        press(page, "Show on the map")
        first = shown(page, ".map-picture img").get_attribute("src")
        assert first.endswith(".gif")
        page.locator(ROW).first.click()
        page.wait_for_function("(src) => document.querySelector('.map-picture img').src !== src", arg=first)
        said = page.locator(ROW).first.locator("span").inner_text()
        sync_api.expect(page.locator(".map-picture label")).to_contain_text(MADE.format(said))
        press(page, "Caption this")
        sync_api.expect(page.locator("button[role=tab][aria-selected=true]")).to_have_text("Motion to text")
        shown(page, ".given img").wait_for()


def event(kind: object, row: object) -> gr.EventData:
    return gr.EventData(None, {"kind": kind, "row": row})


def test_a_file_is_searched_and_sent_on(index, tmp_path):
    places = Places(index)
    motion = index.made(0)
    write(motion, tmp_path / "mine.bvh")
    view = places.search_file(str(tmp_path / "mine.bvh"), [])
    assert view.answer["about"] == "Nearest to your file"
    assert [len(group["items"]) for group in view.answer["groups"]] == [8, 4]
    sent = read(places.sent(view.playing, "motion"))
    assert np.abs(np.ptp(sent.joints, axis=0) - np.ptp(motion.joints, axis=0)).max() < 0.05
    with pytest.raises(gr.Error, match="has no sentence"):
        places.sent(view.playing, "text")
    again = places.search(SENTENCES[0], view.spots)
    assert [spot.label for spot in again.spots] == ["Searched"], "one search at a time is on the map"
    assert places.sent(again.playing, "text") == SENTENCES[0]


def test_what_cannot_be_searched_or_chosen_is_told_in_a_sentence(index, tmp_path):
    places = Places(index)
    with pytest.raises(gr.Error, match="Write what the person does first"):
        places.search("  ", [])
    with pytest.raises(gr.Error, match="Choose a point of the map first"):
        places.sent(None, "motion")
    for forged in (event("made", 99), event("made", "1"), event("other", 0), event("spot", 0), event(None, None)):
        with pytest.raises(gr.Error, match="no longer on the map"):
            places.choose(forged, [])
    write(Motion(index.made(0).joints[:20]), tmp_path / "short.npy")
    with pytest.raises(gr.Error, match=r"the model takes 1\.5 to 9\.8 s"):
        places.search_file(str(tmp_path / "short.npy"), [])


def test_without_a_map_that_fits_the_tab_says_why(page):
    assert page.get_by_role("button", name="Show on the map").count() == 0
    page.get_by_role("tab", name="Map", exact=True).click()
    sync_api.expect(shown(page, ".hint")).to_contain_text("There is no map here: the model")
