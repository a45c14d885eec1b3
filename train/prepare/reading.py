"""What a sentence claims, read by the tables that the grammar writes with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mote.said import Said
from mote.spelled import NUMBERS
from train.prepare.actions import ACTIONS
from train.prepare.details import FAST, IN_PLACE, SLOW, STEADY
from train.prepare.held_out import HELD_OUT
from train.prepare.words import FEMALE, STYLES, VerbForm, conjugate, number


@dataclass(frozen=True, kw_only=True)
class Claims(Said):
    """What a sentence says, its style too; the action is a group of the action table, and `side` the limb's (left,
    right, both) or the side of the action itself."""

    style: str | None = None


@cache
def read_caption(text: str) -> Claims:
    """The claims of one sentence, in known or held-out wording."""
    text = " ".join(re.sub(r"[^a-z0-9' -]", " ", text.lower()).split())
    text = re.sub(r"\bboth (?:of )?(?:their|his|her|its|the)\b", "both", text)
    style, rest = _read_style(text)
    action, side = _read_action(re.sub(_any(IN_PLACE), " ", rest))
    limb = re.search(rf"\b(left|right|both)(?: of \w+)? {_LIMB}\b|\b{_LIMB} of .*?\b(left|right)\b", rest)
    steps = re.search(rf"\b{_COUNT} steps\b", rest)
    meters = re.search(rf"\b{_COUNT}( and a half)? meters?\b", rest)
    seconds = re.search(rf"\b{_COUNT} seconds?\b", rest)
    times = re.search(rf"\b{_COUNT} times\b", rest)
    in_the_air = action is not None and ACTIONS[action].kind in ("kick", "jump")
    return Claims(
        action=action,
        side=limb[1] or limb[2] if limb else side,
        style=style,
        turn=_read_turn(rest),
        steps=_count(steps[1]) if steps else None,
        speed=_first({word: _any(words) for word, words in _SPEEDS.items()}, rest),
        meters=_count(meters[1]) + (0.5 if meters[2] else 0.0) if meters else None,
        seconds=_count(seconds[1]) if seconds else None,
        times=_count(times[1]) if times else 2 if re.search(r"\btwice\b", rest) else None,
        path=_first(_PATHS, rest),
        turned=_first(_TURNS, rest),
        raised=None if in_the_air else _first(_LEVELS, rest),
        stops=True if re.search(r"\b(?:stops?|to a (?:stop|halt)|before standing still)\b", rest) else None,
    )


def _first(patterns: Mapping[str, str], text: str) -> str | None:
    """The first of some names whose pattern is in a text."""
    return next((name for name, pattern in patterns.items() if re.search(pattern, text)), None)


def with_seconds(text: str, seconds: int) -> str:
    """The sentence with another number of seconds, where it names one."""
    return re.sub(rf"\b{_COUNT} seconds?\b", f"{number(seconds)} seconds", text)


def _count(word: str) -> int:
    """A number in words or digits."""
    return NUMBERS.index(word) if word in NUMBERS else int(word)


def uses_held_out(text: str) -> bool:
    """Whether a sentence holds wording that the grammar keeps from training."""
    return _held_out_pattern().search(text.lower().replace(",", "")) is not None


_LIMB = r"(?:hands?|arms?|foot|feet|legs?|fists?|finger|palm)"
_SPEEDS = {
    "slow": (*SLOW, "slow"),
    "fast": (*FAST, "rapidly", "briskly", "full speed"),
    "steady": STEADY,
}
_PATHS = {
    "circle": r"\b(?:in|around) an? (?:counterclockwise |clockwise )?circle\b",
    "curve": r"\b(?:a|an) (?:curve|curved path|arc)\b",
    "straight": r"\bstraight\b",
}
_TURNS = {
    "slight": r"\bturn\w* (?:slightly|a little|a bit)\b",
    "quarter": r"\bquarter turn\b|\bninety degrees\b",
    "full": r"\b(?:full turn|once around|a full circle)\b",
    "half": r"\bhalf turn\b|\bturn\w* around\b",
}
_LEVELS = {
    "over": r"\b(?:above|over) (?:their|his|her|its|the) head\b|\bhigh in the air\b|\bup high\b",
    "head": r"\bhead height\b|\bheight of (?:the|their|his|her) head\b",
    "shoulder": r"\bshoulder height\b",
    "chest": r"\bchest height\b|\bbelow the shoulder\b",
}
_COUNT = rf"({'|'.join(NUMBERS)}|\d+)"
_FORMS: tuple[VerbForm, ...] = ("base", "simple", "gerund")


_ON_THE_WAY = ("bend", "kneel", "lean", "squat", "stand")


def _any(words: tuple[str, ...]) -> str:
    return rf"\b(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})\b"


def _pattern(phrase: str) -> str:
    """A regular expression for every form of a phrase; the group `side` catches its side."""
    out = (
        re.escape(phrase.replace(",", ""))
        .replace(r"\ ", " ")
        .replace(r"\~", "~")
        .replace(r"\{", "{")
        .replace(r"\}", "}")
    )
    out = out.replace("{their} {side} ", "{owner}{side} ").replace("the {side} ", "{owner}{side} ")
    out = out.replace("{their}", "(?:their|his|her|its|the)").replace("{person}", r"[a-z ]+?")
    out = out.replace("{owner}", "(?:their |his |her |its |the )?").replace("{side}", "(left|right|both)", 1)
    out = out.replace("{side}", "(?:left|right|both)")
    out = re.sub(
        r"\b(hand|arm|foot|leg|fist)\b",
        lambda limb: f"(?:{limb[1]}s?|feet)" if limb[1] == "foot" else f"{limb[1]}s?",
        out,
    )
    return rf"\b{re.sub(r'~([a-z]+)', lambda verb: _forms(verb[1]), out)}\b"


def _forms(verb: str) -> str:
    return f"(?:{'|'.join(dict.fromkeys(conjugate(verb, form) for form in _FORMS))})"


@cache
def _action_patterns() -> tuple[tuple[str, str | None, re.Pattern[str]], ...]:
    """The group of every phrase, the side that it has by itself (hands without a side are both), and its pattern."""
    return tuple(
        (
            action.group,
            "both" if "both" in name and re.search(r"\b(hands|arms)\b", phrase) else None,
            re.compile(_pattern(phrase)),
        )
        for name, action in ACTIONS.items()
        for phrase in dict.fromkeys(
            (
                *action.phrases,
                *action.heard,
                *(phrase for held in HELD_OUT.values() for phrase in held.actions.get(name, ())),
            )
        )
    )


@cache
def _held_out_pattern() -> re.Pattern[str]:
    phrases = [
        _pattern(phrase).replace("(left|right|both)", "(?:left|right|both)")
        for held in HELD_OUT.values()
        for action in held.actions.values()
        for phrase in action
    ]
    words = tuple(word for held in HELD_OUT.values() for word in held.words)
    return re.compile("|".join([_any(words), *phrases]))


def _read_action(text: str) -> tuple[str | None, str | None]:
    """The action whose phrase comes first in a sentence, the longest of those that begin there.

    What one does on the way to something else, as in "from a stand, a person walks", is the action where there is no
    other.
    """
    found = [
        (match.start(), -len(match[0]), group, side, match)
        for group, side, pattern in _action_patterns()
        if (match := pattern.search(text))
    ]
    if not found:
        return None, None
    _, _, group, side, match = min(found, key=lambda hit: (hit[2] in _ON_THE_WAY, *hit[:2]))
    return group, match[1] if match.re.groups else side


@cache
def _style_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (name, re.compile(rf"\b(?:an?|the) {re.sub('^(?:an?|the) ', '', word)}\b" if person else _any((word,))))
        for styles in (STYLES, *(held.styles for held in HELD_OUT.values()))
        for name, style in styles.items()
        for person, words in (
            (True, (*style.people, *(FEMALE if name == "feminine" else ()))),
            (False, style.adverbs),
        )
        for word in words
    )


def _read_style(text: str) -> tuple[str | None, str]:
    """The style with the longest wording in a sentence, and the sentence without any such wording."""
    hits = [(len(match[0]), name) for name, pattern in _style_patterns() if (match := pattern.search(text))]
    rest = text
    for _, pattern in sorted(_style_patterns(), key=lambda item: -len(item[1].pattern)):
        rest = pattern.sub(" someone ", rest)
    return (max(hits)[1] if hits else None), re.sub(r"\s+", " ", rest)


def _read_turn(text: str) -> str | None:
    if re.search(r"\b(?:counter|anti)[- ]?clockwise\b", text):
        return "left"
    if re.search(r"\bclockwise\b", text):
        return "right"
    turning = r"\b(?:turn|pivot|rotat|veer|spin|curve|arc|bend off|bends off|bending off)\w*\b[a-z ]*?\b(left|right)\b"
    match = re.search(turning, text) or re.search(r"\b(left|right) turn\b", text)
    return match[1] if match else None
