"""Captions as somebody else would say them."""

import random
import tomllib
from itertools import product
from pathlib import Path

import pytest

from train.prepare import held_out, paraphrases
from train.prepare.actions import ACTIONS
from train.prepare.captions import uses_held_out
from train.prepare.paraphrases import OTHER_PHRASES, OTHER_STYLES, Paraphraser, exchanges
from train.prepare.words import STYLES
from train.prepare.writer import clause


def said(phrase: str, side: str) -> str:
    return clause(phrase, person="a person", form="simple", side=side).replace("{their}", "their")


def test_every_row_and_style_is_one_of_the_grammars():
    assert OTHER_PHRASES.keys() <= ACTIONS.keys()
    assert len(OTHER_PHRASES) > 0.9 * len(ACTIONS)
    assert OTHER_STYLES.keys() <= STYLES.keys()
    assert all(phrases for phrases in OTHER_PHRASES.values())


def test_none_is_held_out_wording():
    texts = [said(phrase, side) for row in OTHER_PHRASES.values() for phrase in row for side in ("left", "right")]
    texts += [word for style in OTHER_STYLES.values() for word in (*style.people, *style.adverbs)]
    texts += paraphrases.OTHER_PEOPLE
    assert not [text for text in texts if uses_held_out(text)]


def test_none_has_a_verb_that_only_the_held_out_wording_has():
    folder = Path(held_out.__file__).parent
    tables = {name: (folder / f"{name}.toml").read_text() for name in ("actions", "styles", "synonyms", "held_out")}
    known = set(" ".join(tables[name] for name in ("actions", "styles", "synonyms")).replace('"', " ").split())
    known |= {word.strip("~,") for word in known}
    verbs = {
        word.strip("~")
        for split in tomllib.loads(tables["held_out"]).values()
        for phrases in split["actions"].values()
        for phrase in phrases
        for word in phrase.split()
        if word.startswith("~")
    } - known
    assert {"stroll", "jog", "leap"} <= verbs
    found = {word.strip("~") for row in OTHER_PHRASES.values() for phrase in row for word in phrase.split()}
    assert not found & verbs


@pytest.mark.parametrize("row", ["walk", "raise-hand", "wave", "punch", "turn-around"])
def test_a_side_stays(row):
    pairs = [(key, other) for key, others in exchanges(row, None).items() for other in others]
    assert pairs
    for key, other in pairs:
        sides = [{"left", "right"} & set(text.replace("'s", "").split()) for text in (key, other)]
        assert sides[0] == sides[1], (key, other)
        assert "{" not in other
        assert "~" not in other


def test_action_style_and_person_are_exchanged_in_their_own_form():
    paraphrase = Paraphraser(1.0, 0.0)
    for form, side in product(("is raising", "raises"), ("left", "right")):
        texts = {
            paraphrase(f"a man {form} his {side} hand like an old man", "raise-hand", "elderly") for _ in range(30)
        }
        assert len(texts) > 15
        for text in texts:
            assert side in text.split()
            assert "old man" not in text
            assert not text.startswith("a man raises his")


def test_one_seed_says_the_same_and_another_something_else():
    def ten(seed: int) -> list[str]:
        paraphrase = Paraphraser()
        paraphrase.chooser.seed(seed)
        return [paraphrase("a person walks like a woman", "walk", "feminine") for _ in range(10)]

    assert ten(1) == ten(1) != ten(2)


def test_a_caption_with_nothing_to_exchange_is_as_it_was():
    assert Paraphraser(1.0, 0.0)("xyzzy", "walk", None) == "xyzzy"
    assert isinstance(Paraphraser().chooser, random.Random)
