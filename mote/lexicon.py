"""Words that training never had, as words that it had (`train.lexicon`)."""

import re
from collections.abc import Mapping

WORD = re.compile(r"(?<![\w-])[a-z]+(?![\w-])", re.IGNORECASE)


def plainer(text: str, lexicon: Mapping[str, str]) -> str:
    """The text with every word that the lexicon has in the lexicon's words: "a dude trots", "a fellow runs"."""
    return WORD.sub(lambda word: lexicon.get(word[0].lower(), word[0]), text)
