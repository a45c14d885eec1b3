"""Runs as the page keeps them: shown, drawn, packed, sent on, and found again by the name of their folder."""

from __future__ import annotations

import dataclasses
import json
import os
import time
import zipfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from people import LIMITS
from PIL import Image

from mote.__main__ import main
from mote.files import read
from mote.sampling import TASKS, sides_made
from mote.ui import filling, history, results, runs, staging
from mote.ui.handlers import Handlers
from mote.ui.runs import Record, recorded
from mote.ui.tasks import READING, TABS

GIVEN = {"text": "a person waves", "seconds": 2.0, "samples": 2, "steps": 2, "seed": 5}


@pytest.fixture(scope="module")
def clip(tiny_model) -> str:
    """A motion file, as if uploaded."""
    return Handlers(tiny_model).motion(seconds=2.0, steps=1, seed=9).files[0]


@pytest.fixture(scope="module")
def record(tiny_model, clip):
    """Makes the record of a run of any task."""

    def run(task: str, **changes) -> Record:
        values = GIVEN | {"motion": clip, "skeleton": None, "guidance": 3.0} | dict.fromkeys(READING) | changes
        guidance = {"motion_guidance": 3.0, "text_guidance": 2.0}
        return recorded(Handlers(tiny_model), task)(*((values | guidance)[name] for name in TABS[task].inputs))[-1]

    return run


def chosen(**values) -> gr.EventData:
    """What the page sends of an entry."""
    return gr.EventData(None, values)


@pytest.mark.parametrize("task", TASKS)
def test_a_run_is_found_again_and_its_zip_makes_the_same(record, tiny_folder, tmp_path, task):
    made = record(task)
    assert runs.load(made.folder.name) == dataclasses.replace(made, restored=True)
    with zipfile.ZipFile(staging.pack_all(made)) as archive:
        archive.extractall(tmp_path / "first")
        assert archive.testzip() is None
    main(["--recipe", str(tmp_path / "first" / "recipe.json"), "--formats", "npy", "--out", str(tmp_path / "again"),
          "--checkpoint", str(tiny_folder)])  # fmt: skip
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert again == {name: (tmp_path / "first" / name).read_bytes() for name in again}
    assert {Path(file).read_bytes() for file in made.files} <= {*again.values()}
    assert (len(made.files), len(made.captions)) == tuple(2 * (side in sides_made(task)) for side in ("motion", "text"))


def test_a_run_fills_its_tab_with_what_it_was_made_from(record, clip):
    assert filling.fields(record("text-to-motion").recipe, None) == {
        "text": "a person waves", "seconds": 2.0, "samples": 2, "steps": 2, "guidance": 3.0, "seed": 5,
    }  # fmt: skip
    variation = record("motion-variation")
    fields = filling.fields(variation.recipe, variation.given)
    assert (fields["motion_guidance"], fields["text_guidance"], fields["skeleton"]) == (3.0, 2.0, None)
    np.testing.assert_array_equal(np.load(fields["motion"]), np.load(clip))
    assert filling.fields(record("motion", seconds=None).recipe, None)["seconds"] is None


def test_a_setting_that_the_page_does_not_take_is_named(record):
    recipe = dataclasses.replace(record("text").recipe, samples=500)
    with pytest.raises(gr.Error, match="The number of samples is from 1 to 4, not 500"):
        filling.fields(recipe, None)


def test_the_player_shows_what_was_given_and_made_and_the_gallery_draws_it(record):
    pair = record("joint")
    first, second = pair.captions
    assert [motion["label"] for motion in pair.shown()["motions"]] == [f"Seed 5: {first}", f"Seed 6: {second}"]
    pictures = staging.draw(pair)
    assert [caption for _, caption in pictures] == [first, second]
    with Image.open(pictures[0][0]) as picture:
        assert picture.n_frames == len(read(pair.files[0]))
    variation = record("motion-variation")
    assert [motion["label"] for motion in variation.shown()["motions"]] == ["Given", "Seed 5", "Seed 6"]
    assert staging.draw(None) == []


def test_gifs_are_drawn_once_the_player_has_had_time_to_begin(record, monkeypatch):
    made, done = record("motion", samples=1), []
    monkeypatch.setattr("mote.ui.player.time.sleep", lambda seconds: done.append(0.1 < seconds < 0.5))
    monkeypatch.setattr(results, "convert", lambda file, form: done.append(form) or file)
    staging.draw(made)
    staging.draw(None)
    assert done == [True, "gif"]


def test_a_motion_that_arrives_stands_beside_what_was_made_of_it_alone(record, clip):
    variation = record("motion-variation")
    assert len(staging.show_beside(variation, staging.receive(LIMITS, clip).file)["motions"]) == 3
    for other in (variation.files[0], None):
        assert staging.show_beside(variation, other) == gr.skip()
    assert staging.show_beside(None, clip) == gr.skip()
    assert staging.show_beside(record("motion-to-text"), clip) == gr.skip(), "it shows the motion already"


def test_the_chosen_sample_is_sent_on(record):
    pair = record("joint")
    assert filling.sent(pair, 1, "motion") == pair.files[1]
    assert filling.sent(pair, 1, "text") == pair.captions[1]
    assert filling.sent(pair, None, "text") == pair.captions[0]
    for missing in (None, record("text")):
        with pytest.raises(gr.Error, match="There is no motion to send on yet"):
            filling.sent(missing, 0, "motion")


def test_a_choice_of_sentences_is_offered_where_there_are_several(record):
    several, one = staging.offer(record("text")), staging.offer(record("text", samples=1))
    assert (several.choices, several.value, several.visible) == ([("1", "1"), ("2", "2")], "1", True)
    assert not one.visible
    assert not staging.offer(None).visible


def test_a_recipe_is_opened_from_a_zip_and_from_json(record, tmp_path):
    made = record("motion-variation")
    recipe, given = filling.opened(staging.pack_all(made))
    assert recipe == made.recipe
    assert Path(given).read_bytes() == Path(made.given).read_bytes()
    (tmp_path / "recipe.json").write_text(recipe.to_json())
    assert filling.opened(str(tmp_path / "recipe.json")) == (recipe, None)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("notes.json", "hello", "The recipe is no JSON"),
        ("list.json", "[1]", "not an object of named fields"),
        ("page.json", '{"<b>": 1}', "unknown field: &lt;b&gt;"),
        ("other.zip", "hello", "The ZIP other.zip is not whole"),
    ],
)
def test_a_file_that_is_no_recipe_is_answered_with_one_sentence(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(gr.Error) as error:
        filling.opened(str(tmp_path / name))
    assert said in error.value.message
    assert error.value.message.endswith(".")


def test_the_same_motion_has_the_same_recipe_however_often_it_is_given(record, clip):
    first = record("motion-variation")
    assert record("motion-variation", motion=first.given).recipe == first.recipe


def test_an_entry_of_the_history_is_small_and_brings_the_run_back(record):
    made = record("joint")
    entry = history.entry(made)
    assert len(json.dumps(entry)) < 5000
    assert entry["title"] == "; ".join(made.captions)
    assert entry["thumbnail"].startswith("data:image/webp;base64,")
    assert history.entry(record("text"))["thumbnail"] is None
    assert history.entry(None) is None
    assert history.found(chosen(**entry)) == (made.recipe, dataclasses.replace(made, restored=True))


def test_an_entry_whose_files_are_gone_brings_the_recipe_back_and_says_so(record, monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Info", said.append)
    for task, what in (("text-to-motion", "it is made again"), ("motion-variation", "choose its motion (given-")):
        made = record(task)
        entry = history.entry(made)
        Path(made.files[0]).unlink()
        assert history.found(chosen(**entry)) == (made.recipe, None)
        assert what in said.pop()
        with pytest.raises(gr.Error, match="gone"):
            filling.sent(made, 0, "motion")
        with pytest.raises(gr.Error, match="gone"):
            history.compared(chosen(entries=[{"id": entry["id"], "name": "mine"}]))


@pytest.mark.parametrize(
    "values", [{}, {"id": "../.."}, {"id": "mote-", "recipe": {"task": "text"}}, {"id": 3, "recipe": 4}]
)
def test_what_is_no_entry_is_refused(values):
    with pytest.raises(gr.Error, match="cannot be read: delete it"):
        history.found(chosen(**values))


def test_chosen_runs_stand_side_by_side(record):
    entries = [{"id": record("motion", seed=seed).folder.name, "name": "mine"} for seed in (3, 5, 7, 9)]
    labels = [motion["label"] for motion in history.compared(chosen(entries=entries[:2]))["motions"]]
    assert labels == ["1. mine (seed 3)", "2. mine (seed 4)", "3. mine (seed 5)", "4. mine (seed 6)"]
    assert len(history.compared(chosen(entries=entries))["motions"]) == history.MOST_COMPARED
    with pytest.raises(gr.Error, match="At most 8 motions stand side by side; these are 10"):
        history.compared(chosen(entries=[*entries, entries[0]]))


def test_the_folders_of_yesterday_are_deleted_within_the_hour(monkeypatch):
    old, young = results.fresh_folder(), results.fresh_folder()
    (old / "motion.npy").write_bytes(b"")
    os.utime(old, (time.time() - results.KEPT_SECONDS - 1,) * 2)
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    results.fresh_folder()
    assert (old.exists(), young.exists()) == (False, True)


def test_there_is_nothing_to_pack_before_a_run():
    with pytest.raises(gr.Error, match="generate first"):
        staging.pack_all(None)


@pytest.mark.parametrize("values", [{}, {"entries": None}, {"entries": [{}]}, {"entries": ["x"]}])
def test_what_are_no_entries_of_the_history_is_said_to_be_so(values):
    with pytest.raises(gr.Error, match="cannot be read"):
        history.compared(chosen(**values))
