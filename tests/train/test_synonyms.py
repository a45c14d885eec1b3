"""Captions in other people's words."""

import random

import pytest

from train.prepare.captions import uses_held_out
from train.prepare.synonyms import SYNONYMS, Rewording

OTHERS = {"walks": ["strolls", "ambles"], "man": ["fellow"], "an old man": ["a pensioner"]}


def test_a_share_of_the_words_that_have_synonyms_is_exchanged() -> None:
    assert Rewording(0.0, synonyms=OTHERS)("a man walks, slowly") == "a man walks, slowly"
    reword = Rewording(1.0, synonyms=OTHERS)
    assert {reword("a man walks, slowly") for _ in range(20)} == {"a fellow strolls, slowly", "a fellow ambles, slowly"}
    reword = Rewording(0.5, synonyms=OTHERS)
    assert 160 < sum(reword("man man man man").split().count("fellow") for _ in range(100)) < 240


def test_a_phrase_goes_before_the_words_in_it_and_a_word_is_a_whole_one() -> None:
    assert Rewording(1.0, synonyms=OTHERS)("an old man and a human") == "a pensioner and a human"


def test_one_seed_gives_the_same_words() -> None:
    first, second = (Rewording(0.5, chooser=random.Random(1)) for _ in range(2))
    sentences = ["a person walks slowly", "a man raises both hands"] * 20
    assert list(map(first, sentences)) == list(map(second, sentences)) != list(map(Rewording(0.5), sentences))


@pytest.mark.parametrize(
    ("verb", "other"), [("raise", "uplift"), ("raises", "uplifts"), ("raising", "uplifting"), ("jumps", "soars")]
)
def test_verbs_are_exchanged_in_their_own_form(verb: str, other: str) -> None:
    assert other in SYNONYMS[verb]


def test_a_side_keeps_its_word() -> None:
    def sides(phrase: str) -> set[str]:
        return {"left", "right"} & set(phrase.split())

    assert not [(key, other) for key, others in SYNONYMS.items() for other in others if sides(key) != sides(other)]


def test_a_phrase_keeps_whose_limb_it_names() -> None:
    assert "swings her left arm from side to side" in SYNONYMS["waves her left hand"]
    assert "cheering with both arms up" in SYNONYMS["raising both arms"]
    assert not [phrase for key, others in SYNONYMS.items() for phrase in (key, *others) if "{" in phrase]


def test_no_synonym_is_held_out_wording() -> None:
    assert not [other for others in SYNONYMS.values() for other in others if uses_held_out(other)]
