"""How fast each stage trains here and what it needs, and what larger sets would: `python -m train.speed`.

Every stage of `train.run` trains for a moment, one after another, on a part of the data; the seconds of a step and the
largest memory are measured.  On a CPU that others share, the time that they had is taken out of the seconds.  What
larger sets need is reckoned from that: so many passes over more clips, on this machine, and what the prepared form and
a training state take on disk.

`python -m train.speed --data RAW --prepared PREPARED --out FOLDER`
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from mote.motion.skeleton import HUMANML3D
from train.command import command
from train.data import MANIFEST, Split, read_manifest
from train.report import table
from train.run import commands
from train.state import STATE
from train.storage import StoppedError

STAGES = ("med", "ted", "claims", "denoiser", "refined", "decoder", "retrieval")
BATCH = {"med": 32, "claims": 128, "denoiser": 64, "refined": 32, "retrieval": 192}
"""Clips of a step, of the stages whose steps grow with the clips; the others learn sentences."""
PARTS = {"med": "med", "ted": "ted", "claims": "claims", "denoiser": "mtdm", "refined": "mtdm"}
"""The part of a model that stands in for a stage that is left out."""
SHORTER = {"ted": ["--checked", "8"]}
"""Options of stages that spare what training itself does not need: a beam search over hundreds of sentences."""
SETS = {"HumanML3D": (14_616, 28.59), "100 times HumanML3D": (1_461_600, 2859.0)}
"""Motions and hours of them, as Guo et al. 2022 count (table 1); mirror images are made in training."""


@dataclass(frozen=True)
class Measured:
    """One stage: steps that were done, seconds of them and of all else, most of it before, MB of memory and of its
    state; and the cores that it had, on average, of a machine that others may share."""

    stage: str
    steps: int
    seconds: float
    before: float
    cores: float
    memory: float
    state: float

    @property
    def a_step(self) -> float:
        """Seconds; on a CPU without the time in which others had it."""
        alone = 1.0 if torch.accelerator.is_available() else min(1.0, self.cores / torch.get_num_threads())
        return self.seconds / self.steps * alone


def part_of(prepared: Path, out: Path, clips: int) -> Path:
    """A folder with so many training clips of a prepared set, and a few of the other splits, spread over it."""
    kept = []
    counts: dict[Split, int] = {"train": clips, "val": max(40, clips // 10), "test": 40}
    for split, count in counts.items():
        rows = read_manifest(prepared, split)
        kept += rows[:: max(1, len(rows) // count)][:count]
    out.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST).write_text("".join(f"{json.dumps(record)}\n" for record in kept), encoding="utf-8")
    for place in prepared.iterdir():
        if place.is_dir() and not (out / place.name).exists():
            (out / place.name).symlink_to(place.resolve(), target_is_directory=True)
    return out


def measure(stage: str, command: list[str], out: Path) -> Measured:
    """Run a stage's command and read its state.

    Raises:
        StoppedError: the command failed.
    """
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", *command])
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.monotonic() - start
    if status:
        raise StoppedError(f"{stage} failed: python -m {' '.join(command)}")
    state = torch.load(out / STATE, map_location="cpu", weights_only=True)
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    size = (out / STATE).stat().st_size / 1e6
    cores = state["worked"] / state["seconds"]
    return Measured(stage, state["step"], state["seconds"], whole - state["seconds"], cores, memory, size)


def page(found: Sequence[Measured], prepared: Path, clips: int, passes: int) -> str:
    """What was measured, and what is reckoned from it, as two tables."""
    head = ["stage", "steps done", "s a step", "undisturbed", "s before", "cores had", "memory, MB", "a state, MB"]
    rows = [
        [one.stage, str(one.steps), f"{one.seconds / one.steps:.3f}", f"{one.a_step:.3f}", f"{one.before:.0f}",
         f"{one.cores:.2f}", f"{one.memory:,.0f}", f"{one.state:,.1f}"]
        for one in found
    ]  # fmt: skip
    records = read_manifest(prepared)
    hours = sum(record["frames"] for record in records) / HUMANML3D.fps / 3600
    disk = sum(path.stat().st_size for path in prepared.rglob("*") if path.is_file()) / 1e6
    features = sum(path.stat().st_size for path in (prepared / "features").rglob("*.npy")) / 1e6
    sets = {"this one": (len(records), hours), **SETS}
    reckoned = []
    for name, (count, length) in sets.items():
        took = [f"{passes * count / BATCH[one.stage] * one.a_step / 3600:,.1f}" for one in found if one.stage in BATCH]
        sizes = [f"{size / hours * length:,.0f}" for size in (disk, features)]
        reckoned.append([name, f"{count:,}", f"{length:,.1f}", *sizes, *took])
    stages = [f"{one.stage}, h" for one in found if one.stage in BATCH]
    columns = ["set", "clips", "hours of motion", "disk, MB", "features in memory, MB", *stages]
    return "\n".join(
        [
            f"Measured on {_machine()}, on {clips} training clips:\n",
            table(head, rows),
            f"\nReckoned for {passes} passes over the clips, all on this machine, one process:\n",
            table(columns, reckoned),
        ]
    )


def _machine() -> str:
    where = torch.accelerator.current_accelerator()
    name = torch.cuda.get_device_name() if where and where.type == "cuda" else "no accelerator"
    return f"{os.cpu_count()} cores, {torch.get_num_threads()} of them used, {name}, PyTorch {torch.__version__}"


@command
def main(arguments: Sequence[str] | None) -> None:
    """Measure, and print the page; speed.json keeps the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="RAW of train.run: its captions are read")
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--clips", type=int, default=300, help="for training (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=0.5, help="of each stage (default: %(default)s)")
    parser.add_argument("--passes", type=int, default=100, help="over the clips, to be reckoned (default: %(default)s)")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES, help="(default: all)")
    model = Path("checkpoints/mote-open")
    parser.add_argument("--model", type=Path, default=model, help="its parts stand in for stages that are left out")
    options = parser.parse_args(arguments)
    stages = options.out / "stages"
    stand_ins = {stage: options.model / part for stage, part in PARTS.items() if stage not in options.stages}
    for stage, source in {**stand_ins, "mtdm": stages / "refined"}.items():
        if not (stages / stage).is_symlink() and not (stages / stage).exists():
            stages.mkdir(parents=True, exist_ok=True)
            (stages / stage).symlink_to(source.absolute(), target_is_directory=True)
    part_of(options.prepared, options.out / "prepared", options.clips)
    every = commands(options.data, options.out, options.minutes, [])
    kept = options.out / "speed.json"
    found = {one["stage"]: Measured(**one) for one in json.loads(kept.read_text())} if kept.exists() else {}
    for stage in options.stages:
        if stage not in found:
            found[stage] = measure(
                stage,
                [*every[stage], "--minutes", str(options.minutes), *SHORTER.get(stage, [])],
                options.out / "stages" / stage,
            )
            kept.write_text(json.dumps([asdict(one) for one in found.values()], indent=2) + "\n")
    print(page([found[stage] for stage in options.stages], options.prepared, options.clips, options.passes))


if __name__ == "__main__":
    main()
