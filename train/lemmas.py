"""Parts of speech and lemmas of sentences that nobody tagged, learned from those that somebody did."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def words(sentence: str) -> list[str]:
    """The words that the published captions have a token for: letters alone, hyphens gone, `n't` and `'s` left out."""
    joined = re.sub(r"n't\b|'\w+", "", sentence.lower().replace("-", ""))
    return re.findall(r"[a-z]+", joined)


def tokens_of(record: Mapping[str, Any]) -> list[list[str]]:
    """The tokens, `word/PART OF SPEECH`, of each caption of a clip's record, in the order of the captions.

    Raises:
        ValueError: the record has none.
    """
    captions, tagged = record["captions"], record.get("tokens")
    if not tagged or len(tagged) != len(captions):
        raise ValueError(
            f"{record['name']} has no tokens for its captions: the protocol of Guo et al. reads words with their parts "
            "of speech, which the text files of HumanML3D and KIT-ML have; prepare one of these with train.prepare"
        )
    return [one.split() if isinstance(one, str) else list(one) for one in tagged]


def lemmatised(tokens: Sequence[str]) -> str:
    """A caption as TM2T (Guo et al. 2022b) compares it: the words of its tokens, verbs and nouns as lemmas."""
    return " ".join(token.rpartition("/")[0] for token in tokens)


class Lemmas:
    """What tagged captions say of each word most often.

    The published tokens are spaCy's.  A generated caption has none, and gets for each word the token that it has in
    most of these; a word that none of them has stays as it is, of another kind.
    """

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        for record in records:
            for caption, tokens in zip(record["captions"], tokens_of(record), strict=True):
                if len(said := words(caption)) == len(tokens):  # otherwise nothing tells which token is of which word
                    for word, token in zip(said, tokens, strict=True):
                        seen[word][token] += 1
        self.known = {word: counts.most_common(1)[0][0] for word, counts in seen.items()}

    def tokens(self, sentence: str) -> list[str]:
        """Tokens of a sentence, `word/PART OF SPEECH`."""
        return [self.known.get(word, f"{word}/OTHER") for word in words(sentence)]
