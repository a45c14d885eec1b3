"""A sentence of one action after another, as a sentence for each: what the model makes one by one, to be joined."""

from __future__ import annotations

import re
from itertools import pairwise

import torch

from mote.models.claims import ACTION
from mote.models.words import wordless
from mote.pipeline import MoTe
from mote.spelled import numbers

THEN = re.compile(
    r"[,;.]?\s+(?:(?:and|but|before)\s+)?(?:then|afterwards?|finally|after\s+(?:that|which)|followed\s+by)\b,?\s*",
    re.IGNORECASE,
)
"""What stands between one action and the next."""
CUT = re.compile(rf"{THEN.pattern}|[,;]\s+(?:and\s+)?", re.IGNORECASE)
"""The same, and what may stand there as well in a sentence that has one of these."""
SUBJECT = re.compile(
    r"(?:(?:an?|the|some|one|this|that)\s+(?:[\w-]+\s+){0,3}?)?"
    r"(?:person|adult|human(?:\s+being|\s+figure)?|man|woman|boy|girl|child|kid|guy|figure|character|actor|dancer|subject"
    r"|someone|somebody|they|he|she|it|i|you|we)\b",
    re.IGNORECASE,
)
"""Who does it."""
ASIDE = re.compile(
    r"(?:(?:comes?|coming) to|(?:stop|turn|go|continue|keep)\w*|at|in|on|from|with|without|for|like|as|over|to)\b",
    re.IGNORECASE,
)
"""How a part begins that is the end of a way, as the model knows it from single clips, or tells how it is done."""
MANNER = re.compile(rf"\w+ing\b|{ASIDE.pattern}", re.IGNORECASE)
"""How a part begins whose numbers are those of the part before."""
SURE = 0.8
"""How probable it is at the least that a part claims its action (train/NOTES.md)."""
ARTICLE = re.compile(r"an?\b", re.IGNORECASE)
"""How a part begins that has no verb."""
STILL = "stand"
"""The action that is none, but where another begins or ends."""


def one_by_one(model: MoTe, text: str) -> list[str]:
    """The actions of a sentence that says "then" or the like, a sentence for each, in their order.

    Two neighbouring parts are told apart where the model's reader of claims is sure that they claim two actions, or
    where each names numbers of its own: a walk that ends in a turn stays one, three metres and then four steps do not.
    Who does the first does the rest, unless it is said.  All other texts stay whole, as does every text where the model
    has no such reader.
    """
    text = text.strip()
    if not THEN.search(text) or model.claims is None or ACTION not in model.claims.config.classes:
        return [text]
    cuts = [(0, 0), *(cut.span() for cut in CUT.finditer(text)), (len(text), len(text))]
    spans = [(end, start) for (_, end), (start, _) in pairwise(cuts) if end < start]
    parts = [text[start:end] for start, end in spans]
    if any(map(wordless, parts)):
        return [text]
    claimed = zip(parts, _claimed(model, parts), strict=True)
    actions = [None if action == STILL or ASIDE.match(part) else action for part, action in claimed]
    counted = [bool(numbers(part)) and not MANNER.match(part) for part in parts]
    told: list[tuple[int, int]] = []
    last: str | None = None
    named = False
    for (start, end), action, counts in zip(spans, actions, counted, strict=True):
        if told and not (named and counts) and (last is None or action is None or action == last):
            told[-1] = (told[-1][0], end)
            named = named or counts
        else:
            told.append((start, end))
            named = counts
        last = action or last
    sentences = [text[start:end].rstrip(" ,;.") for start, end in told]
    if len(sentences) == 1:
        return [text]
    who = (SUBJECT.search if ASIDE.match(text) else SUBJECT.match)(sentences[0])
    return [sentences[0], *(_whole(who[0], sentence) if who else sentence for sentence in sentences[1:])]


def _whole(who: str, part: str) -> str:
    """A sentence of what somebody does: "waves", "a jump"."""
    if SUBJECT.match(part):
        return part
    return f"{who} does {part}" if ARTICLE.match(part) else f"{who} {part}"


@torch.inference_mode()
def _claimed(model: MoTe, parts: list[str]) -> list[str | None]:
    """The action that each part surely claims, if it does."""
    claims = model.reader.claimed(parts)
    assert model.claims is not None
    assert claims is not None
    sure, likeliest = claims[ACTION].max(dim=-1)
    names = (*model.claims.config.classes[ACTION], None)
    rows = torch.where(sure >= SURE, likeliest, len(names) - 1)
    return [names[row] for row in rows.tolist()]
