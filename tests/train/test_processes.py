"""Two processes make what one makes: losses, metrics, motions; and one goes on where two were stopped."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from stages import FITTING, main, make

from mote.checkpoint import CONFIG
from mote.models.mtdm import MTDMConfig
from train import generate, mtdm
from train.loop import FitConfig, generator
from train.state import LOG, PREVIOUS, STATE
from train.storage import StoppedError

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
STAGES = ("med", "mtdm", "retrieval")


@pytest.fixture(scope="module")
def folder(tiny_folder, tmp_path_factory) -> Path:
    return make(tmp_path_factory.mktemp("stages") / "folder", tiny_folder)


@pytest.fixture(scope="module")
def two(folder) -> Path:
    """What two processes made, by `accelerate launch`, a batch each of every step."""
    out = folder.parent / "two"
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
              "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]  # fmt: skip
    command = [sys.executable, *launch, str(ROOT / "tests" / "stages.py"), str(folder), str(out), "1"]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, env=os.environ | ENVIRONMENT | {"PYTHONPATH": path}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return out


@pytest.fixture(scope="module")
def one(folder) -> Path:
    """What one process makes, both batches of every step."""
    main(folder, folder.parent / "one", 2)
    return folder.parent / "one"


def figures(out: Path) -> dict[tuple[str, str, int], float]:
    with (out / LOG).open(newline="") as file:
        return {(row["kind"], row["figure"], int(row["step"])): float(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("stage", STAGES)
def test_two_processes_have_the_losses_of_one(one, two, stage):
    expected = figures(one / stage)
    assert figures(two / stage) == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert len([key for key in expected if key[:2] == ("train", "loss")]) == FITTING.steps
    parts = [torch.load(out / stage / STATE, weights_only=True)["parts"] for out in (one, two)]
    assert parts == [2, 2]


def test_the_parts_of_a_step_and_the_seeds_of_a_run_differ(tmp_path):
    draws = {
        torch.randn(1, generator=generator(*place)).item() for place in ((0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0))
    }
    assert len(draws) == 4


def test_two_processes_measure_what_one_measures(one, two):
    alone, together = (json.loads((out / "report.json").read_text()) for out in (one, two))
    assert together["settings"] == alone["settings"]
    assert [row["what"] for row in together["rows"]] == [row["what"] for row in alone["rows"]]
    for mine, other in zip(alone["rows"], together["rows"], strict=True):
        assert other["count"] == mine["count"]
        if mine["measured"] is None:
            assert other["measured"] is None
        else:
            assert other["measured"] == pytest.approx(mine["measured"], rel=1e-6, abs=1e-6), mine["what"]
    assert len(alone["rows"]) > 20


def test_two_processes_follow_the_protocol_as_one_does(one, two):
    alone, together = (json.loads((out / "protocol" / "report.json").read_text())["tables"] for out in (one, two))
    assert together.keys() == alone.keys()
    for title, table in alone.items():
        for row, expected in table.items():
            for name, figure in expected.items():
                assert together[title][row][name] == pytest.approx(figure, rel=1e-6, abs=1e-6), (title, row, name)


def test_two_processes_write_the_motions_of_one(one, two):
    names = sorted(path.name for path in (one / "motions").iterdir())
    assert names == sorted(path.name for path in (two / "motions").iterdir())
    assert len(names) == 2 * 7 + 1
    for name in names:
        assert (one / "motions" / name).read_bytes() == (two / "motions" / name).read_bytes(), name


def test_one_process_goes_on_where_two_were_stopped(folder, two, tmp_path):
    (tmp_path / "mtdm").mkdir()
    for name in (PREVIOUS, LOG):
        shutil.copy(two / "mtdm" / name, tmp_path / "mtdm" / {PREVIOUS: STATE}.get(name, name))
    before = torch.load(tmp_path / "mtdm" / STATE, weights_only=True)
    assert (before["step"], before["parts"]) == (FITTING.save_every, 2)
    shape = MTDMConfig(**json.loads((two / "mtdm" / CONFIG).read_text()))
    options = {name: getattr(shape, name) for name in ("width", "layers", "heads", "dropout")}
    practice = mtdm.MTDMTraining(batch=4, trims=1, rewordings=1)
    mtdm.train(folder, folder / "model", practice, FitConfig(**vars(FITTING)), out=tmp_path / "mtdm", **options)
    assert figures(tmp_path / "mtdm") == pytest.approx(figures(two / "mtdm"), rel=1e-5, abs=1e-5)


def test_motions_that_are_missing_are_made_again_and_settings_are_kept(folder, one, tmp_path):
    out = tmp_path / "motions"
    shutil.copytree(one / "motions", out)
    missing = sorted(out.glob("*.bvh"))[2]
    missing.unlink()
    words = ["--model", str(folder / "model"), "--file", str(folder / "prompts.txt"), "--out", str(out),
             "--batch", "2", "--steps", "2", "--formats", "npy", "bvh"]  # fmt: skip
    generate.main(words)
    assert missing.read_bytes() == (one / "motions" / missing.name).read_bytes()
    with pytest.raises(StoppedError, match=r"begun with other settings \(seed\)"):
        generate.main([*words, "--seed", "1"])
    with pytest.raises(StoppedError, match="cannot be read as text"):
        generate.main([*words, "--file", str(tmp_path / "none.txt")])
