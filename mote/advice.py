"""What a person should know of a prompt before the model runs on it."""

from mote.pipeline import MoTe

STRANGE = "The model has seen little like this, and what it makes may not fit. "
PLAIN, NEAREST = "Try a plain sentence about one movement.", "Nearest to it among what it knows: {}."


def strange(model: MoTe, text: str) -> str | None:
    """A sentence for a text far from what the model knows, with the nearest that it does know; else None.

    Raises:
        ValueError: the text has no words.
    """
    known = instead(model, text)
    if known is None:
        return None
    return STRANGE + (NEAREST.format("; ".join(known)) if known else PLAIN)


def instead(model: MoTe, text: str) -> list[str] | None:
    """The nearest prompts that the model knows, for a text that is none of them and far from all it knows; else None.

    Raises:
        ValueError: the text has no words.
    """
    known = text.strip().lower() in model.vocabulary or model.strangeness(text) <= 1
    return None if known else model.nearest(text)
