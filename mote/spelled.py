"""What a sentence spells out: three metres, four steps, 90 degrees, twice, to shoulder height.

How much is a matter of spelling, not of meaning: numbers are taken as they stand.
"""

import re
from collections.abc import Mapping
from typing import Literal

Height = Literal["over", "head", "shoulder", "chest"]
Climb = Literal["up", "down"]

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""Counts that are written in words."""
FOOT, YARD = 0.3048, 0.9144
"""Metres."""
_NUMBER = rf"(?<![\w.,])(?P<number>{'|'.join(NUMBERS)}|\d{{1,3}}(?:\.\d{{1,3}})?)(?P<half> and a half)?[ -]?"
_UNITS: Mapping[str, Mapping[str, float]] = {
    "meters": {r"(?:m|met(?:er|re)s?)": 1.0, r"(?:ft|feet)": FOOT, r"(?:yd|yards?)": YARD},
    "steps": {r"(?:steps?|paces?)": 1.0},
    "degrees": {r"(?:deg|degrees?)": 1.0},
    "times": {r"times": 1.0},
}
_WORDS: Mapping[str, Mapping[str, float]] = {
    "times": {"twice": 2.0, "thrice": 3.0},
    "degrees": {
        r"quarter[ -]turn": 90.0,
        r"half[ -](?:a )?turn": 180.0,
        r"(?:full|complete|whole)[ -](?:turn|circle|rotation|spin)|once around": 360.0,
    },
}
_OWN_FEET = re.compile(r"\b(?:on|with|of) (?:his |her |their |its |the )?(?:one|two|[12]) (?:feet|foot)\b")
"""Feet that somebody has."""
_OFTEN = re.compile(
    rf"\s*(?:\b(?:for|about|roughly|around|exactly)\s+)*(?:{_NUMBER}times|\b(?:twice|thrice))\b(?: in a row)?",
    re.IGNORECASE,
)
_HEIGHTS: Mapping[Height, str] = {
    "over": r"\b(?:above|over) (?:his|her|their|its|the) head\b",
    "head": r"\bhead[ -](?:height|level)\b|\b(?:height|level) of (?:his|her|their|its|the) head\b",
    "shoulder": r"\bshoulder[ -](?:height|level)\b|\b(?:height|level) of (?:his|her|their|its|the) shoulders?\b",
    "chest": r"\bchest[ -](?:height|level)\b|\b(?:height|level) of (?:his|her|their|its|the) chest\b",
}
_CLIMBS: Mapping[Climb, str] = {
    "up": r"\b(?:up|upstairs|upwards?|ascend\w*)\b",
    "down": r"\b(?:down|downstairs|downwards?|descend\w*)\b",
}


def numbers(text: str) -> dict[str, float]:
    """What a sentence names by number, in metres, steps, degrees and times; of two numbers of one unit neither."""
    text = _OWN_FEET.sub(" ", text.lower().replace("°", " degrees"))
    found: dict[str, float] = {}
    for unit, spellings in _UNITS.items():
        said = [
            (_value(match["number"]) + (0.5 if match["half"] else 0.0)) * size
            for spelling, size in spellings.items()
            for match in re.finditer(rf"{_NUMBER}{spelling}\b", text)
        ]
        said += [value for words, value in _WORDS.get(unit, {}).items() for _ in re.finditer(rf"\b(?:{words})\b", text)]
        if len(said) == 1 and said[0] > 0:
            found[unit] = said[0]
    return found


def uncounted(text: str) -> str:
    """A sentence without how often something is done: "jumps three times" is "jumps"; itself where nothing is left."""
    rest = _OFTEN.sub("", text).strip(" ,")
    return rest if re.search(r"\w", rest) else text


def height(text: str) -> Height | None:
    """How high a sentence says that hands are raised."""
    return next((name for name, pattern in _HEIGHTS.items() if re.search(pattern, text.lower())), None)


def climb(text: str) -> Climb | None:
    """Whether a sentence about climbing leads down or, if it does not say so, up; None where it does both."""
    up, down = (re.search(pattern, text.lower()) for pattern in _CLIMBS.values())
    return None if up and down else "down" if down else "up"


def _value(word: str) -> float:
    return NUMBERS.index(word) if word in NUMBERS else float(word)
