"""Other people's words: a caption's words and phrases exchanged for others that mean about the same."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import product
from pathlib import Path

from train.prepare.words import VerbForm, conjugate

_FORMS: tuple[VerbForm, ...] = ("base", "simple", "gerund")
_HOLES = {
    "{their}": ("his", "her", "its", "their", "the"),
    "{side}": ("left", "right"),
    "{both}": ("both hands", "both arms"),
}


def _load(path: Path) -> dict[str, list[str]]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    synonyms = {key: list(others) for key, others in table["words"].items()}
    verbs = [*table["verbs"].items()]
    for words in product(*_HOLES.values()):
        filled = partial(_filled, words=words)
        verbs += [(filled(key), map(filled, group["as"])) for group in table["phrases"] for key in group["say"]]
    for key, others in verbs:
        forms = [*others]
        for form in _FORMS:
            synonyms.setdefault(_conjugated(key, form), []).extend(_conjugated(other, form) for other in forms)
    return {key: [*dict.fromkeys(others)] for key, others in synonyms.items()}


def _filled(phrase: str, words: Sequence[str]) -> str:
    for hole, word in zip(_HOLES, words, strict=True):
        phrase = phrase.replace(hole, word)
    return phrase


def _conjugated(phrase: str, form: VerbForm) -> str:
    verb, space, rest = phrase.partition(" ")
    return conjugate(verb, form) + space + rest


SYNONYMS: dict[str, list[str]] = _load(Path(__file__).with_name("synonyms.toml"))
"""Word or phrase, in each form of its verb -> others that may stand for it."""


class Rewording:
    """Exchanges a share of what has synonyms, the longest phrase first, each for a random one of its own."""

    def __init__(
        self,
        share: float,
        *,
        chooser: random.Random | None = None,
        synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
    ) -> None:
        self.share, self.synonyms, self.chooser = share, synonyms, chooser or random.Random(0)
        self.pattern = _pattern(tuple(synonyms))

    def __call__(self, sentence: str) -> str:
        return self.pattern.sub(self._exchanged, sentence)

    def _exchanged(self, found: re.Match[str]) -> str:
        return self.chooser.choice(self.synonyms[found[0]]) if self.chooser.random() < self.share else found[0]


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words, the longest first."""
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})\b")
