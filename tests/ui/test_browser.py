"""The page as a person uses it, in headless Chromium: nothing may call outside, nothing may fail on the console."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import WINDOW, generate, open_task, press, prompt, quick, shown, status, watched
from PIL import Image

from mote.files import write
from mote.sampling import TASKS, sides_made
from mote.ui.tasks import TABS

sync_api = pytest.importorskip("playwright.sync_api")

SETTLED = """async (box) => {
  const before = box.clientHeight;
  await new Promise((done) => setTimeout(done, 200));
  return box.clientHeight === before;
}"""

LAPTOP = {"width": 1024, "height": 768}
CUT_OFF = """() => [...document.querySelectorAll(".workspace :is(button, input, select, output)")]
  .filter((part) => part.checkVisibility())
  .filter((part) => {
    const box = part.getBoundingClientRect();
    for (let at = part.parentElement; at; at = at.parentElement) {
      const room = at.getBoundingClientRect();
      const hides = getComputedStyle(at).overflowX !== "visible" || at === document.body;
      if (hides && (box.left < room.left - 1 || box.right > room.right + 1)) return true;
    }
    return false;
  })
  .map((part) => part.ariaLabel || part.innerText || part.outerHTML)"""
"""What the person sees only a part of, to its left or right."""


@pytest.mark.parametrize(
    "wrong",
    [
        "console.error('oops')",
        "setTimeout(() => { throw Error('oops') })",
        "fetch('http://127.0.0.1:9/oops').catch(Date)",
    ],
)
def test_what_a_page_does_wrong_fails_its_test(person, wrong):
    tab = person.new_page()
    watch = watched(tab, "http://127.0.0.1:1/")
    watch.__enter__()
    tab.evaluate(wrong)
    tab.wait_for_timeout(200)
    with pytest.raises(AssertionError, match="oops"):
        watch.__exit__(None, None, None)
    tab.close()


def test_a_prompt_becomes_a_moving_picture(page, studio, tmp_path):
    prompt(page).fill("a person waves with the left hand")
    quick(page)
    page.get_by_role("button", name="Generate").locator("visible=true").click()
    picture = shown(page, ".motions img")
    picture.wait_for()
    file = tmp_path / "shown.gif"
    file.write_bytes(page.request.get(picture.get_attribute("src")).body())
    with Image.open(file) as gif:
        assert gif.format == "GIF"
        assert gif.n_frames > 10
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert "1 motion in" in status(page).inner_text()


def test_control_enter_generates_and_the_seed_can_be_kept(page):
    quick(page)
    prompt(page).fill("an old man walks slowly")
    page.keyboard.press("Control+Enter")
    shown(page, ".motions img").wait_for()
    used = page.get_by_label("Seed used").locator("visible=true").input_value()
    page.get_by_role("button", name="Keep seed").locator("visible=true").click()
    sync_api.expect(page.get_by_label("Seed", exact=True).locator("visible=true")).to_have_value(used)


def test_the_sample_that_is_clicked_is_the_one_downloaded_in_every_form(page):
    open_task(page, "motion")
    quick(page)
    page.get_by_label("number input for Samples").locator("visible=true").fill("3")
    page.keyboard.press("Control+Enter")
    sync_api.expect(page.locator(".motions img >> visible=true")).to_have_count(3)
    page.locator(".motions button.thumbnail-item >> visible=true").nth(1).click()
    page.locator(".motions button.thumbnail-item.selected >> visible=true").wait_for()
    seed = int(page.get_by_label("Seed used").locator("visible=true").input_value())
    for form in ("GIF", "MP4", "BVH", "GLB", "npy"):
        with page.expect_download() as started:
            press(page, form)
        assert started.value.suggested_filename.endswith(f"-{seed + 1}.{form.lower()}")
        assert Path(started.value.path()).stat().st_size > 0


def test_an_uploaded_motion_is_shown_and_then_described(page, tiny_model, tmp_path):
    file = tmp_path / "clip.bvh"
    write(tiny_model.generate("motion", seconds=2.0, steps=1, seed=1)[0].motion, file)
    open_task(page, "motion-to-text")
    quick(page)
    page.locator(".inspector input[type=file] >> nth=0").set_input_files(file)
    shown(page, ".given img").wait_for()
    page.keyboard.press("Control+Enter")
    sync_api.expect(status(page)).to_contain_text("1 caption in")


def test_auto_and_the_seconds_field_agree(still):
    seconds = still.get_by_label("Seconds").locator("visible=true")
    auto = still.get_by_label("Auto").locator("visible=true")
    sync_api.expect(seconds).to_have_value("")
    sync_api.expect(auto).to_be_checked()
    auto.uncheck()
    sync_api.expect(seconds).to_have_value("4")
    auto.check()
    sync_api.expect(seconds).to_have_value("")
    seconds.fill("3")
    sync_api.expect(auto).not_to_be_checked()
    auto.check()
    sync_api.expect(seconds).to_have_value("")


def test_the_dice_roll_another_seed_each_time(still):
    seed = still.get_by_label("Seed", exact=True).locator("visible=true")
    rolled = set()
    for _ in range(2):
        still.get_by_role("button", name="Roll").locator("visible=true").click()
        sync_api.expect(seed).not_to_have_value("")
        rolled.add(seed.input_value())
        seed.fill("")
    assert len(rolled) == 2


def test_bad_input_says_so_and_loses_nothing(page):
    prompt(page).fill("a person waves")
    page.get_by_label("Seconds").locator("visible=true").fill("99")
    page.keyboard.press("Control+Enter")
    page.get_by_text("The length is from 1.5 to 9.8 seconds, not 99.").wait_for()
    assert prompt(page).input_value() == "a person waves"


def test_an_example_of_each_tab_works_at_a_click(page):
    for task in (task for task in TASKS if TABS[task].examples):
        open_task(page, task)
        quick(page)
        shown(page, ".inspector .gallery-item").click()
        shown(page, ".motions img" if "motion" in sides_made(task) else ".captions textarea").wait_for()
        sync_api.expect(status(page)).to_contain_text(" in ")


def test_the_window_fits_the_screen_in_every_tab(still):
    for task in TASKS:
        open_task(still, task)
        height, width = still.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
        assert (height, width) == (WINDOW["height"], WINDOW["width"])
        button = shown(still, "button.generate").bounding_box()
        assert button["y"] + button["height"] <= WINDOW["height"]


def test_a_laptop_shows_every_control_whole(still):
    still.set_viewport_size(LAPTOP)
    cut_off = {}
    for task in TASKS:
        open_task(still, task)
        cut_off[task] = still.evaluate(CUT_OFF)
        button = shown(still, "button.generate").bounding_box()
        assert button["y"] + button["height"] <= shown(still, ".status").bounding_box()["y"]
    assert {task: parts for task, parts in cut_off.items() if parts} == {}
    still.set_viewport_size(WINDOW)


def test_a_laptop_has_room_for_the_player_above_all_that_is_told_of_four_samples(page):
    page.set_viewport_size(LAPTOP)
    open_task(page, "joint")
    generate(page, samples=4)
    page.locator(".checked [data-ask] >> visible=true").nth(3).wait_for()
    assert shown(page, ".player-stage").bounding_box()["height"] > 200
    assert page.evaluate(CUT_OFF) == []
    assert shown(page, ".stage").evaluate("stage => stage.scrollWidth === stage.clientWidth")


def test_a_narrow_screen_brings_the_result_into_sight(page):
    page.set_viewport_size({"width": 390, "height": 844})
    prompt(page).fill("a person waves")
    generate(page)
    box = shown(page, ".player-stage").bounding_box()
    assert 0 <= box["y"] <= 844 - box["height"]


def test_a_narrow_screen_stacks(still):
    still.set_viewport_size({"width": 390, "height": 844})
    still.wait_for_function("""() => {
      const [inputs, stage] = [".inspector", ".stage"].map((name) =>
        [...document.querySelectorAll(name)].find((part) => part.offsetParent).getBoundingClientRect());
      return stage.top >= inputs.bottom;
    }""")
    assert still.evaluate("document.documentElement.scrollWidth") == 390
    still.set_viewport_size(WINDOW)


def test_captions_can_be_copied_and_their_box_is_as_high_as_they_are_at_any_width(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_task(page, "text")
    generate(page, samples=4)
    sync_api.expect(status(page)).to_contain_text("4 captions in")
    page.get_by_role("button", name="Copy text").locator("visible=true").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    box = page.get_by_label("Captions").locator("visible=true")
    assert copied == box.input_value()
    heights = []
    for width in (1280, 260, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("box => box.scrollHeight <= box.clientHeight", arg=box.element_handle())
        page.wait_for_function(SETTLED, arg=box.element_handle())
        heights.append(box.bounding_box()["height"])
    assert heights[0] == heights[2] < heights[1]


def test_the_page_turns_dark_and_light(still):
    ink = "getComputedStyle(document.querySelector('h1')).color"
    dark_on_light = still.evaluate(ink)
    still.get_by_role("button", name="Switch between light and dark").click()
    still.wait_for_function(f"{ink} !== '{dark_on_light}'")
    still.get_by_role("button", name="Switch between light and dark").click()
    still.wait_for_function(f"{ink} === '{dark_on_light}'")


def test_every_field_and_button_of_every_tab_has_a_name(still):
    for task in TASKS:
        open_task(still, task)
        unnamed = still.evaluate(
            """() => [...document.querySelectorAll("input, textarea, button")]
                .filter(element => element.offsetParent !== null)
                .filter(element => !(element.labels?.length || element.ariaLabel || element.innerText.trim()))
                .map(element => element.outerHTML)"""
        )
        assert unnamed == []
