"""All stages by one command."""

from pathlib import Path

import pytest

from train.run import ONWARD, PARTS, SCRATCH, commands


@pytest.mark.parametrize(("plan", "start"), [(SCRATCH, None), (ONWARD, Path("trained"))])
def test_every_stage_runs_once_and_the_phases_fill_the_time(tmp_path, plan, start):
    every = commands(tmp_path / "raw", tmp_path / "out", 100, [], start)
    assert [stage for phase in plan.phases for stage in phase] == list(every)
    assert abs(sum(max(plan.shares.get(stage, 0) for stage in phase) for phase in plan.phases) - 1) < 1e-9
    minutes = {s: command[command.index("--minutes") + 1] for s, command in every.items() if s in plan.shares}
    assert minutes == {stage: f"{100 * share:g}" for stage, share in plan.shares.items()}


def test_a_trained_model_lends_its_words_and_its_denoiser_goes_on(tmp_path):
    every = commands(tmp_path, tmp_path, 100, [], Path("trained"))
    assert every["ted"][every["ted"].index("--ted") + 1] == str(Path("trained") / "ted")
    assert every["denoiser"][every["denoiser"].index("--start") + 1] == str(Path("trained") / "mtdm")
    assert "--start" not in commands(tmp_path, tmp_path, 100, [])["denoiser"]


@pytest.mark.parametrize("start", [None, Path("trained")])
def test_the_denoiser_is_refined_where_the_model_has_it(tmp_path, start):
    every = commands(tmp_path, tmp_path, 100, [], start)
    assert every["mtdm"][0] == "train.refine"
    assert every["mtdm"][every["mtdm"].index("--start") + 1] == every["denoiser"][every["denoiser"].index("--out") + 1]
    assert PARTS["mtdm"] == ("mtdm",)
