"""The app on a tiny model, served on a free port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browsing import CHROMIUM, WEBGL, chromium, enter, open_task, opened, visitor, watched

import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

FIELDS = """() => [document.body.className, innerWidth, innerHeight, JSON.stringify(localStorage), ...[
  ...document.querySelectorAll("input, textarea, select, [aria-pressed]"),
].filter((field) => field.offsetParent).map(({ value, checked, ariaPressed }) => [value, checked, ariaPressed])]"""


@pytest.fixture(scope="session", autouse=True)
def uploads(tmp_path_factory) -> Iterator[None]:
    """A folder of this process for what is uploaded, by its content: an app that closes deletes its own, and in one
    folder of all processes what another's test has just uploaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        yield


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


@pytest.fixture(scope="session")
def person(browser) -> Iterator[BrowserContext]:
    """Whose browser the pages of the tests are opened in, one after another."""
    with visitor(browser) as context:
        yield context


@pytest.fixture
def page(person, studio) -> Iterator[Page]:
    """The open app."""
    with opened(person, studio) as tab:
        yield tab


@pytest.fixture(scope="session")
def reader(browser) -> Iterator[BrowserContext]:
    """Whose browser the page of `still` is open in."""
    with visitor(browser) as context:
        yield context


@pytest.fixture
def still(reader, studio) -> Iterator[Page]:
    """The open app, for a test that runs nothing: one page for them all, opened anew if it is not left as it was."""
    tab = reader.pages[1] if reader.pages[1:] else reader.new_page()
    with watched(tab, studio):
        if tab.url == "about:blank":
            enter(tab, studio)
        open_task(tab, "text-to-motion")
        before, unchanged = tab.evaluate(FIELDS), False
        try:
            yield tab
            open_task(tab, "text-to-motion")
            unchanged = tab.evaluate(FIELDS) == before
        finally:
            if not unchanged:
                tab.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A wait that is over in a browser, on a machine that is busy with all other tests, is tried a second time."""
    again = pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError", "Locator expected"])
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(again)
