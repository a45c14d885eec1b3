"""Who can read what over the file route: the styles of the page, and what oneself uploaded or made."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import gradio as gr
import httpx
import pytest
from gradio_client import Client

import app

UP = "/".join([".."] * 12)
SECRETS = [
    *(
        str(app.ROOT / name)
        for name in ("app.py", "pyproject.toml", "README.md", ".git/config", "mote/pipeline.py", "tests/conftest.py")
    ),
    str(app.CHECKPOINT / "med" / "model.safetensors"), str(app.CHECKPOINT), str(app.ROOT), "/", "/etc/passwd",
    "/etc/hosts", "/proc/self/environ", "/proc/self/maps", os.path.expanduser("~"), "app.py", "pyproject.toml",
    f"{app.ASSETS}/../app.py", f"{app.ASSETS}/./../pyproject.toml", f"{app.ASSETS}//../app.py", f"{UP}/etc/passwd",
    f"{app.ASSETS}/{UP}/etc/passwd", f"{app.ASSETS}", f"{app.ASSETS}-not/x", "file:///etc/passwd", "~/.bashrc",
    "http://127.0.0.1:1/x", "http://169.254.169.254/latest", "\\\\host\\share", "C:\\Windows\\win.ini", "a\x00b",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(studio) -> Path:
    """A result of somebody."""
    client = Client(studio, verbose=False, download_files=False)
    [file] = client.predict(seconds=2.0, steps=1, seed=1, api_name="/motion")[1]
    return Path(file["path"])


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_not_served_is_not_read(studio, secret):
    for path in {secret, quote(secret, safe=""), quote(secret).replace("..", "%2e%2e")}:
        try:
            answer = httpx.get(f"{studio}gradio_api/file={path}")
        except httpx.InvalidURL:
            continue
        assert answer.status_code in (400, 403, 404, 422), (path, answer.status_code)
        assert not {b"import gradio", b"root:", b"[project]"} & {*answer.content.split(b"\n")}


def test_from_the_folder_of_a_result_no_way_leads_to_another(studio, made):
    assert httpx.get(f"{studio}gradio_api/file={made}").status_code == 200
    for path in (
        made.parent,
        made.parent.parent,
        f"{made.parent}/",
        f"{made.parent}/*",
        f"{made.parent}/{UP}/etc/passwd",
    ):
        assert httpx.get(f"{studio}gradio_api/file={path}").status_code in (403, 404)


def test_results_and_uploads_lie_where_nobody_guesses(studio, made):
    """Two runs of the same seed, and uploads under one name, have nothing of their folders' names in common."""
    client = Client(studio, verbose=False, download_files=False)
    [again] = client.predict(seconds=2.0, steps=1, seed=1, api_name="/motion")[1]
    folders = {made.parent.name, Path(again["path"]).parent.name}
    uploads = [
        Path(httpx.post(f"{studio}gradio_api/upload", files={"files": ("clip.bvh", content)}).json()[0])
        for content in (b"mine", b"yours")
    ]
    folders |= {path.parent.name for path in uploads}
    assert len(folders) == 4
    assert all(len(name) >= 11 for name in folders)
    assert all(path.is_relative_to(gr.utils.get_upload_folder()) for path in uploads)


def test_a_link_among_the_assets_leads_nowhere(studio):
    link = app.ASSETS / "link-of-a-test"
    link.symlink_to("/etc/passwd")
    try:
        assert httpx.get(f"{studio}gradio_api/file={link}").status_code in (403, 404)
    finally:
        link.unlink()
