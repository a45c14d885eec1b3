"""Somebody's own motion on the page: what was found, corrections, and a range, each seen in the player at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browsing import WINDOW, open_task, quick, shown, status
from people import body, z_up

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

sync_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture
def clip(tmp_path) -> Path:
    """Twelve seconds in centimetres with Z up."""
    np.savez(tmp_path / "clip.npz", joints=z_up(body(12.0)) * 100, fps=np.array(20.0))
    return tmp_path / "clip.npz"


def give(page: Page, file: Path) -> None:
    page.locator(".inspector >> visible=true").locator("input[type=file]").first.set_input_files(file)


def field(page: Page, name: str) -> Locator:
    return page.get_by_label(name, exact=True).locator("visible=true")


def test_a_dropped_file_says_what_it_is_and_is_corrected_before_it_runs(page, clip):
    open_task(page, "motion-to-text")
    quick(page)
    give(page, clip)
    note = page.locator(".note summary >> visible=true")
    sync_api.expect(note).to_have_text("20 fps, centimetres, Z up, 12.0 s, 0 to 9.8 used")
    readout = page.locator("output[data-part=readout] >> visible=true")
    sync_api.expect(readout).to_contain_text("/ 196")
    for name, value in (("From, s", "0"), ("To, s", "9.8"), ("Fps", "20"), ("Units", "cm"), ("Up", "Z")):
        sync_api.expect(field(page, name)).to_have_value(value)

    field(page, "From, s").fill("10")
    page.keyboard.press("Enter")
    sync_api.expect(field(page, "To, s")).to_have_value("12")
    field(page, "From, s").fill("0")
    page.keyboard.press("Enter")
    sync_api.expect(field(page, "To, s")).to_have_value("9.8")
    field(page, "To, s").fill("4")
    page.keyboard.press("Enter")
    sync_api.expect(readout).to_contain_text("/ 80")
    sync_api.expect(note).to_contain_text("0 to 4 used")
    field(page, "Fps").fill("40")
    page.keyboard.press("Tab")
    sync_api.expect(note).to_have_text("40 fps, centimetres, Z up, 6.0 s")
    sync_api.expect(field(page, "To, s")).to_have_value("6")
    field(page, "Up").click()
    page.get_by_role("option", name="Y").locator("visible=true").click()
    sync_api.expect(note).to_contain_text("Y up")
    page.keyboard.press("Control+Enter")
    sync_api.expect(status(page)).to_contain_text("1 caption in")


def test_nonsense_is_said_beside_the_fields_and_another_file_starts_anew(page, clip, tmp_path):
    open_task(page, "motion-variation")
    give(page, clip)
    note = page.locator(".note summary >> visible=true")
    sync_api.expect(note).to_contain_text("12.0 s")
    button = shown(page, "button.generate").bounding_box()
    seen = shown(page, ".inspector").bounding_box()
    assert button["y"] + button["height"] <= seen["y"] + seen["height"] < WINDOW["height"]
    assert page.evaluate("document.documentElement.scrollHeight") == WINDOW["height"]
    field(page, "From, s").fill("11.5")
    page.keyboard.press("Enter")
    sync_api.expect(note).to_have_text("The range of clip.npz lasts 0.5 s: the model takes 1.5 to 9.8 s.")
    page.get_by_role("button", name="Remove").or_(page.get_by_label("Clear")).locator("visible=true").first.click()
    sync_api.expect(note).to_have_count(0)
    sync_api.expect(page.locator("output[data-part=readout] >> visible=true")).to_have_text("0 / 0  ·  0.00 s")
    np.save(tmp_path / "other.npy", body(3.0))
    give(page, tmp_path / "other.npy")
    sync_api.expect(note).to_have_text("20 fps, metres, Y up, 3.0 s")
    sync_api.expect(field(page, "From, s")).to_have_value("0")


def test_the_range_is_moved_by_its_handles_which_follow_the_fields(page, clip):
    open_task(page, "motion-to-text")
    give(page, clip)
    start, end = field(page, "Start of the range"), field(page, "End of the range")
    note = page.locator(".note summary >> visible=true")
    sync_api.expect(end).to_have_value("9.8")
    start.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    sync_api.expect(field(page, "From, s")).to_have_value("0.5")
    sync_api.expect(note).to_contain_text("12.0 s, 0.5 to 9.8 used")
    end.focus()
    page.keyboard.press("End")
    sync_api.expect(field(page, "To, s")).to_have_value("12")
    sync_api.expect(field(page, "From, s")).to_have_value("2.2")  # 9.8 s is the most that the model takes
    sync_api.expect(note).to_contain_text("2.2 to 12 used")
    assert end.get_attribute("aria-valuetext") == "12 of 12 seconds"
    box = end.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 6, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, box["y"] + 10, steps=8)
    page.mouse.up()
    sync_api.expect(field(page, "From, s")).to_have_value("0")
    sync_api.expect(field(page, "To, s")).to_have_value("1.5")  # the least
    sync_api.expect(note).to_contain_text("0 to 1.5 used")
    sync_api.expect(page.locator("output[data-part=readout] >> visible=true")).to_contain_text("/ 30")
    field(page, "From, s").fill("3")
    page.keyboard.press("Enter")
    sync_api.expect(start).to_have_value("3")
    sync_api.expect(end).to_have_value("12")
