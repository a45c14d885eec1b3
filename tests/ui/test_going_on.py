"""Results that go on, as a person does it: to another tab, into a ZIP, and from a recipe back into the fields."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import gltf
import imageio.v3 as iio
import numpy as np
import pytest
from browsing import download, generate, labels, open_task, press, prompt, reload, shown, status
from pygltflib import GLTF2

from mote.motion.features import to_features

if TYPE_CHECKING:
    from playwright.sync_api import Page

sync_api = pytest.importorskip("playwright.sync_api")

SELECTED = "button[role=tab][aria-selected=true]"
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const options = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const type of ["dragover", "drop"]) document.querySelector(".stage").dispatchEvent(new DragEvent(type, options));
}"""


def in_tab(page: Page, title: str) -> None:
    sync_api.expect(page.locator(SELECTED)).to_have_text(title)


def value(page: Page, label: str) -> str:
    return page.get_by_label(label, exact=True).locator("visible=true").input_value()


def caption(page: Page) -> str:
    return page.get_by_label("Captions").locator("visible=true").input_value()


def test_the_chosen_motion_is_captioned_and_its_sentence_reworded_and_used(page):
    prompt(page).fill("a person walks")
    generate(page, samples=2, seconds=2, seed=7)
    sync_api.expect(page.locator(".motions img >> visible=true")).to_have_count(2)
    page.locator(".motions button.thumbnail-item >> visible=true").nth(1).click()
    page.locator(".motions button.thumbnail-item.selected >> visible=true").wait_for()
    joints = download(page, "npy").read_bytes()
    press(page, "Caption this")
    in_tab(page, "Motion to text")
    sync_api.expect(labels(page)).to_have_text(["Given"])
    sync_api.expect(status(page)).to_contain_text("1 caption in")
    with page.expect_download() as started:
        page.locator(".inspector a[download] >> visible=true").first.click()
    assert started.value.suggested_filename == "a-person-walks-8.npy"
    with open(started.value.path(), "rb") as file:
        assert file.read() == joints
    shown(page, ".given img").wait_for()
    sync_api.expect(labels(page)).to_have_text(["Given"])
    said = caption(page)
    press(page, "Reword")
    in_tab(page, "Text variation")
    sync_api.expect(prompt(page)).to_have_value(said)
    sync_api.expect(page.get_by_label("Captions").locator("visible=true")).not_to_have_value("")
    said = caption(page)
    press(page, "Use as prompt")
    in_tab(page, "Text to motion")
    sync_api.expect(prompt(page)).to_have_value(said)
    sync_api.expect(prompt(page)).to_be_focused()


def test_a_motion_is_varied_beside_itself(page):
    open_task(page, "motion")
    generate(page, seconds=2, seed=3)
    press(page, "Vary this")
    in_tab(page, "Motion variation")
    sync_api.expect(labels(page)).to_have_count(2)
    assert labels(page).first.inner_text() == "Given"
    shown(page, ".given img").wait_for()
    shown(page, ".motions img").wait_for()
    sync_api.expect(labels(page)).to_have_count(2)


def test_one_of_several_sentences_is_used(page):
    open_task(page, "text")
    generate(page, samples=3)
    second = caption(page).split("\n")[1]
    page.get_by_role("radio", name="2").locator("visible=true").check()
    press(page, "Use as prompt")
    in_tab(page, "Text to motion")
    sync_api.expect(prompt(page)).to_have_value(second)


def test_before_a_run_there_is_nothing_to_send_or_pack(page):
    press(page, "Vary this")
    page.get_by_text("There is no motion to send on yet: generate first.").wait_for()
    press(page, "ZIP of all")
    page.get_by_text("There is nothing to download yet: generate first.").wait_for()
    in_tab(page, "Text to motion")


def test_the_zip_of_a_variation_fills_its_tab_again_and_makes_the_same(page, tmp_path):
    open_task(page, "motion-variation")
    shown(page, ".inspector .gallery-item").click()
    sync_api.expect(status(page)).to_contain_text("1 motion in")
    generate(page, samples=2, seconds=2.5, seed=11)
    first = download(page, "npy").read_bytes()
    file = download(page, "ZIP of all").rename(tmp_path / "result.zip")
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert {name.rpartition(".")[2] for name in files} == {"gif", "mp4", "bvh", "glb", "npy", "json"}
    assert json.loads(files["recipe.json"])["motion"]["name"] in files
    made = sorted(name.removesuffix(".mp4") for name in files if name.endswith(".mp4"))
    assert (len(made), files[f"{made[0]}.npy"]) == (2, first)
    for stem in made:
        joints = np.load(io.BytesIO(files[f"{stem}.npy"]))
        np.testing.assert_array_equal(np.load(io.BytesIO(files[f"{stem}-features.npy"])), to_features(joints))
        np.testing.assert_allclose(gltf.joints(GLTF2.load_from_bytes(files[f"{stem}.glb"])), joints, atol=1e-3)
        assert len(iio.imread(files[f"{stem}.mp4"], extension=".mp4")) == len(joints)
    reload(page)
    with page.expect_file_chooser() as chooser:
        press(page, "Open recipe")
    chooser.value.set_files(file)
    in_tab(page, "Motion variation")
    sync_api.expect(labels(page)).to_have_text(["Given"])
    assert [value(page, name) for name in ("number input for Samples", "Seconds", "Seed")] == ["2", "2.5", "11"]
    assert value(page, "number input for Steps") == "2"
    assert not page.get_by_label("Auto").locator("visible=true").is_checked()
    page.keyboard.press("Control+Enter")
    sync_api.expect(status(page)).to_contain_text("2 motions in")
    sync_api.expect(labels(page)).to_have_count(3)
    assert download(page, "npy").read_bytes() == first


def test_a_recipe_that_is_dropped_anywhere_fills_its_tab(page, tmp_path):
    prompt(page).fill("a person runs\na person bows")
    generate(page, seconds=2, seed=4)
    with zipfile.ZipFile(download(page, "ZIP of all")) as archive:
        recipe = archive.read("recipe.json").decode()
    open_task(page, "text")
    page.evaluate(DROP, ["recipe.json", recipe])
    in_tab(page, "Text to motion")
    sync_api.expect(prompt(page)).to_have_value("a person runs\na person bows")
    assert value(page, "Seed") == "4"
    other = json.loads(recipe) | {"model": {"name": "other", "sha256": "00"}, "text": ["a person jumps"]}
    page.evaluate(DROP, ["recipe.json", json.dumps(other)])
    page.get_by_text("The recipe is of another model (other, 00)").wait_for()
    sync_api.expect(prompt(page)).to_have_value("a person jumps")
    page.evaluate(DROP, ["recipe.json", '{"task": "dance"}'])
    page.get_by_text("The recipe lacks a field: guidance, model").wait_for()
    sync_api.expect(prompt(page)).to_have_value("a person jumps")
