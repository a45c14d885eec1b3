"""The vocabulary of the caption grammar: people, styles, verb forms, numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mote.spelled import NUMBERS

VerbForm = Literal["base", "simple", "progressive", "gerund"]

PEOPLE = ("a person", "a person", "a person", "someone", "a man", "the person", "the man", "a human", "the figure",
          "a figure", "person", "somebody", "a human being", "a fellow", "an adult")  # fmt: skip
FEMALE = ("a woman", "the woman", "a lady", "a girl")


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a style is worded: `people` bring it in the subject, `adverbs` fit after any verb phrase.

    An adverb of one word in -ly may also stand before the verb.
    """

    people: tuple[str, ...] = ()
    adverbs: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Sequence[str]]) -> Style:
        """A style as a table has it."""
        return cls(**{key: tuple(words) for key, words in row.items()})


def _load(path: Path) -> dict[str, Style]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Style.of(row) for name, row in table.items()}


STYLES: dict[str, Style] = _load(Path(__file__).with_name("styles.toml"))
"""Style name -> its words."""

STYLE_NAMES = {
    "old": "elderly",
    "tired": "exhausted",
    "masculinity": "masculine",
    "not-confident": "timid",
    "depressed": "sad",
    **dict.fromkeys(("slow", "very-slow", "fast", "very-fast"), "unmarked"),
}
"""Names that the data sets use -> names of STYLES; a pace is measured and needs no label."""

_DOUBLED = re.compile(r"(?:[^aeiou]*|.*qu)[aeiou][^aeiouwxy]|begin|control|propel|sidestep|transfer")
"""Verbs that double their last letter before -ing: one syllable that ends in one vowel and one consonant, and a few."""


def style_group(style: str) -> str:
    """The name under which a style's words are kept, the same for `old` and `elderly`.

    Raises:
        KeyError: no words are known for the style.
    """
    name = STYLE_NAMES.get(style, style)
    if name not in STYLES:
        raise KeyError(f"no words for the style {style!r}; known: {', '.join(sorted({*STYLES, *STYLE_NAMES}))}")
    return name


def conjugate(verb: str, form: VerbForm) -> str:
    """A verb in a form for the third person: walk, walks, is walking, walking."""
    if form == "base":
        return verb
    if form == "simple":
        return _simple(verb)
    return ("is " if form == "progressive" else "") + _gerund(verb)


def _simple(verb: str) -> str:
    irregular = {"do": "does", "go": "goes", "be": "is", "have": "has"}
    if verb in irregular:
        return irregular[verb]
    if re.search(r"(s|sh|ch|x|z)$", verb):
        return verb + "es"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + "s"


def _gerund(verb: str) -> str:
    if _DOUBLED.fullmatch(verb):
        return verb + verb[-1] + "ing"
    if verb.endswith("ic"):
        return verb + "king"
    if verb == "lie":
        return "lying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ogie")) and verb != "be":
        return verb[:-1] + "ing"
    return verb + "ing"


def number(count: int) -> str:
    """A count in words up to twelve."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
