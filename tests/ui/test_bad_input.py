"""Whatever is typed, sent or uploaded: it works, or one plain sentence says what is wrong; never a traceback."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import broken
import gradio as gr
import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from people import LIMITS

from mote.ui import uploads
from mote.ui.handlers import Handlers

PROMPT: dict[str, Any] = {
    "text": "a person walks",
    "seconds": 2.0,
    "samples": 1,
    "steps": 1,
    "guidance": 7.5,
    "seed": 3,
}
NO_NUMBERS = [
    "abc",
    "",
    "3",
    " ",
    "0x10",
    "1,5",
    "<b>4</b>",
    "4; drop table",
    "NaN",
    [],
    {},
    [1, 2],
    {"a": 1},
    True,
    False,
]
OUT_OF_RANGE = [-1, -0.001, 10**30, -(10**30), 1e308, math.nan, math.inf, -math.inf, 2**63, -(2**63)]
VALUES: dict[str, list[Any]] = {
    "seconds": [*NO_NUMBERS, *OUT_OF_RANGE, 0, 1.49, 9.81, 60],
    "samples": [None, *NO_NUMBERS, *OUT_OF_RANGE, 0, 5, 1.5, 3.999],
    "steps": [None, *NO_NUMBERS, *OUT_OF_RANGE, 0, 101, 1.5, 10_000_000],
    "guidance": [None, *NO_NUMBERS, *OUT_OF_RANGE, 20.1, 1000],
    "seed": [*NO_NUMBERS, *OUT_OF_RANGE, 1.5, 0.1, 2**31, 2**32],
    "text": [
        None,
        "",
        " ",
        "\n\n\t",
        "?!",
        "🕺",
        "💃🕺" * 5000,
        "...",
        "\u200b",
        "\u202e",
        "走る",
        "يمشي",
        "ходит",
        "\x00",
        [],
        {},
    ],
}
TEXTS = [
    "a person walks " * 1334, "w" * 20_000, "a person 🕺 waves", "a person walks \u202eesrever ni", "יהלום walks",
    "<script>alert(1)</script> walks", "<img src=x onerror=alert(1)> a person walks", "'; DROP TABLE motions; --",
    "../../../etc/passwd", "C:\\Windows\\system32", "${7*7} {{7*7}} %s %n", "a\x00b\x1b[31mc", "a person walks\r\n\r\n",
    "A" + "\u0301" * 5000, "a\ud7ffb", "1e999", "null", "walk\u2028walk", "__import__('os').system('true')",
]  # fmt: skip
NO_FILES: list[Any] = [
    "clip.bvh", 5, [], {}, {"path": "/etc/passwd"}, [{"path": "a.bvh"}], {"url": "x"}, True,
    *(
        {"path": path, "meta": {"_type": "gradio.FileData"}}
        for path in (
            "/etc/passwd", "pyproject.toml", "../../../etc/passwd", "app.py", "", ".", "/", "~/.ssh/id_rsa", "a\x00b",
            "checkpoints/mote-open/med/model.safetensors", "http://127.0.0.1:1/x.bvh", "file:///etc/passwd", "x" * 5000,
        )
    ),
]  # fmt: skip
FILES = [
    (f"clip{suffix}", name, content, None)
    for suffix, files in ((".npy", broken.ARRAYS), (".npz", broken.ARCHIVES), (".bvh", broken.TEXTS))
    for name, content in files.items()
] + [("clip.amc", name, *both) for name, both in broken.RECORDINGS.items()]


def test_there_are_more_than_two_hundred_bad_inputs():
    assert sum(map(len, VALUES.values())) + len(NO_FILES) + len(FILES) > 200


def plain(said: str) -> bool:
    """Whether this is one sentence for a person, and nothing of it HTML."""
    return bool(said) and len(said) < 700 and not re.search(r"[<>\n]|Traceback|Error\b|Exception", said)


@pytest.fixture(scope="module")
def api(studio) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{studio}gradio_api/", timeout=60) as client:
        yield client


def answered(api: httpx.Client, name: str, values: list[Any]) -> tuple[str, Any]:
    """How a call ends, "complete" or "error", and what comes of it."""
    body = json.dumps({"data": values})
    event = api.post(f"call/{name}", content=body, headers={"content-type": "application/json"}).json()["event_id"]
    *_, kind, data = api.get(f"call/{name}/{event}").text.strip().split("\n")
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.mark.parametrize("field", VALUES)
def test_a_value_that_a_field_cannot_take_is_answered_with_a_sentence(api, capfd, field):
    for value in VALUES[field]:
        kind, told = answered(api, "text_to_motion", [*(PROMPT | {field: value}).values()])
        assert kind == "error", value
        assert plain(told["error"]), (value, told)
    assert "Traceback" not in capfd.readouterr().err


def test_a_strange_text_is_a_text(api, capfd):
    for text in TEXTS:
        kind, told = answered(api, "text_variation", [text, 1, 1, 7.5, 7.0, 3])
        assert kind == "complete" or plain(told["error"]), (text[:40], told)
    assert "Traceback" not in capfd.readouterr().err


def test_what_was_never_uploaded_is_no_file(api, capfd):
    for file in NO_FILES:
        for values in ([file, 1, 1, 7.0, 3, None], [None, 1, 1, 7.0, 3, file]):
            kind, told = answered(api, "motion_to_text", values)
            assert kind == "error"
            assert plain(told["error"]), (file, told)
            assert "/" not in told["error"], "no path of the server is told"
    for values in ([], [1], [None] * 30):
        assert plain(answered(api, "motion_to_text", values)[1]["error"])
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "name", ["../../clip.bvh", "/etc/clip.bvh", "..", "a\\..\\b.npy", "<img src=x>.bvh", "🕺.npz", "x" * 300 + ".bvh"]
)
def test_a_name_leads_nowhere(api, studio, name):
    answer = api.post("upload", files={"files": (name, b"no motion")})
    if answer.status_code != 200:
        return
    [path] = answer.json()
    assert Path(path).resolve().is_relative_to(gr.utils.get_upload_folder())
    kind, told = answered(
        api, "motion_to_text", [{"path": path, "meta": {"_type": "gradio.FileData"}}, 1, 1, 7.0, 3, None]
    )
    assert kind == "error"
    assert plain(told["error"])


@pytest.mark.parametrize(
    ("file", "name", "content", "skeleton"), FILES, ids=[f"{file[-3:]}: {name}" for file, name, *_ in FILES]
)
def test_a_file_that_is_no_motion_is_told_so(tmp_path, file, name, content, skeleton):
    path, beside = tmp_path / file, tmp_path / "other.asf"
    path.write_bytes(content)
    beside.write_bytes(skeleton or b"")
    with pytest.raises(gr.Error) as error:
        uploads.given(LIMITS, str(path), str(beside))
    assert plain(error.value.message.replace("&lt;", "").replace("&gt;", "")), error.value.message
    assert not error.value.print_exception


QUIET = settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck], derandomize=True, database=None)


def met(call, *values: Any, **more: Any) -> None:
    """The call works, or raises one sentence."""
    said = None
    try:
        call(*values, **more)
    except gr.Error as error:
        said = error.message
    assert said is None or plain(said), said


@QUIET
@given(text=some.text(max_size=200))
def test_any_text(tiny_model, text):
    met(Handlers(tiny_model, draws=False).text_variation, text, steps=1)


@QUIET
@given(
    seconds=some.none() | some.floats() | some.integers() | some.text(max_size=9),
    seed=some.none() | some.integers() | some.floats() | some.booleans(),
    steps=some.none() | some.integers(-5, 1) | some.floats() | some.text(max_size=9),
    guidance=some.none() | some.floats() | some.integers() | some.lists(some.integers()),
)
def test_any_setting(tiny_model, seconds, seed, steps, guidance):
    handler = Handlers(tiny_model, draws=False).text_to_motion
    met(handler, "a person walks", seconds=seconds, steps=steps, guidance=guidance, seed=seed)


WHOLE = {
    ".npy": broken.npy(np.zeros((40, 22, 3))), ".npz": broken.npz(joints=np.zeros((40, 22, 3)), fps=20),
    ".bvh": broken.BVH.encode(), ".amc": broken.AMC.encode(),
}  # fmt: skip


@QUIET
@given(kind=some.sampled_from([*WHOLE]), at=some.floats(0, 1), cut=some.integers(0, 64), put=some.binary(max_size=64))
def test_any_damage_to_a_file(tmp_path_factory, kind, at, cut, put):
    whole = WHOLE[kind]
    place = int(at * len(whole))
    folder = tmp_path_factory.mktemp("damaged")
    path, skeleton = folder / f"clip{kind}", folder / "other.asf"
    path.write_bytes(whole[:place] + put + whole[place + cut :])
    skeleton.write_bytes(broken.ASF.encode())
    met(uploads.given, LIMITS, str(path), str(skeleton))
