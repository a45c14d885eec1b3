"""What goes wrong with a run's folder is said in a sentence, and what was saved stays."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_loop import CONFIG, KilledError, batches, figures, killed_at, loss, network

from train.data import Clips
from train.loop import fit
from train.prepare import text
from train.state import LOG, PREVIOUS, STATE
from train.storage import StoppedError, whole


@pytest.fixture
def stopped(tmp_path) -> Path:
    """The folder of a run that was killed after states of step 5 and of step 10."""
    with pytest.raises(KilledError):
        fit(network(), killed_at(13), loss, config=CONFIG, out=tmp_path)
    return tmp_path


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    """One bit of the largest tensor: between the tensors are bytes that nobody reads."""
    with zipfile.ZipFile(path) as archive:
        largest = archive.read(max(archive.infolist(), key=lambda entry: entry.file_size))
    data = bytearray(path.read_bytes())
    data[data.find(largest) + len(largest) // 2] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, flip, empty])
def test_a_damaged_state_is_named_and_the_one_before_is_used(stopped, tmp_path, damage, capsys):
    damage(stopped / STATE)
    fit(network(), batches, loss, config=CONFIG, out=stopped)
    assert f"{STATE} is damaged and was put aside: going on from the state before, of step 5" in capsys.readouterr().out
    fit(network(), batches, loss, config=CONFIG, out=tmp_path / "whole")
    assert figures(stopped) == figures(tmp_path / "whole")


def test_two_damaged_states_stop_the_run_and_stay(stopped):
    truncate(stopped / STATE)
    truncate(stopped / PREVIOUS)
    with pytest.raises(StoppedError, match=f"{STATE} and .*{PREVIOUS}: damaged. Put a copy"):
        fit(network(), batches, loss, config=CONFIG, out=stopped)
    assert (stopped / STATE).exists()


def test_a_kill_between_the_renames_leaves_the_state_before(stopped, tmp_path):
    (stopped / STATE).replace(stopped / PREVIOUS)
    fit(network(), batches, loss, config=CONFIG, out=stopped)
    assert torch.load(stopped / PREVIOUS, weights_only=True)["step"] == 20
    fit(network(), batches, loss, config=CONFIG, out=tmp_path / "whole")
    assert figures(stopped) == figures(tmp_path / "whole")


def test_half_a_row_of_the_log_is_forgotten(stopped, tmp_path):
    with (stopped / LOG).open("a") as log:
        log.write("train,13,0.")
    fit(network(), batches, loss, config=CONFIG, out=stopped)
    fit(network(), batches, loss, config=CONFIG, out=tmp_path / "whole")
    assert figures(stopped) == figures(tmp_path / "whole")


def test_a_state_of_another_network_is_told_so(stopped):
    with pytest.raises(StoppedError, match="of another network"):
        fit(torch.nn.Linear(4, 1), batches, loss, config=CONFIG, out=stopped)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_keeps_the_old_state_and_says_how_much_is_needed(stopped):
    before = (stopped / STATE).read_bytes()
    (stopped / f"fresh.{STATE}.partial").symlink_to("/dev/full")
    with pytest.raises(StoppedError, match=r"the disk is full: .* needs [\d.]+ MB and finds [\d,.]+ MB free"):
        fit(network(), batches, loss, config=CONFIG, out=stopped)
    assert (stopped / STATE).read_bytes() == before
    assert not list(stopped.glob("*.partial"))
    fit(network(), batches, loss, config=CONFIG, out=stopped)
    assert torch.load(stopped / STATE, weights_only=True)["step"] == CONFIG.steps


def test_a_loss_that_is_lost_stops_the_run_and_goes_on_with_a_lower_rate(stopped):
    def lost(model, batch, chance):
        value, parts = loss(model, batch, chance)
        return value * float("nan"), parts

    short = replace(CONFIG, patience=3)
    with pytest.raises(StoppedError, match=r"in 3 steps in a row, up to step 13, .* finite: loss\. .* lower --lr"):
        fit(network(), batches, lost, config=short, out=stopped)
    averaged = fit(network(), batches, loss, config=replace(short, lr=1e-3), out=stopped)
    assert all(weight.isfinite().all() for weight in averaged.parameters())


@pytest.mark.parametrize(
    "read", [lambda folder: Clips.load(folder, "train"), text.human, lambda folder: text.clips(folder, "val")]
)
def test_a_wrong_folder_is_told_in_a_sentence(tmp_path, read):
    with pytest.raises(StoppedError, match=f"^{tmp_path}.*: name the folder"):
        read(tmp_path)


def test_nobody_sees_a_traceback(tmp_path):
    command = [sys.executable, "-m", "train.med", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"{tmp_path} has no manifest.jsonl")


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    writing = whole(path)
    writing.__enter__().write(b"half")  # and no more: what a kill leaves
    assert path.read_bytes() == b"old"
    with whole(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
