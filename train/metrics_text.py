"""The metrics of captions: against what people would say (pycocoevalcap's scorers), and how much they repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import bert_score
import numpy as np
from bert_score import BERTScorer
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from transformers import AutoConfig


def tokens(sentence: str) -> list[str]:
    """Lower-case words without punctuation, as the scorers count them."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", sentence.lower())


def against_references(
    captions: Sequence[str], references: Sequence[Sequence[str]], bert: BERTScorer | None = None
) -> dict[str, float]:
    """Bleu-1, Bleu-4, ROUGE-L, CIDEr and, where there is a scorer, mean BERTScore F1 of a set of captions, each beside
    its own references.

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
    scores = {"Bleu-1": bleu[0], "Bleu-4": bleu[3], "ROUGE-L": float(rouge), "CIDEr": float(cider)}
    if bert is not None:
        said = [caption or "." for caption in captions]  # the library cannot read an empty one
        scores["BERTScore"] = bert.score(said, [list(texts) for texts in references])[2].mean().item()
    return scores


def layers(folder: Path) -> int:
    """How many layers the language model in a local folder has.

    Raises:
        ValueError: the folder holds no model that transformers can read.
    """
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True).num_hidden_layers
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder} holds no language model: give a folder with its config.json and weights") from error


def load_bert(folder: Path, references: Sequence[Sequence[str]]) -> BERTScorer:
    """BERTScore (Zhang et al. 2020) by a language model in a local folder; words count by how rare the references make
    them.

    A folder with the name of a published model, such as roberta-large, is used as the field does: by the layer that the
    authors found best, and rescaled by their baseline.  Of any other model the last layer counts, as it is.

    Raises:
        ValueError: the folder holds no model that transformers can read.
    """
    depth = layers(folder)
    baseline = Path(bert_score.__file__).parent / "rescale_baseline" / "en" / f"{folder.name}.tsv"
    return BERTScorer(
        model_type=str(folder),
        num_layers=bert_score.utils.model2layers.get(folder.name, depth),
        idf=True,
        idf_sents=[text for texts in references for text in texts],
        lang="en",
        rescale_with_baseline=baseline.exists(),
        baseline_path=str(baseline),
    )


def leave_one_out(
    references: Sequence[Sequence[str]], chance: np.random.Generator, bert: BERTScorer | None = None
) -> dict[str, float]:
    """The same figures for people, or for the grammar: one reference of each clip against its others."""
    chosen = [texts for texts in references if len(texts) > 1]
    drawn = [int(chance.integers(len(texts))) for texts in chosen]
    left = [[*texts[:number], *texts[number + 1 :]] for texts, number in zip(chosen, drawn, strict=True)]
    return against_references([texts[number] for texts, number in zip(chosen, drawn, strict=True)], left, bert)


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
