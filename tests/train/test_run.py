"""All stages by one command."""

import time

from train.run import PHASES, SHARES, commands, run_together


def test_every_stage_runs_once_and_the_phases_fill_the_time(tmp_path):
    every = commands(tmp_path / "raw", tmp_path / "out", 100, [])
    assert [stage for phase in PHASES for stage in phase] == list(every)
    assert abs(sum(max(SHARES.get(stage, 0) for stage in phase) for phase in PHASES) - 1) < 1e-9
    minutes = {stage: command[command.index("--minutes") + 1] for stage, command in every.items() if stage in SHARES}
    assert minutes == {stage: f"{100 * share:g}" for stage, share in SHARES.items()}


def test_stages_of_a_phase_run_side_by_side_and_those_that_failed_are_named(tmp_path, monkeypatch):
    (tmp_path / "sleeper.py").write_text("import sys, time; time.sleep(1.5); sys.exit(int(sys.argv[1]))")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    start = time.monotonic()
    assert run_together({"good": ["sleeper", "0"], "bad": ["sleeper", "3"]}) == ["bad"]
    assert time.monotonic() - start < 2.9
