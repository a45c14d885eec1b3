"""The small pieces of HTML and JavaScript that the page's components need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MASTHEAD = """
<h1>MoTe Studio</h1>
<p>Motion from words, words from motion</p>
<nav>
  <button type="button" class="open-recipe" title="Settings of a recipe.json, or of a result's ZIP">Open recipe</button>
  <button type="button" class="open-history" aria-expanded="false" aria-controls="history">History</button>
  <button type="button" class="introduction">Introduction</button>
  <button type="button" class="api">API</button>
  <button type="button" class="shade" aria-label="Switch between light and dark">Light / dark</button>
</nav>
"""
MASTHEAD_ON_LOAD = """
element.querySelector(".shade").addEventListener("click", () => document.body.classList.toggle("dark"));
element.querySelector(".introduction").addEventListener("click", () => MoteTour.open());
element.querySelector(".api").addEventListener("click", () => document.querySelector("footer .show-api").click());
element.querySelector(".open-recipe").addEventListener(
  "click", () => document.querySelector(".recipe-file input").click()
);
"""

STATUS = """
<span>${model}</span><span>${device}</span><span role="status">${value}</span>
<span class="keys">
  <kbd>Ctrl</kbd> <kbd>Enter</kbd> generates, <kbd>Space</kbd> plays,
  <kbd>←</kbd> <kbd>→</kbd> step, <kbd>R</kbd> resets the view
</span>
<span class="keys on-map">
  <kbd>←</kbd> <kbd>↑</kbd> <kbd>→</kbd> <kbd>↓</kbd> go from point to point, <kbd>Enter</kbd> chooses,
  <kbd>Shift</kbd> and arrows move the map, <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd> zoom
</span>
"""

EMPTY = "() => Array(%d).fill(null)"  # a Number without a value starts as 0 on the page
ROLL = "() => Math.floor(Math.random() * 2 ** 31)"
COPY = "(captions) => { navigator.clipboard.writeText(captions ?? ''); }"
KEEP = "(seed) => seed"
FOCUS = """
() => {
  const fields = [...document.querySelectorAll(".inspector textarea, button.generate")];
  fields.find((field) => field.offsetParent)?.focus();
}
"""  # the button that was pressed is in a tab that is hidden now
TELL_MAP = "() => { document.dispatchEvent(new Event('mote-result')); }"

DOWNLOAD = """
(file) => {
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.orig_name;
  link.click();
}
"""


def run(event: Callable[..., Any], script: str, source: Any, target: Any) -> None:
    """Set the target components from the source, or only run the script, without a call to the server."""
    event(None, source, target, js=script, queue=False, show_progress="hidden", api_visibility="private")
