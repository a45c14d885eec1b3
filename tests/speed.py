"""What a person waits for, on this machine: python -m tests.speed

Prints how long one prompt takes and twenty that come at once, and how long from a click to the motion playing in the
player of a page in Chromium, medians.  The app is in this process, on the committed model; leave the machine alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import app
from mote.pipeline import MoTe
from mote.ui.handlers import Handlers
from tests.load import PROMPTS, ROOT
from tests.ui.browsing import WEBGL, chromium, opened, prompt, visitor

PLAYS = """() => new Promise((resolve) => {
  const [button, screen] = ["button.generate", ".player"].map((selector) =>
    [...document.querySelectorAll(selector)].find((one) => one.offsetParent));
  const started = performance.now();
  const names = () => screen.querySelector(".player-labels").textContent;
  const before = names();
  new MutationObserver((_, observer) => {
    if (names() === before || !names()) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve((performance.now() - started) / 1000)));
  }).observe(screen, { subtree: true, childList: true, characterData: true });
  button.click();
})"""
"""Seconds from a click on Generate until the player has drawn a frame of what was made."""


def waiting(handlers: Handlers, count: int, seconds: float | None) -> float:
    """Seconds until all of so many prompts that come at once have their motions."""
    with ThreadPoolExecutor(count) as people:
        started = time.perf_counter()
        asked = [
            people.submit(handlers.text_to_motion, PROMPTS[number % len(PROMPTS)], seconds, seed=number)
            for number in range(count)
        ]
        for one in asked:
            one.result()
        return time.perf_counter() - started


def typed_to_playing(address: str, times: int) -> list[float]:
    """PLAYS of each of so many prompts."""
    from playwright.sync_api import sync_playwright

    spent = []
    with (
        sync_playwright() as playwright,
        chromium(playwright, *WEBGL) as browser,
        visitor(browser) as person,
        opened(person, address, reduced_motion="no-preference") as page,
    ):
        for number in range(times):
            prompt(page).fill(PROMPTS[number % len(PROMPTS)])
            spent.append(page.evaluate(PLAYS))
            page.wait_for_timeout(3000)  # the GIF is drawn after that
    return spent


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=9)
    options = parser.parse_args()
    model = MoTe.from_pretrained(ROOT / "checkpoints" / "mote-open", device="cpu")
    handlers = Handlers(model, draws=False)
    waiting(handlers, 2, 2.0)
    for seconds in (9.8, None):
        one, many = (
            statistics.median(waiting(handlers, count, seconds) for _ in range(options.times)) for count in (1, 20)
        )
        print(
            f"{seconds or 'chosen'} seconds: one {one:.3f} s, twenty {many:.3f} s, {many / one:.1f} times", flush=True
        )
    page = app.build(model)
    _, address, _ = app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    spent = typed_to_playing(address, options.times + 1)[1:]
    print(f"typed to playing: median {statistics.median(spent):.2f} s of {', '.join(f'{one:.2f}' for one in spent)}")
    page.close()


if __name__ == "__main__":
    main()
