"""The 3D player as a person uses it, drawn on the processor; and the page where there is no WebGL."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browsing import open_task, opened, prompt, quick, shown, status
from PIL import Image

from mote.files import write

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

sync_api = pytest.importorskip("playwright.sync_api")

COUNT_CONTEXTS = """
window.contexts = 0;
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  if (kind.startsWith("webgl")) window.contexts += 1;
  return get.call(this, kind, ...rest);
};
"""
FIRST_FRAMES = "performance.getEntriesByName('mote-first-frame').map((measure) => measure.duration)"
FIRST_FRAME_LIMIT = 100  # milliseconds on a machine with nothing else to do
BUSY = 10  # how many times slower a machine may be that runs other things beside the test


@pytest.fixture
def page(person, studio) -> Iterator[Page]:
    with opened(person, studio, COUNT_CONTEXTS, reduced_motion="no-preference") as tab:
        yield tab


def generate(page: Page, text: str = "a person walks") -> None:
    """Make a motion of two seconds and wait until it plays and its GIF is there."""
    before = page.evaluate(f"{FIRST_FRAMES}.length")
    quick(page)
    page.get_by_label("Seconds").locator("visible=true").fill("2")
    prompt(page).fill(text)
    prompt(page).press("Control+Enter")
    page.wait_for_function(f"{FIRST_FRAMES}.length > {before}")
    shown(page, ".motions img").wait_for()


def part(page: Page, name: str) -> Locator:
    return shown(page, f'[data-part="{name}"]')


def frame(page: Page) -> int:
    return int(part(page, "timeline").input_value())


def picture(page: Page) -> np.ndarray:
    """The stage as it is seen, (height, width, 3), after a still picture has become sharp."""
    page.wait_for_timeout(600)
    return np.asarray(Image.open(io.BytesIO(part(page, "stage").screenshot())).convert("RGB")).astype(int)


def rest(page: Page) -> None:
    """Leave every field, and pause."""
    page.mouse.click(2, 2)
    if part(page, "play").get_attribute("aria-label") == "Pause":
        page.keyboard.press("Space")
    sync_api.expect(part(page, "play")).to_have_attribute("aria-label", "Play")


FROZEN = """() => new Promise((resolve) => {
  const line = [...document.querySelectorAll('[data-part="timeline"]')].find((one) => one.offsetParent);
  [...document.querySelectorAll("button.generate")].find((one) => one.offsetParent).click();
  const pressed = line.value;
  setTimeout(() => resolve(line.value === pressed), 250);
})"""
"""Whether the player stands still for a quarter of a second after a press of Generate."""


def test_where_the_processor_draws_the_player_rests_when_a_run_begins(page):
    generate(page)
    prompt(page).fill("")  # is refused: no result comes, and no progress is shown
    assert page.evaluate(FROZEN)
    before = frame(page)
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-part=\"timeline\"]')].some("
        "(line) => line.offsetParent && Number(line.value) !== before)",
        arg=before,
    )


def test_a_prompt_plays_in_the_player_at_once(page, record_property):
    empty = picture(page)
    generate(page)
    sync_api.expect(part(page, "play")).to_have_attribute("aria-label", "Pause")
    (first_frame,) = page.evaluate(FIRST_FRAMES)
    record_property("milliseconds to the first frame", round(first_frame))
    assert first_frame < FIRST_FRAME_LIMIT * BUSY
    begun = frame(page)
    page.wait_for_function(f"document.querySelector('[data-part=timeline]').valueAsNumber !== {begun}")
    rest(page)
    drawn = picture(page)
    coloured, before = ((np.ptp(seen, axis=-1) > 60).mean() for seen in (drawn, empty))
    assert coloured > before + 0.005, "a body is seen"
    assert (drawn[..., 2] - drawn[..., 0]).max() > 100, "a blue limb is seen"
    assert (drawn[..., 0] - drawn[..., 2]).max() > 100, "and an orange one"
    assert shown(page, ".player-labels span").inner_text().startswith("Seed ")


def test_space_after_a_click_on_generate_pauses_and_runs_nothing_and_other_keys_step(page):
    quick(page)
    page.get_by_label("Seconds").locator("visible=true").fill("2")
    prompt(page).fill("a person walks")
    shown(page, "button.generate").click()
    shown(page, ".motions img").wait_for()
    said = status(page).inner_text()
    page.keyboard.press("Space")
    sync_api.expect(part(page, "play")).to_have_attribute("aria-label", "Play")
    page.wait_for_timeout(500)
    assert (status(page).inner_text(), page.evaluate(f"{FIRST_FRAMES}.length")) == (said, 1)
    part(page, "timeline").fill("10")
    assert frame(page) == 10
    page.mouse.click(2, 2)
    for key, expected in (("ArrowRight", 11), ("ArrowRight", 12), ("ArrowLeft", 11)):
        page.keyboard.press(key)
        sync_api.expect(part(page, "timeline")).to_have_value(str(expected))
    sync_api.expect(part(page, "readout")).to_have_text("12 / 40  ·  0.55 s")
    part(page, "forward").click()
    sync_api.expect(part(page, "timeline")).to_have_value("12")
    page.keyboard.press("Space")
    sync_api.expect(part(page, "play")).to_have_attribute("aria-label", "Pause")
    prompt(page).press("Space")
    sync_api.expect(part(page, "play")).to_have_attribute("aria-label", "Pause")
    assert prompt(page).input_value().endswith(" "), "a field that is typed in keeps its keys"


def test_the_view_and_every_option_change_the_picture_and_back(page):
    generate(page)
    rest(page)
    part(page, "timeline").fill("5")
    before = picture(page)
    box = part(page, "stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 450, box["y"] + 220, steps=4)
    page.mouse.up()
    assert (np.abs(picture(page) - before).max(axis=-1) > 30).mean() > 0.02
    page.keyboard.press("r")
    assert (np.abs(picture(page) - before).max(axis=-1) > 30).mean() < 0.001
    part(page, "timeline").fill("30")
    before = picture(page)
    for name in ("follow", "trail", "contacts", "ghosts"):
        part(page, name).click()
        changed = picture(page)
        if name != "contacts":  # an untrained model's feet may never stand
            assert np.abs(changed - before).max() > 30, name
        part(page, name).click()
        assert (np.abs(picture(page) - before).max(axis=-1) > 30).mean() < 0.001, name
    part(page, "speed").select_option("0.25")
    part(page, "loop").click()
    part(page, "timeline").fill("38")
    part(page, "speed").select_option("2")
    part(page, "play").click()
    sync_api.expect(part(page, "play")).to_have_attribute("aria-label", "Play")
    assert frame(page) == 39, "without a loop it stays at the end"


def test_tabs_and_runs_share_one_context_and_nothing_is_drawn_out_of_sight(page):
    generate(page)
    generate(page, "a person waves")
    open_task(page, "motion")
    assert picture(page).std() > 1, "the empty stage of another tab has its floor"
    open_task(page, "text")
    hidden = page.evaluate("document.querySelector('[data-part=timeline]').valueAsNumber")
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('[data-part=timeline]').valueAsNumber") == hidden
    open_task(page, "text-to-motion")
    page.wait_for_function(f"document.querySelector('[data-part=timeline]').valueAsNumber !== {hidden}")
    rest(page)
    assert picture(page).std() > 10
    assert page.evaluate("contexts") == 1
    assert page.locator(".player-stage canvas").count() == 1


def test_samples_stand_side_by_side_with_their_names(page):
    open_task(page, "joint")
    quick(page)
    page.get_by_label("number input for Samples").locator("visible=true").fill("2")
    page.get_by_label("Seed", exact=True).locator("visible=true").fill("7")
    page.keyboard.press("Control+Enter")
    labels = page.locator(".player-labels span >> visible=true")
    sync_api.expect(labels).to_have_count(2)
    assert [text.split(":")[0] for text in labels.all_inner_texts()] == ["Seed 7", "Seed 8"]


def test_an_upload_is_seen_before_anything_runs_and_beside_its_variation(page, tiny_model, tmp_path):
    file = tmp_path / "clip.bvh"
    write(tiny_model.generate("motion", seconds=2.0, steps=1, seed=1)[0].motion, file)
    open_task(page, "motion-variation")
    quick(page)
    page.locator(".inspector input[type=file] >> nth=0").set_input_files(file)
    labels = page.locator(".player-labels span >> visible=true")
    sync_api.expect(labels).to_have_text(["Given"])
    page.keyboard.press("Control+Enter")
    sync_api.expect(labels).to_have_count(2)
    assert labels.first.inner_text() == "Given"


def test_who_wants_less_motion_starts_the_player_themselves(person, studio):
    with opened(person, studio, reduced_motion="reduce") as page:
        generate(page)
        page.wait_for_timeout(300)
        assert part(page, "play").get_attribute("aria-label") == "Play"
        assert frame(page) == 0
