"""A table of figures beside their targets, as Markdown for people and as JSON for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from train.metrics_motion import Repeated
from train.storage import reason

JSON = "report.json"
Unit = Literal["%", "mm", "s", "x", ""]
_FORMATS: dict[Unit, str] = {"%": "{:.1f} %", "mm": "{:.1f} mm", "s": "{:.3f} s", "x": "{:.2f} x", "": "{:.3f}"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: what it is of, over how many; shares are from 0 to 1.  The target is from `least` to `most`."""

    what: str
    measured: float
    count: int
    least: float | None = None
    most: float | None = None
    unit: Unit = "%"

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, or nothing was measured."""
        if (self.least is None and self.most is None) or math.isnan(self.measured):
            return None
        above = self.least is None or self.measured >= self.least
        return above and (self.most is None or self.measured <= self.most)

    @property
    def target(self) -> str:
        """The target as the table shows it."""
        least, most = ("" if bound is None else show(bound, self.unit) for bound in (self.least, self.most))
        return f"{least} to {most}" if least and most else f"≥ {least}" if least else f"≤ {most}" if most else ""

    def cells(self) -> list[str]:
        """What, target, measured, met, count, as the table shows them."""
        met = {None: "", True: "yes", False: "no"}[self.met]
        return [self.what, self.target, show(self.measured, self.unit), met, str(self.count)]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The settings, the rows of the table, tables of repeated figures, and a table per action or style of a task."""

    settings: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    tables: dict[str, dict[str, dict[str, Repeated]]] = field(default_factory=dict)
    """Of each table by its title: of each row by its name: the figure of each column."""
    groups: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def markdown(self) -> str:
        """The whole report as one page."""
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items() if value is not None)
        page = [f"# Evaluation\n\nAll figures are computed by `python -m train.evaluate` ({settings}).\n"]
        page.append(table(["what", "target", "measured", "met", "n"], [row.cells() for row in self.rows]))
        for title, named in self.tables.items():
            columns = list(dict.fromkeys(column for row in named.values() for column in row))
            cells = [[name, *(str(row.get(column, "")) for column in columns)] for name, row in named.items()]
            page.append(f"\n## {title}\n")
            page.append(table(["", *columns], cells))
        for task, group in self.groups.items():
            rows = [
                [
                    name,
                    str(row["count"]),
                    *(show(row[part]) for part in ("action", "side", "style")),
                    _counts(row["taken_for"]),
                ]
                for name, row in group.items()
            ]
            page.append(f"\n## {task}\n")
            page.append(table(["", "n", "action right", "side right", "style right", "taken for"], rows))
        return "\n".join(page) + "\n"

    @classmethod
    def read(cls, path: Path) -> "Report":
        """The report.json that `write` wrote.

        Raises:
            ValueError: the file is no such report.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            rows = [{name: value for name, value in row.items() if name != "met"} for row in values["rows"]]
            return cls(
                settings=values["settings"],
                rows=[
                    Row(**row | {"measured": math.nan if row["measured"] is None else row["measured"]}) for row in rows
                ],
                tables={
                    title: {name: {c: Repeated(**figure) for c, figure in row.items()} for name, row in table.items()}
                    for title, table in values["tables"].items()
                },
                groups=values["groups"],
            )
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ValueError(f"{path} is no report of train.evaluate: {reason(error)}") from error

    def add(self, other: "Report") -> None:
        """The rows and tables of another report in the place of those of the same names, the rest at the end.

        Raises:
            ValueError: the other was made with other settings, or of another model.
        """
        if differing := [
            name for name in self.settings | other.settings if self.settings.get(name) != other.settings.get(name)
        ]:
            raise ValueError(f"the reports differ in {', '.join(differing)}")
        places = {row.what: place for place, row in enumerate(self.rows)}
        for row in other.rows:
            if row.what in places:
                self.rows[places[row.what]] = row
            else:
                self.rows.append(row)
        self.tables.update(other.tables)
        self.groups.update(other.groups)

    def write(self, folder: Path) -> None:
        """REPORT.md and report.json; a figure that could not be measured is null."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "REPORT.md").write_text(self.markdown(), encoding="utf-8")
        values = {
            "settings": self.settings,
            "rows": [asdict(row) | {"met": row.met} for row in self.rows],
            "tables": {
                title: {name: {column: asdict(figure) for column, figure in row.items()} for name, row in table.items()}
                for title, table in self.tables.items()
            },
            "groups": self.groups,
        }
        (folder / JSON).write_text(json.dumps(_without_nan(values), indent=2, allow_nan=False) + "\n")


def in_unit(value: float, unit: Unit) -> float:
    """A figure as its unit counts it: shares in hundredths."""
    return 100 * value if unit == "%" else value


def show(value: float | None, unit: Unit = "%") -> str:
    """A figure with its unit; nothing where it was not measured, which JSON tells as null."""
    return "" if value is None or math.isnan(value) else _FORMATS[unit].format(in_unit(value, unit))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
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
