"""What a person should know of a prompt before the model runs on it."""

import re

from mote.pipeline import MoTe

STRANGE = "The model has seen little like this, and what it makes may not fit. "
PLAIN, NEAREST = "Try a plain sentence about one movement.", "Nearest to it among what it knows: {}."
THEN = re.compile(r"\bthen\b|\bafter (that|which)\b|\bfollowed by\b", re.IGNORECASE)


def strange(model: MoTe, text: str) -> str | None:
    """A sentence for a text far from what the model knows, with the nearest that it does know; else None.

    Raises:
        ValueError: the text has no words.
    """
    if model.strangeness(text) <= 1:
        return None
    known = model.nearest(text)
    return STRANGE + (NEAREST.format("; ".join(known)) if known else PLAIN)


def two_actions(text: str) -> bool:
    """Whether a text seems to tell of one action after another, which the model makes only one by one."""
    return THEN.search(text) is not None
