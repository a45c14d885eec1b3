"""The metrics of captions: against what people would say (pycocoevalcap's scorers), and how much they repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge


def tokens(sentence: str) -> list[str]:
    """Lower-case words without punctuation, as the scorers count them."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", sentence.lower())


def against_references(captions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Bleu-1, Bleu-4, ROUGE-L and CIDEr of a set of captions, each beside its own references.

    Raises:
        ValueError: there is one caption alone, whose CIDEr is zero by construction, or a caption has no reference.
    """
    if len(captions) < 2:
        raise ValueError("CIDEr weighs words by how rare they are in a set: score two captions or more together")
    if len(captions) != len(references) or not all(references):
        raise ValueError(f"{len(captions)} captions need as many lists of references, none of them empty")
    wanted = {row: [" ".join(tokens(text)) for text in texts] for row, texts in enumerate(references)}
    got = {row: [" ".join(tokens(text))] for row, text in enumerate(captions)}
    bleu, _ = Bleu(4).compute_score(wanted, got, verbose=0)
    rouge, _ = Rouge().compute_score(wanted, got)
    cider, _ = Cider().compute_score(wanted, got)
    return {"Bleu-1": bleu[0], "Bleu-4": bleu[3], "ROUGE-L": float(rouge), "CIDEr": float(cider)}


def leave_one_out(references: Sequence[Sequence[str]], chance: np.random.Generator) -> dict[str, float]:
    """The same figures for people, or for the grammar: one reference of each clip against its others."""
    chosen = [texts for texts in references if len(texts) > 1]
    drawn = [int(chance.integers(len(texts))) for texts in chosen]
    left = [[*texts[:number], *texts[number + 1 :]] for texts, number in zip(chosen, drawn, strict=True)]
    return against_references([texts[number] for texts, number in zip(chosen, drawn, strict=True)], left)


def grams(sentence: str, length: int) -> list[tuple[str, ...]]:
    """All runs of so many words."""
    words = tokens(sentence)
    return [tuple(words[start : start + length]) for start in range(len(words) - length + 1)]


def distinct(sentences: Sequence[str], length: int) -> float:
    """Distinct-n (Li et al. 2016): different runs of n words over all runs; 0 where there is none."""
    every = [gram for sentence in sentences for gram in grams(sentence, length)]
    return len(set(every)) / max(1, len(every))


def repeating(sentences: Sequence[str], length: int) -> float:
    """Share of the sentences that say a run of n words twice."""
    return sum(max(Counter(grams(text, length)).values(), default=0) > 1 for text in sentences) / max(1, len(sentences))
