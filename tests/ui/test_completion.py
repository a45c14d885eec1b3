"""The suggestions below a prompt and the line below the seconds, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browsing import open_task, prompt, quick, shown, status

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

sync_api = pytest.importorskip("playwright.sync_api")


def options(page: Page) -> Locator:
    return page.locator(".completion [role=option] >> visible=true")


def test_the_arrows_choose_a_suggestion_and_enter_or_tab_takes_it(still):
    asked = []
    prompt(still).click()
    still.on("request", lambda request: asked.append(request.url))
    still.keyboard.type("a person w")
    sync_api.expect(options(still)).to_have_text(
        ["a person walks and turns to the right", "a person waves with the left hand"]
    )
    assert prompt(still).get_attribute("aria-expanded") == "true"
    still.keyboard.press("ArrowDown")
    still.keyboard.press("ArrowDown")
    chosen = still.locator(".completion [aria-selected=true] >> visible=true")
    sync_api.expect(chosen).to_have_text("a person waves with the left hand")
    assert prompt(still).get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    still.keyboard.press("Enter")
    sync_api.expect(prompt(still)).to_have_value("a person waves with the left hand")
    sync_api.expect(options(still)).to_have_count(0)
    assert asked == [], "nothing is asked of the server"
    still.keyboard.press("Enter")
    still.keyboard.type("jum")
    still.keyboard.press("ArrowDown")
    still.keyboard.press("Tab")
    sync_api.expect(prompt(still)).to_have_value("a person waves with the left hand\na person jumps")
    sync_api.expect(prompt(still)).to_be_focused()
    prompt(still).fill("")


def test_suggestions_stay_out_of_the_way(page):
    quick(page)
    prompt(page).click()
    page.keyboard.type("walks")
    sync_api.expect(options(page)).to_have_count(2)
    page.keyboard.press("Escape")
    sync_api.expect(options(page)).to_have_count(0)
    page.keyboard.type(" ")
    sync_api.expect(options(page)).to_have_count(2)
    page.keyboard.press("Enter")
    assert prompt(page).input_value() == "walks \n", "nothing was chosen, so Enter is a new line"
    page.keyboard.type("run")
    sync_api.expect(options(page)).to_have_count(2)
    page.keyboard.press("Control+Enter")
    sync_api.expect(options(page)).to_have_count(0)
    sync_api.expect(status(page)).to_contain_text("1 motion in")
    page.keyboard.type("s")
    sync_api.expect(options(page)).to_have_count(2)
    page.keyboard.press("Tab")
    sync_api.expect(options(page)).to_have_count(0)
    sync_api.expect(prompt(page)).not_to_be_focused()


def test_a_suggestion_is_taken_at_a_click(page):
    open_task(page, "text-variation")
    quick(page)
    prompt(page).click()
    page.keyboard.type("both")
    options(page).first.click()
    sync_api.expect(prompt(page)).to_have_value("a person raises both hands")
    page.keyboard.press("Control+Enter")
    sync_api.expect(status(page)).to_contain_text("1 caption in")


def test_seconds_are_said_in_frames_with_the_limits_and_what_auto_made(page):
    line = page.locator(".in-frames .prose >> visible=true")
    sync_api.expect(line).to_have_text("From 1.5 to 9.8 s, or auto")
    seconds = page.get_by_label("Seconds").locator("visible=true")
    seconds.fill("3.3")
    sync_api.expect(line).to_have_text("3.3 s = 66 frames, of 1.5 to 9.8 s")
    seconds.fill("12")
    sync_api.expect(line).to_have_text("Only from 1.5 to 9.8 s")
    page.get_by_label("Auto").locator("visible=true").check()
    quick(page)
    prompt(page).fill("a person walks")
    page.keyboard.press("Control+Enter")
    shown(page, ".motions img").wait_for()
    frames = page.locator("output[data-part=readout] >> visible=true").inner_text().split("/")[1].split()[0]
    sync_api.expect(line).to_have_text(f"Auto made {int(frames) / 20:.1f} s = {frames} frames, of 1.5 to 9.8 s")
