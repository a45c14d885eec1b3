"""The table of the actions that a model can be called on."""

import json

import pytest

from mote.checkpoint import load_vocabulary
from train.data import MANIFEST
from train.evaluate_prompts import CALLED
from train.vocabulary import main

REPORT = {"settings": {}, "rows": [], "tables": {}, "groups": {}}


def test_each_called_action_has_its_prompt_its_training_clips_and_its_share(tmp_path, capsys) -> None:
    records = [
        {"action": action, "split": split}
        for action, split in (
            ("bow", "train"), ("kick", "train"), ("soccer", "train"), ("kick", "val"), ("walk", "train"),
        )
    ]  # fmt: skip
    (tmp_path / MANIFEST).write_text("\n".join(map(json.dumps, records)))
    report = tmp_path / "report.json"
    groups = {f"{CALLED}, by action": {"bow": {"action": 0.4}, "kick": {"action": 1.0}}}
    report.write_text(json.dumps(REPORT | {"groups": groups}))
    main(["--data", str(tmp_path), "--report", str(report), "--model", str(tmp_path)])
    *_, kick, bow = capsys.readouterr().out.strip().splitlines()
    assert kick == "| kick | a person kicks | 2 | 100.0 % |", "soccer is a way to kick; other splits do not count"
    assert bow == "| bow | a person bows | 1 | 40.0 % |"
    assert load_vocabulary(tmp_path) == ["a person kicks"], "what is seldom done is not offered"


def test_a_report_without_the_actions_is_refused(tmp_path, capsys) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps(REPORT))
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path), "--report", str(report)])
    assert "run train.evaluate" in capsys.readouterr().err
