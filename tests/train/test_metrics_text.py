"""The metrics of captions against cases whose answer is known."""

import math
from collections import Counter

import bert_score
import numpy as np
import pytest
import torch
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
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


CAPTIONS = ["a man waves with his left hand", "the person walks slowly forward", "a woman jumps, twice twice!"]


def test_bleu_rouge_and_cider_are_those_of_the_package():
    scores = against_references(CAPTIONS, REFERENCES)
    said = {row: [text.replace(",", "").replace("!", "")] for row, text in enumerate(CAPTIONS)}
    wanted = dict(enumerate(REFERENCES))
    bleu = Bleu(4).compute_score(wanted, said, verbose=0)[0]
    expected = {"Bleu-1": bleu[0], "Bleu-4": bleu[3], "ROUGE-L": Rouge().compute_score(wanted, said)[0]}
    assert scores == pytest.approx(expected | {"CIDEr": Cider().compute_score(wanted, said)[0]}, abs=1e-6)


def counted(text: str, length: int) -> Counter:
    words = tokens(text)
    return Counter(tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def test_bleu_4_by_its_formula():
    """Papineni et al. 2002: clipped runs of words over all, their geometric mean, times a penalty for shortness."""
    found, every = np.zeros(4), np.zeros(4)
    for caption, wanted in zip(CAPTIONS, REFERENCES, strict=True):
        for length in (1, 2, 3, 4):
            said = counted(caption, length)
            most = counted(wanted[0], length) | counted(wanted[1], length)
            found[length - 1] += (said & most).total()
            every[length - 1] += said.total()
    own = [len(tokens(text)) for text in CAPTIONS]
    near = [
        min((abs(len(tokens(text)) - size), len(tokens(text))) for text in texts)[1]
        for size, texts in zip(own, REFERENCES, strict=True)
    ]
    penalty = min(1.0, math.exp(1 - sum(near) / sum(own)))
    expected = penalty * math.exp(np.log((found + 1e-15) / every).mean())
    assert against_references(CAPTIONS, REFERENCES)["Bleu-4"] == pytest.approx(expected, abs=1e-6)


def common(one: list[str], other: list[str]) -> int:
    """Words of the longest common subsequence."""
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 1 + common(one[1:], other[1:])
    return max(common(one[1:], other), common(one, other[1:]))


def test_rouge_by_its_formula():
    """Lin 2004: the F measure, beta 1.2, of the best precision and the best recall by the longest common run."""
    values = []
    for caption, wanted in zip(CAPTIONS, REFERENCES, strict=True):
        shared = [(common(tokens(caption), tokens(text)), len(tokens(text))) for text in wanted]
        precision = max(count for count, _ in shared) / len(tokens(caption))
        recall = max(count / size for count, size in shared)
        values.append((1 + 1.2**2) * precision * recall / (recall + 1.2**2 * precision))
    assert against_references(CAPTIONS, REFERENCES)["ROUGE-L"] == pytest.approx(np.mean(values), abs=1e-6)


def test_cider_by_its_formula():
    """CIDEr-D (Vedantam et al. 2015): clipped cosines of tf-idf, a penalty for another length, ten times the mean."""
    values = []
    for length in (1, 2, 3, 4):
        often = Counter(gram for texts in REFERENCES for gram in {g for text in texts for g in counted(text, length)})

        def weigh(text: str, length: int = length, often: Counter = often) -> dict:
            return {
                gram: count * (math.log(len(REFERENCES)) - math.log(max(1, often[gram])))
                for gram, count in counted(text, length).items()
            }

        for caption, wanted in zip(CAPTIONS, REFERENCES, strict=True):
            for text in wanted:
                said, meant = weigh(caption), weigh(text)
                size = math.hypot(*said.values()) * math.hypot(*meant.values())
                shared = sum(min(said[gram], meant[gram]) * meant[gram] for gram in said.keys() & meant.keys())
                apart = len(tokens(caption)) - len(tokens(text))
                values.append((shared / size if size else 0) * math.exp(-(apart**2) / (2 * 6**2)))
    assert against_references(CAPTIONS, REFERENCES)["CIDEr"] == pytest.approx(10 * np.mean(values), abs=1e-6)


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


def test_bert_score_is_that_of_the_package(language_model):
    scores = against_references(CAPTIONS, REFERENCES, load_bert(language_model, REFERENCES))
    _, _, expected = bert_score.score(CAPTIONS, REFERENCES, model_type=str(language_model), num_layers=1, idf=True)
    assert scores["BERTScore"] == pytest.approx(expected.mean().item(), abs=1e-6)


def test_a_folder_without_a_language_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no language model"):
        load_bert(tmp_path, REFERENCES)
