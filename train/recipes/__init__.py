"""The paper's tables as recipes: a TOML file each, with what is trained and evaluated, and what is published.

A recipe names the set that `--data` holds (`layout`), options of the stages by their names (`[med]` are those of
`train.med`, and so on), and the columns of its table.  A column changes some of these options and has the published
figures under the names of FIGURES; a figure that is not known to us is left out, and its cell stays empty.  `base` is a
recipe whose options hold where a recipe has none of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from train.evaluate_protocol import MOTION_TABLE, REFERENCE_TABLE, TEXT_TABLE
from train.metrics_motion import PRECISION, SCORES
from train.report import JSON, Report, table

Stage = Literal["med", "ted", "mtdm", "evaluate"]
Options = Mapping[str, Any]

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))

TRACKS, METRICS = ("raw", "lemmatised"), ("Bleu-1", "Bleu-4", "ROUGE-L", "CIDEr", "BERTScore")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Where a figure stands in the report: table, column, and row, which is that of the real clips or of what is
    generated where it has none of its own.  Shares of captions' metrics are published as hundredths.
    """

    table: str
    column: str
    row: str | None = None
    hundredths: bool = False

    def ours(self, report: Report, *, real: bool) -> str:
        """The figure of a report as a cell; empty where it has none."""
        row = ("real" if real else "generated") if self.row is None else "" if real else self.row
        found = report.tables.get(self.table, {}).get(row, {}).get(self.column)
        return "" if found is None else f"{100 * found.mean:.1f}" if self.hundredths else str(found)

    def published(self, value: float | None) -> str:
        """The published figure as a cell; empty where it is not known."""
        return "" if value is None else f"{value:.1f}" if self.hundredths else f"{value:.3f}"


FIGURES = {
    **{name: Figure(table=MOTION_TABLE, column=name) for name in (*SCORES, "MultiModality")},
    **{f"captions: {name}": Figure(table=TEXT_TABLE, column=name) for name in (*PRECISION, "MM-Dist")},
    **{
        f"captions, {track}: {name}": Figure(table=REFERENCE_TABLE, row=track, column=name, hundredths=True)
        for track in TRACKS
        for name in METRICS
    },
}
"""The rows of every table."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What one column is of: the real clips, or a model trained and evaluated with some options changed."""

    name: str
    real: bool = False
    med: Options = field(default_factory=dict)
    ted: Options = field(default_factory=dict)
    mtdm: Options = field(default_factory=dict)
    evaluate: Options = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)

    def name_of(self, kind: str, *stages: Stage) -> str:
        """What is made of these stages, the same for columns that change them alike: `med`, `med-4`."""
        changes = [str(value) for stage in stages for value in getattr(self, stage).values()]
        return "-".join([kind, *changes]).translate(str.maketrans("[], ", "_" * 4))

    @property
    def model(self) -> str:
        """The name of its model."""
        return self.name_of("model", "med", "ted", "mtdm")

    @property
    def report(self) -> str:
        """The name of its report."""
        return self.name_of("report", *get_args(Stage))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One table of the paper."""

    title: str
    layout: Literal["humanml3d", "kit-ml"]
    source: str
    columns: tuple[Column, ...]
    options: Mapping[Stage, Options]

    def of(self, column: Column, stage: Stage) -> list[str]:
        """The words of a command that give a stage its options in a column."""
        words = []
        for name, value in {**self.options[stage], **getattr(column, stage)}.items():
            values = value if isinstance(value, list) else [value]
            words += [f"--{name.replace('_', '-')}", *map(str, values)]
        return words

    def markdown(self, reports: Path) -> str:
        """The table, ours from the reports in a folder."""
        page = [f"# {self.title}\n", f"{self.source}\n"]
        head, cells = [""], [[name] for name in FIGURES]
        for column in self.columns:
            head += [f"{column.name}: published", f"{column.name}: ours"]
            path = reports / column.report / JSON
            report = Report.read(path) if path.exists() else Report(settings={})
            for row, (name, figure) in zip(cells, FIGURES.items(), strict=True):
                row += [figure.published(column.published.get(name)), figure.ours(report, real=column.real)]
        page.append(table(head, cells))
        return "\n".join(page) + "\n"


def read(name: str) -> Recipe:
    """The recipe of a name."""
    values = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    base = read(values["base"]).options if "base" in values else {}
    return Recipe(
        title=values["title"],
        layout=values["layout"],
        source=values["source"],
        columns=tuple(Column(**column) for column in values["column"]),
        options={stage: {**base.get(stage, {}), **values.get(stage, {})} for stage in get_args(Stage)},
    )
