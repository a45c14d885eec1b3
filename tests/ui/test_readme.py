"""What the README says to programs, as it is printed there, and what it says to Spaces and to Docker."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import app

README = (app.ROOT / "README.md").read_text()
PRINTED = "http://127.0.0.1:7860/"


def block(*words: str) -> str:
    """The one block of code that has these words."""
    [found] = [
        code for code in re.findall(r"```\w*\n(.*?)```", README, re.DOTALL) if all(word in code for word in words)
    ]
    return found


def test_a_program_in_python(studio, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(block("gradio_client").replace(PRINTED.rstrip("/"), studio.rstrip("/")), names)
    assert Path(names["animations"][0]["image"]).read_bytes().startswith(b"GIF89a")
    assert isinstance(names["captions"], str)


def test_a_program_in_the_shell(studio):
    if not shutil.which("curl"):
        pytest.skip("there is no curl on this machine")
    code = block("curl").replace(PRINTED, studio)
    told = subprocess.run(["bash", "-euc", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "event: complete" in told
    assert "a-person-waves-7.gif" in told


def test_the_front_of_a_space_names_what_is_here():
    front = dict(line.split(": ", 1) for line in README.split("---\n")[1].strip().splitlines())
    assert front["sdk"] == "gradio"
    assert (app.ROOT / front["app_file"]).is_file()
    assert {front["colorFrom"], front["colorTo"]} <= {
        "red",
        "yellow",
        "green",
        "blue",
        "indigo",
        "purple",
        "pink",
        "gray",
    }
    assert len(front["short_description"]) <= 60
    low, high = re.search(r"gradio>=([\d.]+),<(\d+)", (app.ROOT / "requirements.txt").read_text()).groups()
    version = [int(part) for part in front["sdk_version"].split(".")]
    assert [int(part) for part in low.split(".")] <= version < [int(high)]


def test_what_docker_copies_is_here_and_the_app_has_all_it_needs():
    lines = (app.ROOT / "Dockerfile").read_text().splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY")}
    assert all((app.ROOT / name).exists() for name in copied)
    let_in = {line[1:] for line in (app.ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == let_in
    assert {"requirements.txt", "app.py", "mote", "assets", str(app.CHECKPOINT.relative_to(app.ROOT))} == copied
