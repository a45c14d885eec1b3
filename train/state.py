"""What a run leaves in its folder to go on from: its last two states, and the log of its figures."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from train.engine import engine, is_main
from train.storage import StoppedError, room, whole

STATE, PREVIOUS, LOG = "training_state.pt", "training_state.previous.pt", "log.csv"
COLUMNS = ("kind", "step", "seconds", "figure", "value")


@dataclass
class Progress:
    """How far a run is: steps, the batches that make one of them, seconds of training, and those that the main process
    worked, on all its cores together."""

    step: int
    seconds: float
    parts: int
    worked: float = 0.0


class History:
    """The states and the log in a run's folder. The main process writes them, and all read them."""

    def __init__(self, out: Path, model: nn.Module, average: AveragedModel, optimiser: torch.optim.Optimizer) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.out = out
        self.saved: int | None = None
        self.logged: set[tuple[str, int]] = set()
        self.holders: dict[str, Any] = {"model": model, "average": average, "optimiser": optimiser}

    def save(self, progress: Progress) -> None:
        """Write a state beside the last, which then becomes the one before: at any moment at least one is whole.

        Raises:
            StoppedError: the disk is full; the states that are there stay.
        """
        if not is_main() or progress.step == self.saved:
            return
        state = {name: holder.state_dict() for name, holder in self.holders.items()} | vars(progress)
        last, fresh = self.out / STATE, self.out / f"fresh.{STATE}"
        with whole(fresh, size=_size(state)) as file:
            torch.save(state, file)
        if last.exists():
            last.replace(self.out / PREVIOUS)
        fresh.replace(last)
        self.saved = progress.step

    def resume(self, parts: int) -> Progress:
        """Take up the last state that is whole, and forget what was logged after it; `parts` is for a new run.

        Raises:
            StoppedError: all states are damaged, or they are of another network.
        """
        paths = [path for name in (STATE, PREVIOUS) if (path := self.out / name).exists()]
        damaged = []
        progress = Progress(0, 0.0, parts)
        for path in paths:
            state = self._read(path)
            if state is not None:
                progress = self._take(path, state, parts)
                self.saved = progress.step
                break
            damaged.append(path)
        names = " and ".join(str(path) for path in damaged)
        if damaged and damaged == paths:
            raise StoppedError(f"{names}: damaged. Put a copy in its place, or delete it to begin anew")
        engine().wait_for_everyone()  # all have read
        if is_main():
            for path in damaged:
                path.replace(path.with_name(f"damaged.{path.name}"))
                print(f"{path} is damaged and was put aside: going on from the state before, of step {progress.step}")
            self._forget(progress.step)
        return progress

    def _read(self, path: Path) -> dict[str, Any] | None:
        """A state; None where it is damaged: torch does not look at the sums that its own files have."""
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is not None:
                    return None
        except (zipfile.BadZipFile, EOFError):
            return None
        return torch.load(path, map_location="cpu", weights_only=True)  # whoever takes a part moves it

    def _take(self, path: Path, state: dict[str, Any], parts: int) -> Progress:
        try:
            for name, holder in self.holders.items():
                holder.load_state_dict(state[name])
            return Progress(state["step"], state["seconds"], state.get("parts", parts), state.get("worked", 0.0))
        except (RuntimeError, ValueError, KeyError) as error:
            raise StoppedError(
                f"{path} is of another network or of other options: name another --out, or delete it to begin anew "
                f"({' '.join(str(error).split())[:200]})"
            ) from error

    def log(self, kind: str, progress: Progress, figures: dict[str, float]) -> None:
        """Write one row a figure, so that every stage shares the same columns; what a step has already stays.

        Raises:
            StoppedError: the disk is full.
        """
        if not is_main() or (kind, progress.step) in self.logged:
            return
        self.logged.add((kind, progress.step))
        path = self.out / LOG
        before = [[kind, progress.step, f"{progress.seconds:.1f}"]] * len(figures)
        rows = [[*row, name, f"{value:.6g}"] for row, (name, value) in zip(before, figures.items(), strict=True)]
        with room(path), path.open("a", newline="") as file:
            file.write(_csv(rows if path.stat().st_size else [COLUMNS, *rows]))

    def _forget(self, step: int) -> None:
        """Keep the log's whole rows up to a step: a killed run may have logged more than it saved."""
        path = self.out / LOG
        if not path.exists():
            return
        *lines, _ = path.read_text(encoding="utf-8").split("\n")  # behind the last line's end is nothing, or half a row
        rows = [row for row in csv.reader(lines) if len(row) == len(COLUMNS)]
        kept = [row for row in rows if row[1] != COLUMNS[1] and int(row[1]) <= step]
        self.logged = {(row[0], int(row[1])) for row in kept}
        with whole(path) as file:
            file.write(_csv([COLUMNS, *kept]).encode())


def _csv(rows: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _size(state: Any) -> int:
    """Bytes of all tensors of a state."""
    if isinstance(state, Tensor):
        return state.nbytes
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list) else ()
    return sum(map(_size, parts))
