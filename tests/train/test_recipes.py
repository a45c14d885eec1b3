"""The recipes of the paper's tables: what is trained once for which columns, that the stages take their options, and
the tables, published beside ours."""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from train.evaluate_protocol import MOTION_TABLE, REFERENCE_TABLE, TEXT_TABLE
from train.metrics_motion import Repeated
from train.recipes import FIGURES, NAMES, read
from train.recipes import __main__ as recipes
from train.report import Report

TABLES = ("guidance", "interaction", "l", "main-humanml3d", "main-kit")


@pytest.fixture
def started(monkeypatch, tmp_path) -> list[tuple[str, list[str]]]:
    """The commands in their order, which are not run; what they would leave is there."""
    commands = []

    def run_once(given: dict[str, list[str]], done: Path) -> None:
        for name, command in given.items():
            commands.append((name, command))
            out = Path(command[command.index("--out") + 1]) if "--out" in command else tmp_path / "none"
            out.mkdir(parents=True, exist_ok=True)
            if name == "prepare":
                record = {"name": "one", "split": "test", "source": "humanml3d"}
                (out / "manifest.jsonl").write_text(json.dumps(record) + "\n")
            if command[0] == "train.evaluate":
                value = Repeated(mean=float(command[command.index("--guidance") + 1]) / 100, interval=0.001)
                tables = {
                    MOTION_TABLE: {"real": {"FID": Repeated(mean=0.002, interval=0.0)}, "generated": {"FID": value}},
                    REFERENCE_TABLE: {"raw": {"CIDEr": value}, "lemmatised": {"CIDEr": value}},
                    TEXT_TABLE: {"real": {}, "generated": {"R-precision 1": value}},
                }
                Report(settings={}, tables=tables).write(out)

    monkeypatch.setattr(recipes, "run_once", run_once)
    return commands


def run(name: str, tmp_path: Path, *more: str) -> dict[str, list[str]]:
    """The rows of the table by their names."""
    recipes.main([name, "--out", str(tmp_path), *more])
    lines = (tmp_path / "TABLE.md").read_text().splitlines()
    return {
        cells[0]: cells[1:]
        for line in lines
        if line.startswith("|")
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    }


def test_there_is_one_for_each_table():
    assert NAMES == TABLES
    assert read("main-kit").layout == "kit-ml"
    assert read("main-kit").options == read("main-humanml3d").options


def test_published_figures_stand_where_nothing_was_run(tmp_path):
    table = run("main-humanml3d", tmp_path)
    assert table[""] == ["real clips: published", "real clips: ours", "MoTe: published", "MoTe: ours"]
    assert table["R-precision 1"] == ["0.511", "", "0.548", ""]
    assert table["captions, raw: CIDEr"] == ["", "", "31.5", ""]
    assert table["captions, lemmatised: CIDEr"] == [""] * 4
    assert [*table][2:] == [*FIGURES]


@pytest.mark.parametrize("name", ["l", "interaction", "guidance"])
def test_figures_that_are_not_known_stay_empty(name, tmp_path):
    table = run(name, tmp_path)
    assert {cell for figure in FIGURES for cell in table[figure]} == {""}
    assert "published cells are empty" in (tmp_path / "TABLE.md").read_text().replace("\n", " ")


def test_the_main_table_is_trained_evaluated_and_filled(started, tmp_path):
    table = run("main-humanml3d", tmp_path, "--data", "HumanML3D", "--official", "t2m", "--bert", "roberta-large")
    assert [name for name, _ in started] == ["prepare", "med", "ted", "model", "report"]
    evaluated = started[-1][1]
    assert evaluated[evaluated.index("--official") + 1] == "t2m"
    assert evaluated[evaluated.index("--bert") + 1] == "roberta-large"
    assert evaluated[evaluated.index("--guidance") + 1 :][:2] == ["7.5", "7.0"]
    assert (tmp_path / "models" / "model" / "med").is_dir(), "the denoiser finds its autoencoders beside it"
    assert table["FID"] == ["0.002", "0.002 ± 0.000", "0.075", "0.075 ± 0.001"]
    assert table["captions, raw: CIDEr"] == ["", "", "31.5", "7.5"]
    assert table["captions: R-precision 1"] == ["", "", "0.577", "0.075 ± 0.001"]


def test_what_columns_share_is_trained_once(started, tmp_path):
    run("l", tmp_path, "--data", "HumanML3D", "--official", "t2m")
    names = [name for name, _ in started]
    assert sorted(names[1:7]) == ["med-1", "med-2", "med-4", "med-6", "med-8", "ted"]
    assert [name for name in names if name.startswith("model")] == [f"model-{tokens}" for tokens in (1, 2, 4, 6, 8)]
    started.clear()
    table = run("guidance", tmp_path, "--data", "HumanML3D", "--official", "t2m")
    names = [name for name, _ in started]
    assert names[:4] == ["prepare", "med", "ted", "model"]
    assert len(set(names[4:])) == 9, "one model, evaluated nine times"
    assert table["FID"][1::2][:5] == [f"{value / 100:.3f} ± 0.001" for value in (1, 2.5, 5, 7.5, 10)]


def test_without_the_evaluator_nothing_is_evaluated(started, tmp_path):
    run("interaction", tmp_path, "--data", "HumanML3D")
    denoisers = [command for name, command in started if name.startswith("model")]
    kinds = [command[command.index("--interaction") + 1] for command in denoisers]
    assert kinds == ["in-context", "cross-attention", "adaln"]
    assert not any(command[0] == "train.evaluate" for _, command in started)


def test_another_set_is_refused(started, tmp_path):
    with pytest.raises(SystemExit, match="the recipe is for kit-ml, and HumanML3D holds humanml3d"):
        run("main-kit", tmp_path, "--data", "HumanML3D")


@pytest.fixture
def refuse(monkeypatch, capsys) -> Callable[[list[str]], str]:
    """What the real parser of a stage says of a command."""

    def parse(command: list[str]) -> str:
        module, *arguments = command
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        with pytest.raises(SystemExit):
            importlib.import_module(module).main()
        return capsys.readouterr().err.splitlines()[-1]

    return parse


@pytest.mark.parametrize("name", [name for name in TABLES if name != "main-kit"])  # has those of main-humanml3d
def test_every_stage_takes_its_options(name, started, refuse, tmp_path):
    run(name, tmp_path, "--data", "HumanML3D", "--official", "t2m")
    for _, command in started[1:]:
        assert refuse([*command, "--unknown"]).endswith("error: unrecognized arguments: --unknown")
