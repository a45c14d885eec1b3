"""A training and a preparation that are killed (SIGKILL) at random moments lose nothing that was saved."""

import csv
import multiprocessing
import random
import sys
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch import nn

from mote.files import write
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from train.loop import FitConfig, fit
from train.prepare import __main__ as preparation
from train.state import LOG

CONFIG = FitConfig(lr=1e-2, steps=60, warmup=4, log_every=1, save_every=3, validate_every=20, precision="fp32")
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["train.loop", "train.prepare.__main__"])
KILLS = [3, pytest.param(20, marks=pytest.mark.slow)]


def train(out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 256), nn.Dropout(0.3), nn.Tanh(), nn.Linear(256, 1))

    def loss(model, batch, chance):
        noise = 0.1 * torch.randn(len(batch), 1, generator=chance)
        return (model(batch + noise) - batch.sum(dim=1, keepdim=True)).square().mean(), {"noise": noise.mean().item()}

    def validate(model):
        return {"answer": model(torch.ones(1, 4)).item()}

    fit(model, lambda _, chance: torch.randn(8, 4, generator=chance), loss, config=CONFIG, out=out, validate=validate)


def prepare(raw: Path, out: Path) -> None:
    multiprocessing.set_start_method("fork", force=True)  # as the command has it; a server of its own would be slow
    with patch.object(sys, "argv", ["prepare", "--data", str(raw), "--out", str(out)]):
        preparation.main()


def run(work, *arguments, seconds: float | None = None) -> int | None:
    """The exit code of some work in a process of its own, which is killed after so many seconds."""
    process = SERVER.Process(target=work, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode


def lasting(work, *arguments) -> float:
    """How long it takes unbroken, in seconds, once the server has imported what is needed."""
    run(int)
    start = time.monotonic()
    assert run(work, *arguments) == 0
    return time.monotonic() - start


def losses(out: Path) -> list[tuple[str, ...]]:
    """All that was logged but the seconds."""
    with (out / LOG).open(newline="") as file:
        return [(kind, step, figure, value) for kind, step, _, figure, value in csv.reader(file)]


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_training_goes_on_to_the_same_losses(tmp_path, kills):
    whole, chance, killed, broken = tmp_path / "whole", random.Random(kills), 0, []
    seconds = lasting(train, whole)
    expected = losses(whole)
    while killed < kills:
        out = tmp_path / f"killed-{len(broken)}"
        killed += run(train, out, seconds=chance.uniform(0, seconds)) == -9
        broken.append(out)
        assert run(train, out) == 0
        assert losses(out) == expected, f"after {killed} kills"
    print(f"killed {killed}, resumed {killed}")


@pytest.fixture
def raw(tmp_path) -> Path:
    joints = np.zeros((60, 22, 3))
    for joint, parent in enumerate(HUMANML3D.parents):
        joints[:, joint] = (joints[:, parent] if parent >= 0 else 0) + HUMANML3D.offsets[joint]
    joints[..., 1] -= joints[..., 1].min()
    for number in range(16):
        folder = tmp_path / "raw" / "bandai-namco"
        folder.mkdir(parents=True, exist_ok=True)
        path = joints + [0, 0, 1] * np.linspace(0, 1 + number / 4, len(joints))[:, None, None]
        write(Motion(path), folder / f"dataset-1_walk_active_{number:03d}.bvh")
    return tmp_path / "raw"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_preparation_is_taken_up_again(tmp_path, raw, kills):
    seconds, chance = lasting(prepare, raw, tmp_path / "whole"), random.Random(kills)
    expected = files(tmp_path / "whole")
    assert len(expected) == 2 * 16 + 1 + 3, "features and records, the manifest, packed splits"
    for number in range(kills):
        out = tmp_path / f"killed-{number}"
        run(prepare, raw, out, seconds=chance.uniform(0, seconds))
        assert run(prepare, raw, out) == 0
        assert files(out) == expected
