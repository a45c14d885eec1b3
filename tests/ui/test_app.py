"""The app over its API, as a program uses it."""

import gc

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app

RETURNS = {
    "/text_to_motion": ["Motions", "Motion files", "Seed used", "Status"],
    "/motion_to_text": ["Captions", "Seed used", "Status"],
    "/joint": ["Motions", "Captions", "Motion files", "Seed used", "Status"],
    "/motion": ["Motions", "Motion files", "Seed used", "Status"],
    "/text": ["Captions", "Seed used", "Status"],
    "/motion_variation": ["Motions", "Motion files", "Seed used", "Status"],
    "/text_variation": ["Captions", "Seed used", "Status"],
}


@pytest.fixture(scope="module")
def client(studio) -> Client:
    return Client(studio, verbose=False)


@pytest.fixture(scope="module")
def clip(client) -> str:
    """A motion file that the app made."""
    return client.predict(seconds=2.0, steps=2, seed=1, api_name="/motion")[1][0]


def test_the_endpoints_are_the_seven_tasks_with_labelled_outputs_and_descriptions(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert {name: [output["label"] for output in info["returns"]] for name, info in endpoints.items()} == RETURNS
    for info in endpoints.values():
        assert info["description"]
        assert all(parameter["parameter_name"] and parameter["label"] for parameter in info["parameters"])


def test_only_what_a_task_is_given_must_be_passed(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    needed = {
        name: [entry["parameter_name"] for entry in info["parameters"] if not entry["parameter_has_default"]]
        for name, info in endpoints.items()
    }
    given = {
        "text_to_motion": "text",
        "motion_to_text": "motion",
        "motion_variation": "motion",
        "text_variation": "text",
    }
    assert {name: names for name, names in needed.items() if names} == {f"/{name}": [it] for name, it in given.items()}


def test_text_to_motion_answers_with_an_animation_that_the_seed_repeats(client):
    motions, files, seed, status = client.predict("a person waves", samples=2, steps=2, api_name="/text_to_motion")
    assert len(motions) == len(files) == 2
    with Image.open(motions[0]["image"]) as picture:
        assert picture.format == "GIF"
        assert picture.is_animated
    assert isinstance(seed, int)
    assert "2 motions in" in status


def test_joint_pairs_each_motion_with_a_caption(client):
    motions, captions, files, _, _ = client.predict(seconds=2.0, samples=2, steps=2, api_name="/joint")
    assert len(motions) == len(files) == len(captions.split("\n")) == 2


def test_a_motion_is_described_and_varied(client, clip):
    caption, _, _ = client.predict(handle_file(clip), steps=2, seed=3, api_name="/motion_to_text")
    assert isinstance(caption, str)
    motions, _, seed, _ = client.predict(handle_file(clip), steps=2, seed=3, api_name="/motion_variation")
    assert (len(motions), seed) == (1, 3)


def test_sentences_are_invented_and_varied(client):
    captions, _, _ = client.predict(samples=3, steps=2, api_name="/text")
    assert len(captions.split("\n")) == 3
    assert client.predict("a person walks", steps=2, seed=4, api_name="/text_variation")[1] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"text": " "}, "Write what the person does first"),
        ({"text": "a person waves", "seconds": 100}, "from 1.5 to 9.8 seconds, not 100"),
        ({"text": "a person waves", "seed": -4}, "Seed is from 0"),
        ({"text": "a person waves", "samples": 9}, "Samples is from 1 to 4, not 9"),
    ],
)
def test_bad_input_is_answered_with_one_sentence(client, arguments, said):
    with pytest.raises(AppError, match=said):
        client.predict(**arguments, api_name="/text_to_motion")


def test_a_file_that_is_no_motion_is_refused(client, tmp_path):
    path = tmp_path / "rubbish.bvh"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(AppError, match=r"rubbish\.bvh"):
        client.predict(handle_file(path), api_name="/motion_to_text")
    other = tmp_path / "notes.txt"
    other.write_text("hello")
    with pytest.raises(AppError, match="Invalid file type"):
        client.predict(handle_file(other), api_name="/motion_to_text")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "walk " * 4000, "../../etc/passwd", "a person 🕺 waves"])
def test_a_strange_prompt_is_a_prompt(client, text):
    (file,) = client.predict(text, seconds=2.0, steps=1, api_name="/text_to_motion")[1]
    assert ".." not in file


def test_a_prompt_without_words_is_refused(client):
    with pytest.raises(AppError, match="write a sentence in English"):
        client.predict("🕺" * 50, api_name="/text_to_motion")


def test_the_file_route_serves_the_assets_and_nothing_else_of_the_project(studio):
    assert httpx.get(f"{studio}gradio_api/file={app.ASSETS / 'studio.css'}").status_code == 200
    for path in (app.ROOT / "app.py", app.ROOT / "pyproject.toml", "/etc/passwd", app.ASSETS / ".." / "app.py"):
        assert httpx.get(f"{studio}gradio_api/file={path}").status_code in (403, 404)


def test_an_agent_without_the_package_for_it_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        app.main(["--mcp"])
    assert 'pip install "gradio[mcp]"' in capsys.readouterr().err


def test_garbage_is_collected_once_all_is_imported():
    assert gc.isenabled()


def test_importing_and_building_start_nothing(tiny_model):
    page = app.build(tiny_model)
    assert isinstance(page, gr.Blocks)
    assert not page.is_running


def test_the_command_line_explains_itself(capsys):
    with pytest.raises(SystemExit) as end:
        app.main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(
        option in shown for option in ("--host", "--port", "--checkpoint", "--device", "--share", "--mcp", "127.0.0.1")
    )
