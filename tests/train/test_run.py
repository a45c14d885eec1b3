"""All stages by one command."""

from pathlib import Path

import pytest

from train.run import ONWARD, SCRATCH, commands, keep_autoencoders


@pytest.mark.parametrize(("plan", "start"), [(SCRATCH, None), (ONWARD, Path("trained"))])
def test_every_stage_runs_once_and_the_phases_fill_the_time(tmp_path, plan, start):
    every = commands(tmp_path / "raw", tmp_path / "out", 100, [], start)
    assert [stage for phase in plan.phases for stage in phase] == list(every)
    assert abs(sum(max(plan.shares.get(stage, 0) for stage in phase) for phase in plan.phases) - 1) < 1e-9
    minutes = {s: command[command.index("--minutes") + 1] for s, command in every.items() if s in plan.shares}
    assert minutes == {stage: f"{100 * share:g}" for stage, share in plan.shares.items()}


def test_a_trained_model_lends_its_autoencoders_and_its_denoiser_goes_on(tiny_folder, tmp_path):
    keep_autoencoders(tiny_folder, tmp_path / "stages")
    for part in ("med", "ted"):
        for path in (tiny_folder / part).iterdir():
            assert (tmp_path / "stages" / part / path.name).read_bytes() == path.read_bytes()
    command = commands(tmp_path, tmp_path, 100, [], tiny_folder)["mtdm"]
    assert command[command.index("--start") + 1] == str(tiny_folder / "mtdm")
    assert "--start" not in commands(tmp_path, tmp_path, 100, [])["mtdm"]
