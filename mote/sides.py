"""Left and right exchanged in words, as a mirror exchanges them in joints."""

from __future__ import annotations

import re

_PAIRS = (("left", "right"), ("lefts", "rights"), ("leftward", "rightward"), ("leftwards", "rightwards"),
          ("lefthand", "righthand"), ("lefty", "righty"), ("clockwise", "counterclockwise"),
          ("clockwise", "counter-clockwise"), ("clockwise", "counter clockwise"), ("clockwise", "anticlockwise"),
          ("clockwise", "anti-clockwise"), ("clockwise", "anti clockwise"))  # fmt: skip
_SWAP = {other: one for one, other in _PAIRS} | dict(reversed(_PAIRS))
_BEFORE_A_SIDE = ("the", "his", "her", "their", "its", "to", "turn", "turns", "turning", "turned", "and", "or")
_AFTER_A_SIDE = "".join(rf"(?<!\b{word} )" for word in _BEFORE_A_SIDE)
_NO_SIDE = (
    r"all right|right angles?|right (?:away|now|after|before|in front|behind|next|above|below|side up)"
    r"|(?:what|who|nothing|anything|time|is|are|being) left(?= over|$)|left over|leftovers?"
    r"|(?:has|have|had|just|then|he|she|they) left(?= the| their| his| her|$)"
)
_TOKEN = re.compile(
    rf"\b(?P<keep>{_AFTER_A_SIDE}(?:{_NO_SIDE}))\b|\b(?P<side>{'|'.join(sorted(_SWAP, key=len, reverse=True))})\b",
    re.IGNORECASE,
)


_NAMED = {"left": 1, "right": 2, "clockwise": 4, "counter": 8, "anti": 8}


def named_sides(text: str) -> int:
    """Which sides and turns a sentence names, a bit each: left 1, right 2, clockwise 4, counterclockwise 8."""
    words = {match["side"].lower() for match in _TOKEN.finditer(text) if match["side"]}
    return sum({next(bit for name, bit in _NAMED.items() if word.startswith(name)) for word in words})


def mirror_text(text: str) -> str:
    """A sentence as it is true of the mirrored motion: "turns left" becomes "turns right".

    Words that are no side ("all right", "right after", "left over", "leaves") stay.
    """

    def swap(match: re.Match[str]) -> str:
        word = match["side"]
        if word is None:
            return match[0]
        other = _SWAP[word.lower()]
        return other.capitalize() if word[0].isupper() else other

    return _TOKEN.sub(swap, text)
