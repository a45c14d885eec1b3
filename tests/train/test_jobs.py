"""Commands side by side, and those that are done."""

import time

import pytest

from train.jobs import run_once, run_together


@pytest.fixture(autouse=True)
def sleeper(tmp_path, monkeypatch):
    """A module that sleeps, writes down its name, and exits as it is told."""
    lines = ["import sys, time", "from pathlib import Path", "name, code, seconds = sys.argv[1:]"]
    lines += [
        "time.sleep(float(seconds))",
        "Path(__file__).with_name(name).open('a').write('ran ')",
        "sys.exit(int(code))",
    ]
    (tmp_path / "sleeper.py").write_text("\n".join(lines))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def command(name: str, code: int = 0, seconds: float = 0.0) -> list[str]:
    return ["sleeper", name, str(code), str(seconds)]


def test_commands_run_side_by_side_and_those_that_failed_are_named(tmp_path):
    start = time.monotonic()
    with pytest.raises(SystemExit, match=r"^failed: bad;"):
        run_together({"bad": command("bad", 3, 1.5), "good": command("good", 0, 1.5)})
    assert time.monotonic() - start < 2.9
    assert (tmp_path / "good").exists()


def test_what_is_done_is_not_done_again_and_what_failed_is(tmp_path):
    done = tmp_path / "done"
    with pytest.raises(SystemExit, match="failed: bad"):
        run_once({"bad": command("bad", 1)}, done)
    for _ in range(2):
        run_once({"one": command("one"), "bad": command("bad"), "two": command("two")}, done)
    assert {name: (tmp_path / name).read_text() for name in ("one", "two", "bad")} == {
        "one": "ran ", "two": "ran ", "bad": "ran ran ",
    }  # fmt: skip
