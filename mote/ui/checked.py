"""What stands below a result: what was found of each sample beside real clips, and what the model sees in its motion.

It comes after the motion plays, so that nobody waits for it.  The table is written here, its button is told of by a
few lines of script; what is found, and the words for it, are `mote.check`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from mote import check
from mote.check import Finding
from mote.files import read
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from mote.ui import checks
from mote.ui.batching import MAX_SAMPLES
from mote.ui.handlers import Handlers
from mote.ui.player import give_way
from mote.ui.runs import Record

HEADS = {
    "match": ("Motion and words fit", "How near they lie in a space in which the model compares motions and sentences"),
    "way": ("Way", "How far it goes, how many steps it takes and how much it turns"),
    "skating": ("Feet slide", "Whether feet that stand on the floor slide over it more than those of real people"),
    "jitter": ("Body trembles", "Whether the body moves less evenly than those of real people who move as fast"),
}
"""Of each finding, the head of its column and what that asks."""
LABEL, ASK, SEEN = "Beside real clips", "What does the model see?", "The model sees"
MEASURING: dict[str, Any] = {
    "concurrency_id": "measuring", "concurrency_limit": 2, "show_progress": "hidden", "api_visibility": "private",
}  # fmt: skip
_TRACKER = gr.Progress()
_ON_LOAD = """
let asked = null;
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask]");
  if (!button) return;
  asked = button.dataset.ask;
  element.querySelectorAll("[data-ask]").forEach((other) => { other.disabled = true; });
  button.textContent = "Looking …";
  trigger("see", { row: Number(asked) });
});
watch("value", () => {
  const answer = element.querySelector(`[data-seen="${asked}"], [data-ask="${asked}"]`);
  if (document.activeElement === document.body) answer?.focus();
  asked = null;
});
"""  # the button that was pressed is gone: the focus goes to what came in its place, and is read from there


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of one sample: what was found; the caption that the model gives its motion, the first seconds
    of it that were read for that where not all were, and whether the caption agrees."""

    name: str
    found: tuple[Finding, ...] = ()
    caption: str | None = None
    cut: float | None = None
    agrees: Finding | None = None


def below(actions: Handlers, record: gr.State, asks: bool) -> None:
    """The table of a run's samples, filled once there is a record; where it `asks`, with a button in each row."""
    rows = gr.State(())
    table = gr.HTML(
        label=LABEL, js_on_load=_ON_LOAD, apply_default_css=False, elem_classes="checked"
    )  # fmt: skip
    markup = partial(_markup, asks=asks)

    def found(record: Record | None) -> tuple[list[Row], str]:
        give_way()
        known = measured(actions.model, record)
        return known, markup(known)

    def see(record: Record, rows: list[Row], event: gr.EventData, progress: gr.Progress = _TRACKER) -> tuple[Any, str]:
        known = seen(actions, record, rows, event._data, progress)
        return known, markup(known)

    record.change(lambda record: markup(expected(record)), record, table, **MEASURING | {"queue": False}).success(
        found, record, [rows, table], trigger_mode="always_last", **MEASURING
    )
    if asks:
        run = MEASURING | {"concurrency_id": "model", "concurrency_limit": MAX_SAMPLES}
        table.see(see, [record, rows], [rows, table], **run).failure(markup, rows, table, **MEASURING)


def expected(record: Record | None) -> list[Row]:
    """The samples of a run of which nothing is found yet."""
    return [Row(name=name) for name in _names(record)]


def measured(model: MoTe, record: Record | None) -> list[Row]:
    """What is found of each sample of a run; of motions joined of several lines, how their bodies move."""
    if record is None:
        return []
    given: Motion | str | None = read(record.given) if record.given else record.recipe.sentence
    found = [tuple(check.findings(model, sample, given)) for sample in record.samples]
    return [Row(name=name, found=each) for name, each in zip(_names(record), found, strict=True) if each]


def seen(actions: Handlers, record: Record | None, rows: Sequence[Row], asked: Any, progress: gr.Progress) -> list[Row]:
    """The rows, one of them with the caption that the model gives its motion, as "Caption this" would.

    Raises:
        gr.Error: what the browser sent is no row of a made motion, or its file is gone.
    """
    try:
        number = int(asked["row"])
        row, sample = rows[number], record.samples[number] if record and number >= 0 else None
    except (LookupError, TypeError, ValueError) as error:
        raise checks.fault("There is no such motion here any more: generate it again.") from error
    if sample is None or sample.motion is None:
        raise checks.fault("There is no motion to look at: generate one first.")
    assert record is not None
    caption = actions.motion_to_text(record.files[number], seed=sample.seed, progress=progress).captions
    prompt = sample.text or record.recipe.sentence
    agrees = check.agreement(actions.model, prompt, caption) if prompt else None
    known = list(rows)
    most = actions.model.limits.most
    cut = most if sample.motion.seconds > most else None
    known[number] = replace(row, caption=caption, cut=cut, agrees=agrees)
    return known


def _names(record: Record | None) -> list[str]:
    if record is None:
        return []
    count = record.recipe.samples
    if record.files:
        return [f"Seed {record.recipe.seed + number}" for number in range(count)]
    return [f"Sentence {number + 1}" for number in range(count)]


def _markup(rows: Sequence[Row], *, asks: bool) -> str:
    """The table, or nothing without rows or where nothing can be found."""
    if not rows:
        return ""
    names = [finding.name for finding in rows[0].found]
    heads = "".join(f'<th scope="col" title="{escape(HEADS[name][1])}">{HEADS[name][0]}</th>' for name in names)
    heads += f'<th scope="col">{SEEN}</th>' if asks and names else ""
    lines = "".join(_line(number, row, asks) for number, row in enumerate(rows))
    return f'<table aria-label="{LABEL}"><thead><tr><td></td>{heads}</tr></thead><tbody>{lines}</tbody></table>'


def _line(number: int, row: Row, asks: bool) -> str:
    if not row.found:
        return f'<tr><th scope="row">{row.name}</th><td>Measuring …</td></tr>'
    cells = "".join(f'<td data-head="{HEADS[finding.name][0]}">{_said(finding)}</td>' for finding in row.found)
    if asks and row.caption is None:
        cells += f'<td><button type="button" data-ask="{number}">{ASK}</button></td>'
    elif asks:
        part = f" (of its first {row.cut:.4g} s)" if row.cut else ""
        agrees = _said(row.agrees) if row.agrees else ""
        answer = f'<q data-seen="{number}" tabindex="-1">{escape(row.caption or "")}</q>{part} {agrees}'
        cells += f'<td data-head="{SEEN}">{answer}</td>'
    return f'<tr><th scope="row">{row.name}</th>{cells}</tr>'


def _said(finding: Finding) -> str:
    """A finding's words; how it was found appears over them, for the mouse, the keyboard and a reader of the screen."""
    name = f"why-{secrets.token_hex(8)}"
    kind = "finding" if finding.fine else "finding unusual"
    return (
        f'<span class="{kind}" tabindex="0" aria-describedby="{name}">{escape(finding.said)}'
        f'<span class="why" role="tooltip" id="{name}">{escape(finding.why)}</span></span>'
    )
