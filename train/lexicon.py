"""Words that no caption of training has, each with one that captions have and that means nearly the same: a model hears
both (`mote.reading.Reader.heard`).

WordNet 3.0 (Fellbaum 1998) tells what is nearly the same: what stands in one synset with a word, is more general by one
step or two, or is similar to it, and the adjectives by which an adjective is defined.  TED tells which of it to
believe.  No caption of another split is looked at.

Run as `python -m train.lexicon --data PREPARED --model checkpoints/mote-open`: it writes lexicon.json there, and the
licence of WordNet beside it.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import wn
from lemminflect import getAllInflections, getAllLemmas, getInflection

from mote.checkpoint import LEXICON, load_ted
from mote.models.text_autoencoder import TextAutoencoder
from train.command import command
from train.data import read_manifest

SENSES = 6
"""Of a word, the most usual in texts that WordNet counted."""
USUAL, STEP, COMMON = 0.35, 1.0, 0.12
"""What a sense costs for each that is more usual, what a step away from it costs, and what the logarithm of the number
of captions with the other word is worth."""
LEAST = -0.6
"""The least that another word is worth."""
SELDOM = 8
"""In fewer captions a word is not well known."""
ALIKE = 0.6
"""The least cosine of what TED takes the two for, in the SENTENCES."""
LIGHT = frozenset({"be", "do", "get", "give", "have", "make", "take"})
"""Verbs that say next to nothing."""
SENTENCES = {"VERB": "a person {}", "NOUN": "a {}", "ADJ": "a {} person", "ADV": "a person moves {}"}
"""By the part of speech, as lemminflect calls it."""
SYNSETS = {"VERB": "v", "NOUN": "n", "ADJ": "as", "ADV": "r"}
"""The same, as WordNet calls it."""
INFLECTED = {"VERB": ("VB", "VBP", "VBZ", "VBG", "VBD", "VBN"), "NOUN": ("NN", "NNS"), "ADJ": ("JJ",), "ADV": ("RB",)}
"""The forms that a word may have."""
LICENCE = "lexicon-LICENSE.txt"
TABLES = "actions", "paraphrases", "styles", "synonyms"
"""What captions are written by, and by what TED learned other words for them (`train.wording`)."""


def spoken(text: str) -> set[str]:
    """The words of a text."""
    return set(re.findall(r"[a-z]+(?:['-][a-z]+)*", text.lower()))


@cache
def lemmas(word: str) -> tuple[tuple[str, str], ...]:
    """Each lemma that a word may be a form of, with its part of speech."""
    found = getAllLemmas(word).items()
    return tuple((lemma.lower(), part) for part, each in found if part in SYNSETS for lemma in each)


@cache
def wordnet() -> wn.WordNet:
    return wn.WordNet()


def near(sense: Any) -> Iterator[tuple[str, float]]:
    """Lemmas near a synset, its own first, each with the steps to it."""
    for synset, steps in (
        (sense, 0),
        *((other, 0.5) for other in sense.verb_groups()),
        *((other, 1) for other in (*sense.hypernyms(), *sense.similar_tos())),
        *((beyond, 2) for other in sense.hypernyms() for beyond in other.hypernyms()),
    ):
        for lemma in synset.lemmas():
            yield lemma.name().lower(), steps
    if sense.pos() in SYNSETS["ADJ"]:
        for word in spoken(sense.definition()):
            yield from ((lemma, 1) for lemma, part in lemmas(word) if part == "ADJ")


def others(word: str, common: Counter[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The lemmas that may stand in place of a word, the worthiest first, each with its part of speech and the lemma of
    the word itself; `common` are the captions with each lemma and part of speech."""
    found: dict[tuple[str, str, str], float] = {}
    senses = [
        (sum(name.count() for name in sense.lemmas() if name.name().lower() == own), own, part, sense)
        for own, part in lemmas(word)
        for sense in wordnet().synsets(own)
        if sense.pos() in SYNSETS[part]
    ]
    for rank, (_, own, part, sense) in enumerate(sorted(senses, key=lambda one: -one[0])[:SENSES]):
        for lemma, steps in near(sense):
            if lemma not in LIGHT | {own} and common[lemma, part] >= SELDOM:
                worth = COMMON * math.log(common[lemma, part]) - STEP * steps - USUAL * rank
                key = (lemma, part, own)
                found[key] = max(found.get(key, worth), worth)
    ranked = sorted(((worth, *key) for key, worth in found.items() if worth >= LEAST), reverse=True)
    return [(lemma, part, own) for _, lemma, part, own in ranked]


def inflected(word: str, own: str, other: str, part: str) -> str:
    """Another lemma in the form in which a word is of its own lemma."""
    for form in INFLECTED[part]:
        if word in getInflection(own, form) and (said := getInflection(other, form)):
            return said[0].lower()
    return other


def unknown(known: set[str]) -> list[str]:
    """All words of WordNet in all their forms, but for those that are known."""
    forms: set[str] = set()
    for part, letters in SYNSETS.items():
        for synset in chain(*map(wordnet().all_synsets, letters)):
            for lemma in {name.name() for name in synset.lemmas()}:
                if lemma.isalpha() and lemma.islower():
                    forms |= {
                        lemma,
                        *(
                            form
                            for tag, each in getAllInflections(lemma, part).items()
                            if tag in INFLECTED[part]
                            for form in each
                        ),
                    }
    return sorted(form for form in forms - known if form.isalpha() and form.islower())


def believed(ted: TextAutoencoder, pairs: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], float]:
    """How alike TED takes words for: the cosine of each pair, of a part of speech."""
    asked = dict.fromkeys(pairs)
    if not asked:
        return {}
    texts = sorted({SENTENCES[part].format(word) for *both, part in asked for word in both}, key=len)
    rows = {text: row for row, text in enumerate(texts)}
    meanings = torch.cat([F.normalize(ted.meanings(texts[at : at + 256]), dim=-1) for at in range(0, len(texts), 256)])
    one, other = (torch.tensor([rows[SENTENCES[pair[2]].format(pair[side])] for pair in asked]) for side in (0, 1))
    cosines = (meanings[one] * meanings[other]).sum(dim=-1).tolist()
    return dict(zip(asked, cosines, strict=True))


def lexicon(records: Sequence[dict[str, Any]], ted: TextAutoencoder, taught: set[str]) -> dict[str, str]:
    """Words with those to hear beside them; `taught` are those that need none, beside those of captions.

    Args:
        records: clips of training.
    """
    words = Counter(
        word
        for record in records
        for side in ("captions", "mirrored_captions")
        for text in record[side]
        for word in spoken(text)
    )
    common: Counter[tuple[str, str]] = Counter()
    for word, count in words.items():
        for lemma in lemmas(word):
            common[lemma] += count
    choices = {
        word: [(inflected(word, own, other, part), part) for other, part, own in found]
        for word in unknown({*words} | taught)
        if (found := others(word, common))
    }
    alike = believed(ted, ((word, *choice) for word, found in choices.items() for choice in found))
    chosen = {
        word: next((other for other, part in found if alike[word, other, part] >= ALIKE), None)
        for word, found in choices.items()
    }
    return {word: other for word, other in chosen.items() if other is not None}


@command
def main(arguments: Sequence[str] | None) -> None:
    """Write lexicon.json and what its licence asks into the model's folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--model", type=Path, required=True, help="the model's folder, to get lexicon.json")
    options = parser.parse_args(arguments)
    tables = (Path(__file__).parent / "prepare" / f"{name}.toml" for name in TABLES)
    taught = {word for table in tables for word in spoken(table.read_text(encoding="utf-8"))}
    found = lexicon(read_manifest(options.data, "train"), load_ted(options.model / "ted"), taught)
    (options.model / LEXICON).write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    licence = Path(wn.__file__).parent / "data" / "wordnet-3.0" / "LICENSE"
    shutil.copyfile(licence, options.model / LICENCE)
    print(f"{len(found)} words")


if __name__ == "__main__":
    main()
