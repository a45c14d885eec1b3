"""All stages by one command."""

from train.run import PHASES, SHARES, commands


def test_every_stage_runs_once_and_the_phases_fill_the_time(tmp_path):
    every = commands(tmp_path / "raw", tmp_path / "out", 100, [])
    assert [stage for phase in PHASES for stage in phase] == list(every)
    assert abs(sum(max(SHARES.get(stage, 0) for stage in phase) for phase in PHASES) - 1) < 1e-9
    minutes = {stage: command[command.index("--minutes") + 1] for stage, command in every.items() if stage in SHARES}
    assert minutes == {stage: f"{100 * share:g}" for stage, share in SHARES.items()}
