"""The grammar itself: one random sentence about one clip."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mote.motion.facts import Facts
from train.prepare.actions import Action
from train.prepare.details import Detail, details
from train.prepare.held_out import HeldOut
from train.prepare.words import FEMALE, PEOPLE, STYLES, VerbForm, conjugate

BRIEF_WORDS, MIN_WORDS, MAX_WORDS = 2, 5, 20


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A sentence about a clip; `held_out` says that it uses words that training never sees."""

    text: str
    held_out: bool


@dataclass(frozen=True, kw_only=True)
class CaptionConfig:
    """How often the grammar does what, as probabilities."""

    brief: float = 0.2
    headless: float = 0.12  # no person: "walk slowly", "walking slowly"
    progressive: float = 0.35
    style: float = 0.8
    normal_style: float = 0.1
    style_in_person: float = 0.35
    side: float = 0.85  # a known side is named
    opener: float = 0.2
    duration: float = 0.4  # of the sentences that would tell it
    held_out: float = 0.6  # of the sentences of a split with words of its own


CONFIG = CaptionConfig()


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Draws one sentence after the other about one clip."""

    name: str
    action: Action
    style: str | None
    side: str | None
    facts: Facts
    rng: np.random.Generator
    own: HeldOut | None

    def sentence(self) -> Caption | None:
        """One sentence, None where its length came out wrong."""
        held = self._held_parts()
        brief = self._chance(CONFIG.brief)
        phrases = self.own.actions[self.name] if self.own and "action" in held else self.action.phrases
        drawn = [phrase for phrase in (self._phrase(phrases) for _ in range(3 if brief else 1)) if phrase]
        if not drawn:
            return None
        phrase = min(drawn, key=lambda words: len(words.split()))
        person, adverb = self._style(held)
        headless = person is None and "person" not in held and "{person}" not in phrase
        headless = headless and self._chance(CONFIG.headless)
        if person is None:
            person = self._pick(self.own.people if self.own and "person" in held else self._people())
        form: VerbForm = "progressive" if self._chance(CONFIG.progressive) else "simple"
        if headless:
            form = "base" if self._chance(0.6) else "gerund"
        chosen = self._brief_details(phrase) if brief else self._details(phrase)
        owner = "the" if headless else _owner(person)
        said = clause(phrase, person="" if headless else person, form=form, side=self.side)
        text = self._order(said, adverb, chosen, person="" if headless else person)
        text = re.sub(r"\s+", " ", text.replace("{their}", owner)).replace(" up up ", " up ").strip()
        words = len(text.split())
        if words > MAX_WORDS or words < (BRIEF_WORDS if brief else MIN_WORDS - headless):
            return None
        return Caption(text=text, held_out=bool(held))

    def _held_parts(self) -> frozenset[Literal["person", "action", "style"]]:
        """The parts of this sentence that take held-out words."""
        if not self.own or not self._chance(CONFIG.held_out):
            return frozenset()
        parts: list[Literal["person", "action", "style"]] = ["person"]
        if self.name in self.own.actions:
            parts.append("action")
        if self.style in self.own.styles and self.style != "normal":
            parts.append("style")
        keep = [part for part in parts if self._chance(0.45)]
        return frozenset(keep or [parts[int(self.rng.integers(len(parts)))]])

    def _phrase(self, phrases: tuple[str, ...]) -> str | None:
        """One of the phrases that fit what is known of the side; None where there is none."""
        sided = [phrase for phrase in phrases if "{side}" in phrase and self._fits(phrase)]
        plain = [phrase for phrase in phrases if "{side}" not in phrase]
        if sided and (not plain or self._chance(CONFIG.side)):
            return self._pick(sided)
        return self._pick(plain) if plain else None

    def _fits(self, phrase: str) -> bool:
        """A phrase with a side needs one, and `both` fits the objects of a verb alone."""
        if self.side == "both":
            return re.search(_LIMB, phrase) is not None and "{person}" not in phrase
        return self.side is not None

    def _style(self, held: frozenset[str]) -> tuple[str | None, str]:
        """The person and the adverb that show the style; None and nothing for a sentence that leaves it out."""
        if self.style is None:
            return None, ""
        wanted = CONFIG.normal_style if self.style == "normal" else CONFIG.style
        if "style" not in held and not self._chance(wanted):
            return None, ""
        words = self.own.styles[self.style] if self.own and "style" in held else STYLES[self.style]
        if words.people and "person" not in held and (not words.adverbs or self._chance(CONFIG.style_in_person)):
            return self._pick(words.people), ""
        return None, self._pick(words.adverbs) if words.adverbs else ""

    def _people(self) -> tuple[str, ...]:
        return FEMALE + PEOPLE if self.style == "feminine" else PEOPLE

    def _brief_details(self, phrase: str) -> list[str]:
        """The pace or the way for some of the short sentences."""
        found = [words for detail in self._facts(phrase) if detail.key in ("pace", "way") for words in detail.wordings]
        return [self._pick(found)] if found and self._chance(0.4) else []

    def _facts(self, phrase: str) -> list[Detail]:
        return _fitting(details(self.name, self.action, self.side, self.facts), phrase)

    def _details(self, phrase: str) -> list[str]:
        """Wordings of some measured facts, short ones first."""
        found = self._facts(phrase)
        picked: list[Detail] = []
        wanted = int(self.rng.choice([0, 1, 2, 3], p=[0.1, 0.35, 0.35, 0.2]))
        for index in self.rng.permutation(len(found)):
            detail = found[index]
            keys = {other.key for other in picked}
            rival = any(detail.key in group and keys & group for group in _RIVALS)
            if len(picked) < wanted and not rival and (detail.key != "duration" or self._chance(CONFIG.duration)):
                picked.append(detail)
        picked.sort(key=lambda detail: _ORDER.index(detail.key))
        return [self._pick(detail.wordings) for detail in picked]

    def _order(self, clause: str, adverb: str, chosen: list[str], *, person: str) -> str:
        """The parts in one of the orders that English allows; no person is a sentence without a subject."""
        near = [part for part in chosen[:1] if part in _NEAR]
        rest = chosen[len(near) :]
        openers = [part for part in rest if part.startswith(_OPENERS)]
        after_comma = person not in ("", "person")
        if after_comma and adverb and not adverb.endswith("ly") and self._chance(CONFIG.opener):
            return " ".join([f"{adverb},", clause, *near, *_joined(rest)])
        if after_comma and openers and self._chance(CONFIG.opener):
            rest.remove(openers[0])
            return " ".join([f"{openers[0]},", clause, *near, adverb, *_joined(rest)])
        if person and adverb.endswith("ly") and " " not in adverb and self._chance(0.35):
            before = re.sub(rf"^({re.escape(person)}(?: is)?) (?=\w)", rf"\1 {adverb} ", clause)
            if before != clause:
                return " ".join([before, *near, *_joined(rest)])
        return " ".join([clause, *near, adverb, *_joined(rest)])

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _pick(self, words: tuple[str, ...] | list[str]) -> str:
        return words[int(self.rng.integers(len(words)))]


_LIMB = r"\{side\} (hand|arm|foot|leg|fist)\b"
_ORDER = ("way", "path", "level", "height", "bend", "pace", "waves", "jumps", "held", "steps", "distance", "start",
          "duration", "raised", "place", "turn", "stop")  # fmt: skip
_OPENERS = ("at a", "with ", "in a", "from a", "in ", "while standing")
_NEAR = ("forward", "forwards", "ahead", "backward", "backwards")
_RIVALS = ({"distance", "duration", "held", "steps"}, {"path", "way"}, {"raised", "place", "turn", "stop"})
"""Facts of which one sentence carries one: their wordings would repeat a preposition or a participle."""


def _fitting(found: list[Detail], phrase: str) -> list[Detail]:
    """The facts that say something new beside a phrase."""
    told = {
        "way": ("to the", "turn", "forward", "ahead", "backward", "sideways", "off", "around", "curve", "circle"),
        "path": ("curve", "circle", "turn", "arc", "{side}"),
        "pace": ("fast", "full speed", "sprint", "race"),
        "place": ("forward", "stand", "along", "in place", "still", "circle"),
        "steps": ("step", "stride", "pace"),
        "turn": ("circle", "curve", "arc", "spin"),
        "level": ("up for",),
    }
    return [detail for detail in found if not any(word in phrase for word in told.get(detail.key, ()))]


def _joined(chosen: list[str]) -> list[str]:
    """Facts in a row; a participle after the verb phrase reads better after another participle with `and`."""
    out: list[str] = []
    for part in chosen:
        participle = part.split()[0].endswith("ing")
        out.append(f"and {part}" if participle and out and out[-1].split()[0].endswith("ing") else part)
    return out


def _owner(person: str) -> str:
    words = person.split()
    if any(word in words for word in ("woman", "girl", "lady")):
        return "her"
    return "his" if any(word in words for word in ("man", "guy", "boy")) else "their"


def clause(phrase: str, *, person: str, form: VerbForm, side: str | None) -> str:
    """Subject and predicate; a phrase with {person} is a whole clause already."""
    if side == "both":
        phrase = re.sub(rf"(?:\{{their\}} |the )?{_LIMB}", lambda found: "both " + _plural(found[1]), phrase)
    elif side is not None:
        phrase = phrase.replace("{side}", side)
    if "{person}" in phrase:
        return phrase.replace("{person}", person)
    first = True

    def verb(found: re.Match[str]) -> str:
        nonlocal first
        word = conjugate(found[1], form if first or form != "progressive" else "gerund")
        first = False
        return word

    return f"{person} {re.sub(r'~([a-z]+)', verb, phrase)}"


def _plural(limb: str) -> str:
    return {"foot": "feet"}.get(limb, limb + "s")
