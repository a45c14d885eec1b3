"""A table of figures beside their targets, as Markdown for people and as JSON for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Unit = Literal["%", "mm", "s", "x"]
_FORMATS: dict[Unit, str] = {"%": "{:.1f} %", "mm": "{:.1f} mm", "s": "{:.3f} s", "x": "{:.2f} x"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: what it is of, over how many; shares are from 0 to 1.  An `at_most` target is met from below."""

    what: str
    measured: float
    count: int
    target: float | None = None
    unit: Unit = "%"
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, or nothing was measured."""
        if self.target is None or math.isnan(self.measured):
            return None
        return self.measured <= self.target if self.at_most else self.measured >= self.target

    def cells(self) -> list[str]:
        """What, target, measured, met, count, as the table shows them."""
        target = "" if self.target is None else ("≤ " if self.at_most else "≥ ") + show(self.target, self.unit)
        met = {None: "", True: "yes", False: "no"}[self.met]
        return [self.what, target, show(self.measured, self.unit), met, str(self.count)]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The settings, the rows of the table, and a table per action of those tasks that have one."""

    settings: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    actions: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def markdown(self) -> str:
        """The whole report as one page."""
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        page = [f"# Evaluation\n\nAll figures are computed by `python -m train.evaluate` ({settings}).\n"]
        page.append(_table(["what", "target", "measured", "met", "n"], [row.cells() for row in self.rows]))
        for task, table in self.actions.items():
            rows = [
                [action, str(row["count"]), show(row["action"]), show(row["side"]), _counts(row["taken_for"])]
                for action, row in table.items()
            ]
            page.append(f"\n## {task}, by action\n")
            page.append(_table(["action", "n", "action right", "side right", "taken for"], rows))
        return "\n".join(page) + "\n"

    def write(self, folder: Path) -> None:
        """REPORT.md and report.json; a figure that could not be measured is null."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "REPORT.md").write_text(self.markdown(), encoding="utf-8")
        values = {
            "settings": self.settings,
            "rows": [asdict(row) | {"met": row.met} for row in self.rows],
            "actions": self.actions,
        }
        (folder / "report.json").write_text(json.dumps(_without_nan(values), indent=2, allow_nan=False) + "\n")


def show(value: float, unit: Unit = "%") -> str:
    """A figure with its unit; nothing where it was not measured."""
    return "" if math.isnan(value) else _FORMATS[unit].format(100 * value if unit == "%" else value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value
