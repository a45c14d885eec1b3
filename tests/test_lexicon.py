"""Words that training never had are heard as words that it had."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from mote.checkpoint import LEXICON, CheckpointError, digest, load_lexicon
from mote.lexicon import plainer
from mote.pipeline import MoTe
from mote.reading import HEARD

WORDS = {"trots": "runs", "dude": "fellow", "up": "down"}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a dude trots", "a fellow runs"),
        ("A Dude trots.", "A fellow runs."),
        ("the dude's hand", "the fellow's hand"),
        ("a warm-up, trotskyite", "a warm-up, trotskyite"),
        ("a person walks", "a person walks"),
    ],
)
def test_whole_words_are_replaced(text, plain):
    assert plainer(text, WORDS) == plain


def test_a_strange_word_is_heard_half_as_what_it_says_and_half_as_a_known_one(tiny_model):
    ted = tiny_model.ted
    model = MoTe(tiny_model.med, ted, tiny_model.mtdm, lexicon=WORDS)
    own, plain = ted.encode(["a dude walks", "a fellow walks"]).float()
    heard = model.reader.heard(["a person walks", "a dude walks"])
    torch.testing.assert_close(heard, torch.stack([ted.encode(["a person walks"])[0], own.lerp(plain, HEARD)]))
    assert 0 < HEARD < 1
    torch.testing.assert_close(tiny_model.reader.heard(["a dude walks"])[0], own)


def test_it_is_read_with_the_model_and_is_part_of_it(tiny_folder, tmp_path):
    assert load_lexicon(tmp_path) == {}
    shutil.copytree(tiny_folder, tmp_path, dirs_exist_ok=True)
    before = digest(tmp_path)
    (tmp_path / LEXICON).write_text(json.dumps(WORDS))
    model = MoTe.from_pretrained(tmp_path)
    assert model.reader.lexicon == WORDS
    assert digest(tmp_path) == model.digest != before


@pytest.mark.parametrize(("text", "said"), [("[]", "not an object"), ('{"a": 3}', "each word another"), ("{", "JSON")])
def test_what_is_no_lexicon_is_told_so(tmp_path, text, said):
    (tmp_path / LEXICON).write_text(text)
    with pytest.raises(CheckpointError, match=said):
        load_lexicon(tmp_path)
