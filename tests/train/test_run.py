"""All stages by one command."""

import argparse
import json
import shutil
from pathlib import Path

import pytest

from mote.checkpoint import WEIGHTS
from train.run import ONWARD, PARTS, SCRATCH, begin, commands, publish, record


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
def test_the_denoiser_is_refined_then_prefers_then_learns_what_it_fails_at(tmp_path, start):
    every = commands(tmp_path, tmp_path, 100, [], start)
    stages = [every[stage][0] for stage in ("refined", "preferred", "mtdm")]
    assert stages == ["train.refine", "train.prefer", "train.focus"]
    for before, after in (("denoiser", "refined"), ("refined", "preferred"), ("preferred", "mtdm")):
        assert every[after][every[after].index("--start") + 1] == every[before][every[before].index("--out") + 1]
    assert PARTS["mtdm"] == ("mtdm",)


def test_a_size_is_told_to_the_stages_that_have_sizes(tmp_path):
    every = commands(tmp_path, tmp_path, 100, [], size="paper")
    assert [stage for stage, command in every.items() if "--size" in command] == ["med", "ted", "denoiser"]
    assert not any("--size" in command for command in commands(tmp_path, tmp_path, 100, []).values())


def test_what_a_run_tells_of_itself_names_no_path(tmp_path):
    for name in ("humanml3d", "my-clip"):
        (tmp_path / name).mkdir()
    about = record(
        argparse.Namespace(
            data=tmp_path, out=tmp_path / "run", minutes=60, start=None, commercial=True, size="paper", tune=[],
            encoder=str(tmp_path / "my-clip"), decoder="google-t5/t5-small",
        ),
        ["--commercial"],
        SCRATCH,
    )  # fmt: skip
    assert str(tmp_path) not in json.dumps(about)
    assert (about["encoder"], about["read"]) == ("my-clip", ["humanml3d-captions"])
    assert {"--encoder=my-clip", "--decoder=google-t5/t5-small", "--size", "RAW"} <= {*about["commands"]["ted"]}


ABOUT = {"size": "paper", "encoder": "clip", "decoder": "gpt2", "tune": ["decoder"], "start": None, "commands": {}}


def test_a_run_goes_on_as_it_was_begun(tmp_path):
    begin(tmp_path / "run", ABOUT)
    begin(tmp_path / "run", ABOUT | {"commands": {"med": ["--minutes", "200"]}})
    for other, message in (
        ({"size": "open"}, "was begun with paper size, not with open"),
        ({"encoder": None}, "was begun with clip encoder, not with none"),
        ({"start": {"name": "mote-open", "use": "any"}}, "was begun with no start"),
    ):
        with pytest.raises(ValueError, match=message):
            begin(tmp_path / "run", ABOUT | other)


def test_a_full_disk_leaves_the_old_model(tiny_folder, tmp_path, full_disk):
    shutil.copytree(tiny_folder, tmp_path / "stages")
    publish(tmp_path / "stages", tmp_path / "model")
    before = (tmp_path / "model" / "med" / WEIGHTS).read_bytes()
    with full_disk(), pytest.raises(SystemExit, match=r"was not written, and what was there stays: .*too large"):
        publish(tmp_path / "stages", tmp_path / "model")
    assert {path.name for path in tmp_path.iterdir()} == {"stages", "model"}
    assert (tmp_path / "model" / "med" / WEIGHTS).read_bytes() == before
