"""`python app.py --mcp` as an agent uses it: the tools that it finds, and what they answer."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from anyio.from_thread import start_blocking_portal

import app
from mote.files import read
from mote.sampling import TASKS

pytest.importorskip("mcp")
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


@pytest.fixture(scope="module")
def address(tiny_folder) -> Iterator[str]:
    """Where the app says that its tools are."""
    command = [sys.executable, app.__file__, "--mcp", "--checkpoint", str(tiny_folder), "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        told = (re.search(r"http://\S+/gradio_api/mcp/", line) for line in server.stdout)
        yield next(found[0] for found in told if found)
        server.terminate()


@pytest.fixture
def asked(address) -> Callable[..., Any]:
    """Asks the server as an agent does: the method of a session, and what it is given."""

    async def ask(method: str, *given: Any) -> Any:
        async with streamable_http_client(address) as (heard, told, *_), ClientSession(heard, told) as session:
            await session.initialize()
            return await getattr(session, method)(*given)

    def call(*given: Any) -> Any:
        with start_blocking_portal() as elsewhere:  # Playwright has the loop of this thread
            return elsewhere.call(ask, *given)

    return call


def test_the_tools_are_the_tasks_and_say_what_they_take_and_give(asked):
    tools = asked("list_tools").tools
    assert [tool.name for tool in tools] == [task.replace("-", "_") for task in TASKS]
    for tool in tools:
        said = [tool.description, *(field["description"] for field in tool.inputSchema["properties"].values())]
        assert all(text[0].isupper() for text in said)
        assert " Returns: " in tool.description
        assert {*tool.inputSchema.get("required", [])} == {*tool.inputSchema["properties"]} & {"text", "motion"}


def test_a_motion_is_made_and_described(asked, tiny_model, tmp_path):
    made = asked("call_tool", "text_to_motion", {"text": "a person waves", "seconds": 2, "steps": 2, "seed": 7})
    assert not made.isError
    [[animation], [file], seed, status] = ast.literal_eval(made.content[0].text)
    assert httpx.get(animation["image"]["url"]).content.startswith(b"GIF89a")
    (tmp_path / "wave.npy").write_bytes(httpx.get(file["url"]).content)
    [own] = tiny_model.generate("text-to-motion", text="a person waves", seconds=2.0, steps=2, guidance=7.5, seed=7)
    np.testing.assert_allclose(read(tmp_path / "wave.npy").joints, own.motion.joints, atol=1e-4)
    assert (seed, "1 motion in" in status) == (7, True)
    told = asked("call_tool", "motion_to_text", {"motion": file["url"], "samples": 2, "steps": 2, "seed": 3})
    assert not told.isError, told.content
    [captions, seed, status] = ast.literal_eval(told.content[0].text)
    assert (len(captions.split("\n")), seed, "2 captions in" in status) == (2, 3, True)


def test_an_address_of_the_app_leads_to_no_other_file(asked, address):
    for path in (app.ROOT / "assets/examples", app.ROOT / "app.py", "/etc/passwd", "/tmp/../etc/passwd", "a\0b"):
        served = f"{address.removesuffix('mcp/')}file={path}"
        answer = asked("call_tool", "motion_to_text", {"motion": served})
        assert answer.isError
        assert "upload files first" in answer.content[0].text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "a person waves", "seconds": 200}, "The length is from 1.5 to 9.8 seconds, not 200."),
        ({"text": " "}, "Write what the person does first, for example: a person waves with the left hand."),
    ],
)
def test_bad_input_is_answered_with_one_sentence(asked, given, said):
    answer = asked("call_tool", "text_to_motion", given)
    assert (answer.isError, [part.text for part in answer.content]) == (True, [said])
