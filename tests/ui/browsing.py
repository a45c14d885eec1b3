"""What the tests in a browser share: a Chromium that draws WebGL on the processor, and an open page that is watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mote.ui.tasks import TABS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
WINDOW = {"width": 1280, "height": 800}
INTRODUCED = "try { localStorage.setItem('mote-introduced', 'yes'); } catch {}"
WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


@contextmanager
def chromium(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """A browser started with some flags."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *flags])
    yield browser
    browser.close()


@contextmanager
def opened(browser: Browser, studio: str, script: str = "", visited: bool = True, **options: Any) -> Iterator[Page]:
    """The open app; fails at its end if the page asked another host for anything or wrote an error on the console.

    `script` runs in the page before anything else does; without `visited`, this is somebody's first visit.
    """
    context = browser.new_context(viewport=WINDOW, accept_downloads=True, **options)
    context.add_init_script(f"{script};{INTRODUCED if visited else ''}")
    tab = context.new_page()
    faults: list[str] = []
    tab.on("request", lambda request: faults.append(request.url) if outside(request.url, studio) else None)
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(studio)
    shown(tab, "button.generate").wait_for()
    yield tab
    context.close()
    assert faults == []


def outside(url: str, studio: str) -> bool:
    return not url.startswith((studio, "data:", "blob:"))


def shown(page: Page, selector: str) -> Locator:
    """What the selector finds in the open tab."""
    return page.locator(f"{selector} >> visible=true").first


def open_task(page: Page, task: str) -> None:
    page.get_by_role("tab", name=TABS[task].title, exact=True).click()
    page.get_by_text(TABS[task].hint).wait_for()


def quick(page: Page) -> None:
    """As few steps as still make a result."""
    box = page.get_by_label("number input for Steps").locator("visible=true")
    box.fill("2")
    box.blur()


def prompt(page: Page) -> Locator:
    return page.get_by_label("What the person does").locator("visible=true")


def status(page: Page) -> Locator:
    return page.locator(".status [role=status]")


def generate(page: Page, **settings: object) -> None:
    """Run the open tab with few steps and the settings, by the names of their fields, and wait for the result."""
    quick(page)
    for name, value in settings.items():
        label = "number input for Samples" if name == "samples" else name.capitalize()
        page.get_by_label(label, exact=True).locator("visible=true").fill(str(value))
    before = page.get_by_label("Seed used").locator("visible=true").input_value()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "(before) => [...document.querySelectorAll('.used input')].some(it => it.offsetParent && it.value !== before)",
        arg=before,
    )


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


def download(page: Page, name: str) -> Path:
    """The file that a button fetches."""
    with page.expect_download() as started:
        press(page, name)
    return Path(started.value.path())


def labels(page: Page) -> Locator:
    """The names of the motions in the player."""
    return page.locator(".player-labels span >> visible=true")
