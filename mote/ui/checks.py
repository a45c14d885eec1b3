"""What a person typed or uploaded, checked: every fault becomes one plain sentence on the page."""

from __future__ import annotations

import secrets
from html import escape
from textwrap import shorten

import gradio as gr

from mote.coding import Limits

Guidance = float | tuple[float, float]

MAX_LETTERS = 600  # of what is said of a fault
MAX_ACTIONS = 6
MAX_SAMPLES = 4
MAX_STEPS = 100
MAX_GUIDANCE = 20.0
MAX_SEED = 2**31 - 1


def fault(sentence: str) -> gr.Error:
    """The error to raise for something that the person can put right: shown on the page, kept out of the log.

    The page reads it as HTML, and it may quote a file of somebody else's.
    """
    told = escape(shorten(sentence, MAX_LETTERS, placeholder=" ..."), quote=False)
    return gr.Error(told, duration=8, title="Check the input", print_exception=False)


def stopped() -> gr.Error:
    """The error to raise for what nobody wants any more; nobody sees it."""
    return gr.Error("Stopped.", print_exception=False)


def entered(field: object, value: object) -> None:
    """Check a value that was sent for a field of the page, where that is a slider or a number.

    Raises:
        gr.Error: it is no number, not whole where it must be, or beyond the ends of the slider.
    """
    if isinstance(field, gr.Slider):
        within(value, str(field.label), field.minimum, field.maximum)
    elif isinstance(field, gr.Number) and field.precision == 0 and value is not None:
        _whole(value, str(field.label), 0, MAX_SEED)


def sentence(error: Exception) -> str:
    """What an error says, as a sentence."""
    said = str(error).rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."


def prompt(text: str | None) -> str:
    """The prompt without the white space around it.

    Raises:
        gr.Error: nothing was written.
    """
    if not text or not text.strip():
        raise fault("Write what the person does first, for example: a person waves with the left hand.")
    return text.strip()


def lines(text: str | None) -> list[str]:
    """The lines of a prompt that have words.

    Raises:
        gr.Error: nothing was written.
    """
    return [line.strip() for line in prompt(text).splitlines() if line.strip()]


def actions(sentences: list[str]) -> list[str]:
    """What is done one after another, a sentence for each.

    Raises:
        gr.Error: there are too many.
    """
    if len(sentences) > MAX_ACTIONS:
        raise fault(f"At most {MAX_ACTIONS} actions become one motion, one after another; these are {len(sentences)}.")
    return sentences


def length(seconds: float | None, limits: Limits) -> float | None:
    """The asked length in seconds, or None where the model, whose limits these are, chooses."""
    return None if seconds is None else within(seconds, "The length", limits.least, limits.most, unit=" seconds")


def samples(count: float | None) -> int:
    """The number of samples to make."""
    return _whole(count, "The number of samples", 1, MAX_SAMPLES)


def steps(count: float | None) -> int:
    """The number of denoising steps."""
    return _whole(count, "The number of steps", 1, MAX_STEPS)


def guidance(strength: Guidance | None) -> Guidance | None:
    """The strength of the guidance, or of that of the motion and that of the text; None is the model's own."""
    if strength is None:
        return None
    if isinstance(strength, tuple):
        motion, text = strength
        return (
            within(motion, "The guidance of the motion", 0, MAX_GUIDANCE),
            within(text, "The guidance of the text", 0, MAX_GUIDANCE),
        )
    return within(strength, "The guidance", 0, MAX_GUIDANCE)


def seed(number: float | None) -> int:
    """The asked seed, or a new one."""
    return secrets.randbelow(MAX_SEED) if number is None else _whole(number, "The seed", 0, MAX_SEED)


def _whole(number: object, name: str, low: int, high: int) -> int:
    value = within(number, name, low, high)
    if value != int(value):
        raise fault(f"{name} is a whole number from {low} to {high}, not {value:g}.")
    return int(value)


def within(number: object, name: str, low: float, high: float, unit: str = "") -> float:
    """The number if it is one between the limits, else a gr.Error that names it and them."""
    if isinstance(number, int | float) and not isinstance(number, bool) and low <= number <= high:  # NaN is not
        return number
    given = "empty" if number is None else f"{number:.10g}" if isinstance(number, float) else repr(number)[:40]
    raise fault(f"{name} is from {low:g} to {high:.10g}{unit}, not {given}.")
