"""Commands of `train` side by side, each on its part of the cores."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from train.state import LOG, PREVIOUS, STATE

Commands = Mapping[str, list[str]]
"""Of each command by its name: the module and its arguments."""


def run_together(commands: Commands) -> None:
    """Run commands at once; ends the program where one fails, after all have ended, and names those that did."""
    threads = str(max(1, (os.cpu_count() or 1) // len(commands)))
    running = {}
    for row, (name, command) in enumerate(commands.items()):
        print(f"--- {name}", flush=True)
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "TQDM_POSITION": str(row)}
        running[name] = subprocess.Popen([sys.executable, "-m", *command], env=environment)
    failed = [name for name, process in running.items() if process.wait()]
    if failed:
        sys.exit(f"failed: {' and '.join(failed)}; the same command goes on from there once the cause is mended")


def run_once(commands: Commands, done: Path) -> None:
    """Run commands, as many at once as there are cores, but not those that a run before has done: `done` remembers."""
    done.mkdir(parents=True, exist_ok=True)
    left = [name for name in commands if not (done / name).exists()]
    cores = os.cpu_count() or 1
    for start in range(0, len(left), cores):
        names = left[start : start + cores]
        run_together({name: commands[name] for name in names})
        for name in names:
            (done / name).touch()


def gather(model: Path, parts: Mapping[str, Path]) -> None:
    """Give the folder of a model a copy of each part, from the folder of its training, without what only that needs."""
    for part, source in parts.items():
        shutil.copytree(
            source,
            model / part,
            ignore=shutil.ignore_patterns(f"*{STATE}", PREVIOUS, LOG, "teacher"),
            dirs_exist_ok=True,
        )
