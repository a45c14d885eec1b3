"""The metrics of captions against cases whose answer is known."""

import math

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from train.metrics_text import against_references, distinct, leave_one_out, load_bert, repeating, tokens

REFERENCES = [
    ["a man waves his left hand", "someone waves with the left hand"],
    ["a person walks forward slowly", "a figure walks ahead"],
    ["the woman jumps twice", "a woman is jumping"],
]


def test_words_without_case_and_punctuation():
    assert tokens("A man's hand, waved: twice!") == ["a", "man's", "hand", "waved", "twice"]


def test_a_reference_itself_scores_fully():
    scores = against_references([texts[0].upper() + "." for texts in REFERENCES], REFERENCES)
    assert scores["Bleu-1"] == pytest.approx(1)
    assert scores["Bleu-4"] == pytest.approx(1, abs=1e-3)
    assert scores["ROUGE-L"] == pytest.approx(1)
    assert scores["CIDEr"] > 4


def test_bleu_1_by_counting():
    """5 of 6 words are in a reference, and the caption is longer than the nearer reference: no penalty."""
    scores = against_references(["a man waves a left foot", "b"], [["a man waves his left hand a"], ["b"]])
    # words found: a, man, waves, a, left of 6, and b of 1; references of 7 and 1 words: brevity exp(1 - 8 / 7)
    assert scores["Bleu-1"] == pytest.approx(6 / 7 * math.exp(1 - 8 / 7))


def test_nothing_in_common_scores_nothing():
    scores = against_references(["zebra"] * 3, REFERENCES)
    assert scores["CIDEr"] == 0
    assert scores["ROUGE-L"] == 0


@pytest.mark.parametrize(
    ("captions", "references", "says"),
    [
        (["one"], [["one"]], "two captions or more"),
        (["a", "b"], [["a"]], "as many lists"),
        (["a", "b"], [["a"], []], "none"),
    ],
)
def test_what_cannot_be_scored_is_said(captions, references, says):
    with pytest.raises(ValueError, match=says):
        against_references(captions, references)


def test_references_against_each_other_leave_the_own_one_out():
    same = [["a man waves"] * 2, ["a person walks far"] * 2]
    assert leave_one_out([*same, ["alone"]], np.random.default_rng(0))["ROUGE-L"] == pytest.approx(1)
    assert leave_one_out(REFERENCES, np.random.default_rng(0))["ROUGE-L"] < 0.8


def test_distinct_and_repeated_runs_of_words():
    assert distinct(["a b a b", "a b"], 2) == pytest.approx(2 / 4)
    assert distinct(["a"], 2) == 0
    assert repeating(["walks and walks and walks", "a man walks"], 2) == 0.5
    assert repeating(["walks and walks and walks", "a man walks"], 3) == 0.5
    assert repeating(["walks and stops"], 1) == 0


@pytest.fixture(scope="module")
def language_model(tmp_path_factory):
    """The folder of a tiny untrained BERT that knows the words of the references."""
    folder = tmp_path_factory.mktemp("bert")
    words = sorted({word for texts in REFERENCES for text in texts for word in tokens(text)})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *words]))
    BertTokenizer(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words) + 6, **sizes)).save_pretrained(folder)
    return folder


def test_bert_score_prefers_the_own_reference(language_model):
    bert = load_bert(language_model, REFERENCES)
    own, other, nothing = (
        against_references(captions, REFERENCES, bert)["BERTScore"]
        for captions in ([texts[0] for texts in REFERENCES], [REFERENCES[row - 1][0] for row in range(3)], [""] * 3)
    )
    assert own == pytest.approx(1, abs=1e-4)
    assert nothing < other < own
    assert leave_one_out(REFERENCES, np.random.default_rng(0), bert)["BERTScore"] < own


def test_a_folder_without_a_language_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no language model"):
        load_bert(tmp_path, REFERENCES)
