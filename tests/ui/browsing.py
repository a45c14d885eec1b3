"""What the tests in a browser share: a Chromium that draws WebGL on the processor, and an open page that is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mote.ui.tasks import TABS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
WINDOW = {"width": 1280, "height": 800}
INTRODUCED = "try { localStorage.setItem('mote-introduced', 'yes'); } catch {}"
WEBGL = ("--enable-unsafe-swiftshader",)  # by the processor; all else is drawn without it, which is twice as fast
SETTLED = """() => !document.body.innerText.includes("Measuring")
  && [...document.querySelectorAll(".motions")].every((it) => !it.offsetParent || it.querySelector("img"))"""
KEPT_BY_A_BROWSER = "cookies,local_storage,indexeddb,cache_storage,service_workers,storage_buckets"


@contextmanager
def chromium(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """A browser started with some flags."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *flags])
    yield browser
    browser.close()


@contextmanager
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody's own browser, which keeps the scripts that it once fetched.

    An empty page holds its window open: that of each new window takes a second.
    """
    context = browser.new_context(viewport=WINDOW, accept_downloads=True)
    context.new_page()
    yield context
    context.close()


@contextmanager
def opened(person: BrowserContext, studio: str, script: str = "", visited: bool = True, **media: Any) -> Iterator[Page]:
    """The open app, in a browser that remembers nothing of it.

    `script` runs in the page before anything else does; without `visited`, this is somebody's first visit.  `media` is
    what else the person prefers.  Without it nothing plays by itself, which spares the processor.
    """
    person.clear_permissions()
    tab = person.new_page()
    person.new_cdp_session(tab).send(
        "Storage.clearDataForOrigin", {"origin": studio.rstrip("/"), "storageTypes": KEPT_BY_A_BROWSER}
    )
    tab.add_init_script(script)
    try:
        with watched(tab, studio):
            enter(tab, studio, visited, **media)
            yield tab
    finally:
        tab.close()


def enter(tab: Page, studio: str, visited: bool = True, **media: Any) -> None:
    """Open the app in an empty page; the arguments are those of `opened`."""
    tab.emulate_media(**{"reduced_motion": "reduce"} | media)
    if visited:
        tab.add_init_script(INTRODUCED)
    tab.goto(studio)
    shown(tab, "button.generate").wait_for()


def reload(tab: Page) -> None:
    """Open the app anew once the result is drawn and measured: what a page that is left still waits for is an error."""
    tab.wait_for_function(SETTLED)
    tab.reload()
    shown(tab, "button.generate").wait_for()


@contextmanager
def watched(tab: Page, studio: str) -> Iterator[None]:
    """Fails at its end if the page asked another host for anything meanwhile, or wrote an error on the console."""
    faults: list[str] = []
    listeners: dict[Any, Callable[[Any], None]] = {
        "request": lambda request: faults.append(request.url) if outside(request.url, studio) else None,
        "console": lambda message: faults.append(message.text) if message.type == "error" else None,
        "pageerror": lambda error: faults.append(str(error)),
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    yield
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    assert not faults, faults


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
    """The file that a button fetches, once the result is drawn and measured: a busy machine makes one after another."""
    page.wait_for_function(SETTLED)
    with page.expect_download() as started:
        press(page, name)
    return Path(started.value.path())


def labels(page: Page) -> Locator:
    """The names of the motions in the player."""
    return page.locator(".player-labels span >> visible=true")
