"""The named recipes: which stages each runs, and the tables that they print."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from train import experiments
from train.data import Clips
from train.experiments import RECIPES, main
from train.prepare import text
from train.report import Report, Row


@pytest.fixture
def started(monkeypatch):
    """The commands of every phase, which are not run; a report stands where one would be written."""
    phases = []

    def run(commands, *_):
        phases.append(commands)
        for command in commands.values():
            if command[0] == "train.evaluate":
                shown = float(command[command.index("--guidance") + 1]) / 10
                rows = [Row(what="right", measured=shown, count=9), Row(what="lost", measured=float("nan"), count=0)]
                Report(settings={}, rows=rows).write(Path(command[command.index("--out") + 1]))

    monkeypatch.setattr(experiments, "run_together", run)
    monkeypatch.setattr(experiments, "run_once", run)
    return phases


def run(name: str, tmp_path, capsys) -> str:
    main([name, "--data", "raw", "--out", str(tmp_path), "--minutes", "10"])
    return capsys.readouterr().out


def test_plain_is_four_tokens_without_guidance(started, tmp_path, capsys):
    page = run("plain", tmp_path, capsys)
    assert [list(phase) for phase in started] == [["prepare"], ["med", "ted"], ["denoiser"], ["plain-1-1"]]
    assert started[1]["med"][-2:] == ["--tokens", "4"]
    assert "--tokens" not in started[1]["ted"]
    assert started[2]["denoiser"][-2:] == ["--out", str(tmp_path / "stages" / "mtdm")]
    command = started[-1]["plain-1-1"]
    assert command[command.index("--model") + 1] == str(tmp_path / "stages")
    assert page.splitlines()[:3] == ["| what | no guidance |", "| --- | --- |", "| right | 10.0 % |"]
    assert "| lost |  |" in page


def test_guidance_stands_beside_none(started, tmp_path, capsys):
    page = run("guidance", tmp_path, capsys)
    assert [list(phase) for phase in started] == [["prepare"], ["guidance-1-1"], ["guidance-7-7"]]
    assert "| right | 10.0 % | 70.0 % |" in page


def test_reconstruction_reports_what_the_autoencoders_lose(started, tiny_folder, tmp_path, capsys, monkeypatch):
    for stage in ("med", "ted"):
        shutil.copytree(tiny_folder / stage, tmp_path / "stages" / stage)
    features = [np.random.default_rng(row).normal(size=(50, 263)).astype(np.float16) for row in range(3)]
    monkeypatch.setattr(Clips, "load", lambda *_: Clips(features, [{}] * 3))
    monkeypatch.setattr(text, "clips", lambda *_: ["a person walks forward"] * 3)
    page = run("reconstruction", tmp_path, capsys)
    assert [list(phase) for phase in started] == [["prepare"], ["med", "ted"]]
    assert "--even" in started[1]["med"]
    assert "--even" not in started[1]["ted"]
    rows = json.loads((tmp_path / "reconstruction" / "report.json").read_text())["rows"]
    assert rows[0]["most"] == 0.01
    assert rows[0]["measured"] > 0.01, "noise is not kept by an untrained network"
    assert "| MED: square error of normalised features | ≤ 0.010 |" in page


def test_every_recipe_is_told_in_the_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"- {name}:" in shown for name in RECIPES)
