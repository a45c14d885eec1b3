"""The ablations: what is run, once each, and the page of what the reports say."""

from argparse import Namespace
from pathlib import Path

import pytest

from train.ablations import APART, STUDIES, commands, gather_variants, section, write_page
from train.report import Report, Row
from train.state import STATE


@pytest.fixture
def options(tmp_path) -> Namespace:
    paths = {name: tmp_path / name for name in ("raw", "data", "model", "evaluator", "out")}
    return Namespace(**paths, matching=None, steps=40, med_steps=10, writer_steps=5)


def every_report(options) -> list[list[str]]:
    of_given, _, _, of_variants, _ = commands(options)
    return [*(of_given | of_variants).values()]


def test_every_run_has_its_report_and_every_variant_its_models(options):
    of_given, meds, denoisers, of_variants, writers = commands(options)
    reports = of_given | of_variants
    assert {name: command[command.index("--tokens") + 1] for name, command in meds.items()} == {
        f"med-{tokens}": str(tokens) for tokens in (1, 2, 4, 6, 8)
    }
    assert len(denoisers) == 5 + 3
    assert APART.name in denoisers
    assert writers.keys() == {"ted-gpt2", "ted-t5"}
    names = {f"report-{run.name}" for study in STUDIES for run in study.runs.values()}
    assert set(reports) == names
    assert all(command[command.index("--split") + 1] == "val" for command in reports.values())
    given = [command for command in reports.values() if command[command.index("--model") + 1] == str(options.model)]
    assert given == [*of_given.values()], "they need no training, and come first"
    assert len(given) == 5 + 5 + 4 - 2, "the settings of the app are measured once for three studies"
    unguided = next(command for command in given if command[command.index("--guidance") + 2] == "1")
    assert unguided[unguided.index("--parts") + 1 :] == ["motion-to-text", "captions"], "no motion hangs on it"


def test_the_matching_networks_are_asked_where_they_are_given(options):
    plain = every_report(options)
    options.matching = Path("networks")
    for without, command in zip(plain, every_report(options), strict=True):
        assert "matching" not in without
        assert command[command.index("--matching") + 1] == "networks"
        assert "matching" in command


def test_variants_share_one_ted_and_take_no_training_state(tmp_path):
    for folder in ("ted", *(f"med-{tokens}" for tokens in (1, 2, 4, 6, 8))):
        (tmp_path / folder / "teacher").mkdir(parents=True)
        for name in ("config.json", STATE):
            (tmp_path / folder / name).write_text(folder)
    gather_variants(tmp_path, tmp_path / "ted")
    assert (tmp_path / "1-in-context" / "med" / "config.json").read_text() == "med-1"
    assert (tmp_path / "8-none" / "ted" / "config.json").read_text() == "ted"
    assert not [*(tmp_path / "8-none").rglob(STATE), *(tmp_path / "8-none").rglob("teacher")]


def test_the_page_has_the_studies_whose_reports_are_there(options, tmp_path):
    options.page, options.pictures = tmp_path / "PAGE.md", tmp_path / "pictures"
    for study in STUDIES[3:]:
        for run in study.runs.values():
            row = Row(
                what=study.figures.get("CIDEr", "jitter"), measured=run.steps * run.guidance[1], count=9, unit="x"
            )
            settings = {"steps": run.steps, "guidance": run.guidance}
            Report(settings=settings, rows=[row]).write(options.out / "reports" / run.name)
    write_page(options, done=False)
    heads = [line for line in options.page.read_text().splitlines() if line.startswith("#")]
    assert heads == ["# Ablations", "## Guidance of the text", "## Steps"]


def test_a_section_shows_what_the_reports_have(tmp_path):
    [study] = [study for study in STUDIES if study.title == "Steps"]
    reports = {}
    for name, run in study.runs.items():
        rows = [
            Row(what=study.figures["motion: action and side"], measured=run.steps / 100, count=9),
            Row(what=study.figures["jitter"], measured=float("nan"), count=9, unit="x"),
        ]
        reports[name] = Report(settings={"steps": run.steps, "guidance": run.guidance}, rows=rows)
    text = section(study, reports, tmp_path / "PAGE.md", tmp_path / "pictures")
    assert text.splitlines()[:5] == [
        "## Steps", "", "|  | motion: action and side | jitter |", "| --- | --- | --- |", "| 5 | 5.0 % |  |",
    ]  # fmt: skip
    [picture] = (tmp_path / "pictures").iterdir()
    assert f'src="pictures/{picture.name}"' in text
