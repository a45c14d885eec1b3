"""What WordNet offers in place of strange words, and what is taken of it."""

from __future__ import annotations

import pytest
import torch

from train import lexicon

RECORDS = [
    {"captions": ["a person runs"], "mirrored_captions": ["a muscular fellow is raising the left arm"]}
    for _ in range(100)
]


class Listener:
    """Hears sentences of some words as unlike all others."""

    def __init__(self, *unlike: str) -> None:
        self.unlike = unlike

    def meanings(self, texts: list[str]) -> torch.Tensor:
        return torch.tensor([[0.0, 1.0] if set(text.split()) & set(self.unlike) else [1.0, 0.0] for text in texts])


@pytest.fixture
def found(monkeypatch):
    """The lexicon of a few strange words."""

    def make(*words: str, ted: Listener | None = None) -> dict[str, str]:
        monkeypatch.setattr(lexicon, "unknown", lambda known: [word for word in words if word not in known])
        return lexicon.lexicon(RECORDS, ted or Listener(), {"jogs"})

    return make


def test_a_word_becomes_one_of_the_captions_in_its_own_form(found):
    strange = ("trots", "trotting", "trotted", "dude", "brawny", "hoisting", "hoists")
    assert found(*strange) == {
        "trots": "runs", "trotting": "running", "trotted": "ran", "dude": "fellow", "brawny": "muscular",
        "hoisting": "raising",
        "hoists": "raises",
    }  # fmt: skip


def test_what_is_known_or_near_nothing_is_left_out(found):
    assert found("runs", "jogs", "cello", "zzz") == {}


def test_what_is_not_believed_is_left_out(found):
    assert found("trots", "dude", ted=Listener("trots")) == {"dude": "fellow"}


def test_a_seldom_word_stands_for_nothing(monkeypatch, found):
    monkeypatch.setattr(lexicon, "SELDOM", 101)
    assert found("hoists") == {}


def test_the_strange_words_of_wordnet_come_in_all_forms():
    words = lexicon.unknown({"trot"})
    assert {"trots", "trotting", "trotted", "burly"} <= {*words}
    assert "trot" not in words
    assert words == sorted({*words})
