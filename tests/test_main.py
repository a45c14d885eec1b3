"""The command line: what it prints, what it writes, and what it says to bad input."""

from pathlib import Path

import numpy as np
import pytest

from mote import advice, archive, recipe
from mote.__main__ import main
from mote.files import read, write
from mote.pipeline import MoTe
from mote.sampling import TASKS, sides_made

FAST = ["--steps", "2", "--seed", "5", "--seconds", "2"]


@pytest.fixture
def run(tiny_folder, tmp_path, capsys):
    """Runs the command in a folder of its own; gives the printed lines, each as its parts."""

    def call(*arguments: str) -> list[list[str]]:
        main([*arguments, "--checkpoint", str(tiny_folder), "--out", str(tmp_path / "out")])
        return [line.split("\t") for line in capsys.readouterr().out.splitlines()]

    return call


@pytest.fixture
def clip(tiny_model, tmp_path) -> str:
    [sample] = tiny_model.generate("motion", seconds=2.0, steps=1, seed=0)
    write(sample.motion, tmp_path / "clip.bvh")
    return str(tmp_path / "clip.bvh")


@pytest.mark.parametrize("task", TASKS)
def test_every_task_prints_what_it_makes(run, clip, task):
    first, made = TASKS[task][0], sides_made(task)
    inputs = [given for side, given in (("text", "a person waves"), ("motion", clip)) if first[side] == "given"]
    lines = run(task, *inputs, "--samples", "2", *FAST)
    assert len(lines) == 2
    for line in lines:
        assert len(line) == len(made)
        if "motion" in made:
            assert len(read(line[0])) == 40
        if "text" in made:
            assert not line[-1].endswith(".bvh")


def test_strange_prompts_are_named_on_the_error_stream(tiny_folder, monkeypatch, capsys):
    monkeypatch.setattr(MoTe, "strangeness", lambda _, text: 2.0 if "cello" in text else 0.5)
    main(["text-variation", "a person walks", "a person plays the cello", *FAST, "--checkpoint", str(tiny_folder)])
    said = capsys.readouterr().err
    assert f"a person plays the cello: {advice.STRANGE}{advice.PLAIN}" in said
    assert "a person walks" not in said


def test_actions_of_one_sentence_are_joined(run, tiny_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mote.__main__.one_by_one", lambda _, text: text.split(", then "))
    lines = run("text-to-motion", "he walks, then waves", "he bows", "--samples", "2", "--seconds", "2", *FAST)
    assert [len(read(line[0])) for line in lines] == [40 + 40 - 10] * 2 + [40] * 2
    assert Path(lines[0][0]).name == "001-he-walks-then-waves-5.bvh"
    main(["text-to-motion", "he walks, then waves", *FAST, "--checkpoint", str(tiny_folder), "--out", str(tmp_path)])
    assert "he walks, then waves: made one by one and joined: he walks; waves" in capsys.readouterr().err
    [joined, _] = run("text-to-motion", "he walks, then waves", "he bows", "--samples", "2", "--join", *FAST)
    assert len(read(joined[0])) == 3 * 40 - 2 * 10


def test_a_file_of_prompts_in_batches_is_the_same_as_one_by_one(run, tmp_path):
    (tmp_path / "prompts.txt").write_text("a person walks\n\na person waves\n", encoding="utf-8")
    lines = run("text-to-motion", "a person runs", "--file", str(tmp_path / "prompts.txt"), "--batch", "2",
                "--formats", "npy", "gif", *FAST)  # fmt: skip
    assert [Path(line[0]).name for line in lines] == [
        "001-a-person-runs-5.npy", "002-a-person-walks-5.npy", "003-a-person-waves-5.npy",
    ]  # fmt: skip
    assert all(Path(line[1]).read_bytes().startswith(b"GIF89a") for line in lines)
    together = np.load(lines[2][0])
    [[alone]] = run("text-to-motion", "a person waves", "--formats", "npy", *FAST)
    np.testing.assert_allclose(np.load(alone), together, atol=1e-4)


def test_many_samples_without_input_come_in_batches_with_seeds_in_a_row(run):
    lines = run("text", "--samples", "3", "--batch", "2", "--steps", "2", "--seed", "7")
    assert len(lines) == 3
    [[last]] = run("text", "--steps", "2", "--seed", "9")
    assert lines[2] == [last]


def test_joined_inputs_are_one_motion_for_each_sample(run):
    lines = run("text-to-motion", "a person walks", "a person bows", "--join", "--samples", "2", *FAST)
    assert [len(read(path)) for [path] in lines] == [40 + 40 - 10] * 2


def test_results_are_checked_where_that_is_asked_for(run, clip):
    [[*_, skating, jitter]] = run("text-to-motion", "a person walks", "--check", *FAST)
    assert skating.startswith("skating 0.")
    assert "mm/frame³" in jitter, "this model came without figures of real clips"
    assert len(run("motion-to-text", clip, "--check", *FAST[:4])[0]) == 1, "and without a space to compare in"


@pytest.mark.parametrize("form", [".json", ".zip"])
@pytest.mark.parametrize("task", TASKS)
def test_a_recipe_makes_the_same_result_again(run, tiny_model, tmp_path, clip, task, form):
    first = TASKS[task][0]
    motion = read(clip) if first["motion"] == "given" else None
    named = archive.given(motion, "clip", tmp_path)[0] if motion else None
    text = ("a person walks", "a person bows") if task == "text-to-motion" else ("a person waves",)
    wanted = recipe.Recipe(
        task=task, text=text if first["text"] == "given" else (), motion=named, seconds=2.5, samples=2, steps=2,
        guidance=(3.0, 2.0), seed=5, model=recipe.Identity(name=tiny_model.name, sha256=tiny_model.digest),
    )  # fmt: skip
    result = archive.Result(recipe=wanted, made=recipe.make(wanted, tiny_model, motion), given=motion)
    result.write(tmp_path / "first", ["npy", "bvh"])
    result.write_zip(tmp_path / "all.zip")
    file = tmp_path / "all.zip" if form == ".zip" else tmp_path / "first" / "recipe.json"
    lines = run("--recipe", str(file), "--formats", "npy", "bvh")
    assert len(lines) == 2
    files = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert ("captions.txt" in files) == ("text" in sides_made(task))
    assert sum(name.endswith("-features.npy") for name in files) == 2 * ("motion" in sides_made(task))


def test_a_recipe_of_another_model_is_said_to_be(tiny_model, tiny_folder, tmp_path, capsys):
    wanted = recipe.Recipe(
        task="text", text=(), motion=None, seconds=None, samples=1, steps=2, guidance=None, seed=5,
        model=recipe.Identity(name="other", sha256="00"),
    )  # fmt: skip
    (tmp_path / "recipe.json").write_text(wanted.to_json())
    main(["--recipe", str(tmp_path / "recipe.json"), "--checkpoint", str(tiny_folder), "--out", str(tmp_path)])
    printed = capsys.readouterr()
    assert "The recipe is of another model (other, 00)" in printed.err
    assert printed.out == f"{tiny_model.generate('text', steps=2, seed=5)[0].text}\n"


def test_a_part_of_a_file_is_read_as_it_is_said_to_be(clip, tiny_folder, capsys):
    main(["motion-to-text", clip, *FAST[:4], "--start", "0.5", "--fps", "10", "--checkpoint", str(tiny_folder)])
    assert f"{clip}: 10 fps, centimetres, Y up, 4.0 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["text-to-motion"], "needs a text"),
        (["motion", "a person walks"], "takes no input"),
        (["motion-to-text", "nowhere.bvh"], "nowhere.bvh"),
        (["text-to-motion", "--file", "nowhere.txt"], "nowhere.txt cannot be read"),
        (["text-to-motion", "a person walks", "--seconds", "99"], "seconds is from 1.5 to 9.8"),
        (["text-to-motion", "a person walks", "--samples", "0"], "samples is at least 1"),
        (["text-to-motion", "a person walks", "--batch", "0"], "--batch is at least 1"),
        (["text-to-motion", "a person walks", "--guidance", "1", "2", "3"], "one number or two"),
        (["motion-to-text", "clip.bvh", "--join"], "--join"),
        (["joint", "--steps", "0"], "steps"),
        (["joint", "--fps", "30"], "are of motion files, which joint does not take"),
        (["dance"], "invalid choice"),
        ([], "give a task"),
        (["--recipe", "nowhere.json"], "nowhere.json cannot be read"),
        (["motion", "--recipe", "nowhere.json"], "leave out the task"),
    ],
)
def test_bad_input_ends_with_a_sentence_and_the_code_2(run, capsys, arguments, said):
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message
