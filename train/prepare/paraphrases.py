"""Other people's phrases: what a caption says of the person, the action and the style, as somebody else might say it.

`paraphrases.toml` was written by someone who had not seen the wording that is held out (`held_out.toml`); what met it
by chance, be it in one word that no other table has, was taken out.
"""

from __future__ import annotations

import random
import tomllib
from functools import cache
from itertools import product
from pathlib import Path

from train.prepare.actions import ACTIONS, find_action
from train.prepare.synonyms import Rewording
from train.prepare.words import FEMALE, PEOPLE, STYLES, Style, VerbForm, style_group
from train.prepare.writer import clause

_TABLE = tomllib.loads(Path(__file__).with_name("paraphrases.toml").read_text(encoding="utf-8"))
OTHER_PEOPLE: tuple[str, ...] = tuple(_TABLE["people"])
OTHER_PHRASES: dict[str, tuple[str, ...]] = {row: tuple(phrases) for row, phrases in _TABLE["actions"].items()}
"""Action name -> phrases with the marks of `actions.toml`."""
OTHER_STYLES: dict[str, Style] = {style: Style.of(row) for style, row in _TABLE["styles"].items()}

_FORMS: tuple[VerbForm, ...] = ("base", "simple", "gerund")
_SIDES = ("left", "right", "both")
_OWNERS = ("their", "his", "her", "the")


class Paraphraser:
    """Exchanges a share of a caption's phrases for others of the same action and style, then a share of the words and
    phrases that have synonyms."""

    def __init__(self, phrases: float = 0.7, synonyms: float = 0.3, *, seed: int = 0) -> None:
        self.chooser = random.Random(seed)
        self.phrases = phrases
        self.synonyms = Rewording(synonyms, chooser=self.chooser)

    def __call__(self, caption: str, action: str, style: str | None) -> str:
        """A caption of a clip with these labels in other words; as it is where nothing is found to exchange."""
        exchange = Rewording(
            self.phrases,
            chooser=self.chooser,
            synonyms=exchanges(find_action(action)[0], style and style_group(style)),
        )
        return self.synonyms(exchange(caption))


@cache
def exchanges(row: str, style: str | None) -> dict[str, list[str]]:
    """Each phrase that a caption of an action and a style may have -> others for it, with the same side."""
    out: dict[str, set[str]] = {}
    for phrase, other in product(ACTIONS[row].phrases, OTHER_PHRASES.get(row, ())):
        if "{person}" in phrase or ("{side}" in phrase) != ("{side}" in other):
            continue
        for form, side, owner in product(_FORMS, _SIDES, _OWNERS):
            pair = [_said(words, form, side, owner) for words in (phrase, other)]
            if not any("{side}" in words for words in pair):
                out.setdefault(pair[0], set()).add(pair[1])
    for known, others in _bearers(style):
        for words in known:
            out.setdefault(words, set()).update(others)
    return {words: sorted(others) for words, others in out.items() if others}


def _said(phrase: str, form: VerbForm, side: str, owner: str) -> str:
    return clause(phrase, person="", form=form, side=side).replace("{their}", owner).strip()


def _bearers(style: str | None) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Words for people and styles, and what may stand in their place."""
    pairs: list[tuple[tuple[str, ...], tuple[str, ...]]] = [(PEOPLE, OTHER_PEOPLE)]
    if style in OTHER_STYLES:
        own, other = STYLES[style], OTHER_STYLES[style]
        people = own.people + (FEMALE if style == "feminine" else ())
        pairs += [(people, other.people), (own.adverbs, other.adverbs)]
    return pairs
