"""A picture per figure over each setting that differs among some reports: guidance, steps, tokens.

Run as `python -m train.plots --reports RUNS/*/report.json --out PICTURES`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections import defaultdict
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mote.pipeline import GUIDANCE
from train.command import command
from train.report import Report, Row, in_unit

Settings = dict[str, Any]


def read_settings(report: Report) -> Settings:
    """The settings of a report, guidance as one of each side; that of given sides, where each task had its own."""
    settings = dict(report.settings)
    settings["guidance of motion"], settings["guidance of text"] = settings.pop("guidance") or GUIDANCE
    return settings


def varying(reports: Sequence[Settings]) -> list[str]:
    """The settings that not all reports share."""
    names = dict.fromkeys(name for settings in reports for name in settings)
    return [name for name in names if len({settings.get(name) for settings in reports}) > 1]


def draw(reports: Sequence[Report], out: Path, wanted: Container[str] | None = None) -> list[Path]:
    """Draw every figure that two reports or more have, as `<what>-over-<setting>.png`, and return the paths.

    `wanted` names the figures by their rows; None is all of them.

    Reports that differ in one setting alone make a line; each line says what else sets it apart.
    """
    every = [read_settings(report) for report in reports]
    differing = varying(every)
    found: dict[tuple[str, str], dict[str, list[tuple[Any, float]]]] = defaultdict(lambda: defaultdict(list))
    about: dict[str, Row] = {}
    for settings, report in zip(every, reports, strict=True):
        for row in report.rows:
            if math.isnan(row.measured) or (wanted is not None and row.what not in wanted):
                continue
            about[row.what] = row
            for name in settings.keys() & differing:
                rest = ", ".join(f"{other} {settings.get(other)}" for other in differing if other != name)
                found[row.what, name][rest].append((settings[name], row.measured))
    out.mkdir(parents=True, exist_ok=True)
    return [
        _picture(about[what], name, lines, out)
        for (what, name), lines in found.items()
        if any(len(points) > 1 for points in lines.values())
    ]


def _picture(row: Row, name: str, lines: dict[str, list[tuple[Any, float]]], out: Path) -> Path:
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.add_subplot()
    for label, points in lines.items():
        if len(points) > 1:
            places, values = zip(*sorted(points), strict=True)
            axes.plot(places, [in_unit(value, row.unit) for value in values], marker="o", label=label)
    for bound in (row.least, row.most):
        if bound is not None:
            axes.axhline(in_unit(bound, row.unit), color="0.5", linestyle="--", label="target")
    axes.set_title(row.what, fontsize="small", wrap=True)
    axes.set_xlabel(name)
    axes.set_ylabel(row.unit)
    if any(axes.get_legend_handles_labels()[1]):
        axes.legend(fontsize="x-small")
    path = out / f"{_name(row.what)}-over-{_name(name)}.png"
    figure.savefig(path, dpi=150)
    return path


def _name(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


@command
def main(arguments: Sequence[str] | None) -> None:
    """Read the reports and print the paths of the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="report.json of two runs or more")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    options = parser.parse_args(arguments)
    drawn = draw([Report.read(path) for path in options.reports], options.out)
    if not drawn:
        sys.exit("no setting differs among these reports: evaluate with other --steps, --guidance or another model")
    print("\n".join(map(str, drawn)))


if __name__ == "__main__":
    main()
