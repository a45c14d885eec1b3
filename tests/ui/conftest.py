"""The app on a tiny model, served on a free port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browsing import CHROMIUM, WEBGL, chromium, opened

import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright


@pytest.fixture(scope="session")
def studio(tiny_model) -> Iterator[str]:
    """The address of a running app."""
    page = app.build(tiny_model)
    _, address, _ = app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield address
    page.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers; the tests skip where it or Chromium is missing."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    sync_api.expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright) -> Iterator[Browser]:
    """A browser that has WebGL."""
    with chromium(playwright, *WEBGL) as started:
        yield started


@pytest.fixture
def page(browser, studio) -> Iterator[Page]:
    """The open app."""
    with opened(browser, studio) as tab:
        yield tab
