"""The vendored script of the player: what it is made of, that it calls nobody, and that its source makes it."""

import json
import re
import shutil
import subprocess

import pytest

import app

SOURCE = app.ASSETS / "viewer"
BUNDLE = app.VIEWER.read_text()
PACKAGE = json.loads((SOURCE / "package.json").read_text())


def test_its_versions_are_pinned_and_the_bundle_has_that_of_three():
    wanted = PACKAGE["dependencies"] | PACKAGE["devDependencies"]
    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    revision = PACKAGE["dependencies"]["three"].split(".")[1]
    assert re.search(rf'revision:"{revision}"|="{revision}"', BUNDLE)


def test_it_keeps_its_licence_and_names_no_other_host():
    assert "SPDX-License-Identifier: MIT" in BUNDLE
    assert set(re.findall(r"(?:https?|wss?)://[^\s\"'`)]+", BUNDLE)) <= {"http://www.w3.org/1999/xhtml"}  # a namespace
    assert "</script" not in BUNDLE


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm on this machine")
def test_its_source_makes_the_same_bundle(tmp_path):
    folder = shutil.copytree(SOURCE, tmp_path / "viewer", ignore=shutil.ignore_patterns("node_modules"))
    if subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True).returncode:
        pytest.skip("npm cannot fetch the packages")
    subprocess.run(["npm", "run", "build"], cwd=folder, capture_output=True, check=True)
    assert (tmp_path / "viewer.js").read_text() == BUNDLE
