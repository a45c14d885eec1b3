"""Pictures of what several reports measured."""

import json

import pytest
from matplotlib.image import imread

from train.plots import draw, main, read_settings, varying
from train.report import Report, Row


def report(steps: int, motion: float, measured: float) -> Report:
    return Report(
        settings={"steps": steps, "guidance": (motion, 7.0), "split": "val"},
        rows=[
            Row(what="joint: both agree", measured=measured, count=9, least=0.8),
            Row(what="MED: error", measured=float("nan"), count=9, unit="mm"),
        ],
    )


def test_the_settings_that_differ_are_found() -> None:
    every = [read_settings(report(steps, motion, 0.5)) for steps, motion in ((5, 7.5), (20, 7.5), (20, 4.0))]
    assert varying(every) == ["steps", "guidance of motion"]


def test_a_picture_for_each_figure_and_setting(tmp_path) -> None:
    paths = draw([report(5, 7.5, 0.5), report(20, 7.5, 0.7), report(20, 4.0, 0.9)], tmp_path)
    assert {path.name for path in paths} == {
        "joint-both-agree-over-steps.png", "joint-both-agree-over-guidance-of-motion.png",
    }  # fmt: skip
    for path in paths:
        assert imread(path)[..., :3].std() > 0.01, "something is drawn"


def test_what_evaluate_writes_can_be_drawn(tmp_path, capsys) -> None:
    for steps in (5, 20):
        row = Row(what="agree", measured=steps / 40, count=3)
        Report(settings={"steps": steps, "guidance": (1.0, 1.0)}, rows=[row]).write(tmp_path / str(steps))
    reports = [str(tmp_path / str(steps) / "report.json") for steps in (5, 20)]
    assert json.loads((tmp_path / "5" / "report.json").read_text())["settings"]["steps"] == 5
    main(["--reports", *reports, "--out", str(tmp_path / "pictures")])
    assert capsys.readouterr().out.strip() == str(tmp_path / "pictures" / "agree-over-steps.png")


def test_a_setting_that_an_older_report_lacks_is_drawn_from_the_others(tmp_path) -> None:
    reports = [report(steps, 7.5, 0.5) for steps in (5, 10, 20)]
    for number, other in enumerate(reports[1:]):
        other.settings.update(tokens=4 + number, steps=20)
    names = [path.name for path in draw(reports, tmp_path)]
    assert names == ["joint-both-agree-over-tokens.png"]


def test_reports_that_differ_in_nothing_are_refused_in_one_sentence(tmp_path) -> None:
    Report(settings={"steps": 5, "guidance": (1.0, 1.0)}).write(tmp_path)
    with pytest.raises(SystemExit, match="no setting differs"):
        main(["--reports", str(tmp_path / "report.json"), "--out", str(tmp_path)])
