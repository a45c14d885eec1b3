"""The published evaluators: their files, the words that they read, and the networks by equations of our own."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from synthetic import codes, make_evaluator, place, statistics, word, write_words
from torch import nn

from train.glove import KINDS, Words, read_plain
from train.lemmas import Lemmas, lemmatised, tokens_of, words
from train.matching import Matching, MatchingConfig
from train.official import Official, load_networks

TINY = MatchingConfig(movement_width=8, motion_width=12, text_width=8, width=6)
RECORD = {
    "name": "000001",
    "captions": ["A man's hand waves, then he doesn't stop.", "the man walks left", "two men walk forward-facing"],
    "tokens": [
        "A/DET man/NOUN hand/NOUN wave/VERB then/ADV he/PRON do/AUX stop/VERB",
        ["the/DET", "man/NOUN", "walk/VERB", "left/ADV"],
        ["two/NUM", "man/NOUN", "walk/VERB", "forwardfacing/ADJ"],
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_evaluator(tmp_path_factory.mktemp("t2m"), 5)


def _parts(model: Matching) -> dict[str, dict[str, torch.Tensor]]:
    return {
        name: {key: value.clone() for key, value in getattr(model, name).state_dict().items()}
        for name in ("movement_encoder", "motion_encoder", "text_encoder")
    }


def test_published_weights_load_strictly_and_without_a_pickle(tmp_path):
    torch.manual_seed(0)
    source = Matching(TINY)
    torch.save(_parts(source) | {"epoch": 7}, tmp_path / "finest.tar")
    loaded = load_networks(tmp_path / "finest.tar")
    assert loaded.config == TINY, "the weights tell the sizes"
    for name, part in _parts(source).items():
        for key, value in part.items():
            assert torch.equal(getattr(loaded, name).state_dict()[key], value)
    parts = _parts(source)
    del parts["text_encoder"]
    torch.save(parts, tmp_path / "part.tar")
    with pytest.raises(ValueError, match="no text_encoder"):
        load_networks(tmp_path / "part.tar")
    for change in ({"gru.weight_ih_l0": torch.zeros(3, 2)}, {"another": torch.zeros(1)}):
        torch.save(_parts(source) | {"motion_encoder": parts["motion_encoder"] | change}, tmp_path / "other.tar")
        with pytest.raises(ValueError, match="does not fit"):
            load_networks(tmp_path / "other.tar")
    (tmp_path / "evil.tar").write_bytes(pickle.dumps({"movement_encoder": Path}))
    with pytest.raises(ValueError, match="more than the weights"):
        load_networks(tmp_path / "evil.tar")


def _gru(gru: nn.GRU, rows: np.ndarray, start: np.ndarray, end: str) -> np.ndarray:
    """The last state (hidden,) by the equations of Cho et al. (2014), in torch's order of gates: reset, update, new."""
    weights = {name: value.detach().numpy() for name, value in gru.named_parameters()}
    state = start
    for row in rows:
        given = weights[f"weight_ih_l0{end}"] @ row + weights[f"bias_ih_l0{end}"]
        kept = weights[f"weight_hh_l0{end}"] @ state + weights[f"bias_hh_l0{end}"]
        reset, update = (1 / (1 + np.exp(-part)) for part in np.split(given + kept, 3)[:2])
        new = np.tanh(np.split(given, 3)[2] + reset * np.split(kept, 3)[2])
        state = (1 - update) * new + update * state
    return state


def _read(reader: nn.Module, rows: np.ndarray) -> np.ndarray:
    """The embedding (width,) of a sequence (n, width_in)."""
    inputs = rows @ reader.input_emb.weight.detach().numpy().T + reader.input_emb.bias.detach().numpy()
    starts = reader.hidden.detach().numpy()[:, 0]
    both = np.concatenate(
        [_gru(reader.gru, inputs, starts[0], ""), _gru(reader.gru, inputs[::-1], starts[1], "_reverse")]
    )
    first, norm, _, last = reader.output_net
    inner = first.weight.detach().numpy() @ both + first.bias.detach().numpy()
    inner = (inner - inner.mean()) / np.sqrt(inner.var() + 1e-5)
    inner = inner * norm.weight.detach().numpy() + norm.bias.detach().numpy()
    return last.weight.detach().numpy() @ np.where(inner > 0, inner, 0.2 * inner) + last.bias.detach().numpy()


def _convolve(conv: nn.Conv1d, rows: np.ndarray) -> np.ndarray:
    """Four rows in, two rows on, a zero row at both ends, then a leaky ReLU."""
    padded = np.pad(rows, [(1, 1), (0, 0)])
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    out = [np.einsum("oik,ki->o", weight, padded[at : at + 4]) + bias for at in range(0, len(padded) - 3, 2)]
    return np.where(np.array(out) > 0, out, 0.2 * np.array(out))


def test_the_networks_by_their_equations():
    torch.manual_seed(0)
    model = Matching(TINY).double().eval()
    rng = np.random.default_rng(0)
    vectors, kinds = rng.normal(size=(7, 300)), rng.normal(size=(7, 15))
    summed = vectors + kinds @ model.text_encoder.pos_emb.weight.detach().numpy().T
    summed += model.text_encoder.pos_emb.bias.detach().numpy()
    given = (torch.from_numpy(part)[None] for part in (vectors, kinds))
    embedded = model.text_encoder(next(given), torch.tensor([7]), next(given))[0].detach().numpy()
    np.testing.assert_allclose(embedded, _read(model.text_encoder, summed), atol=1e-9)
    frames = rng.normal(size=(46, 263))  # not a multiple of four: 11 steps are read, the twelfth is not
    filled = np.pad(frames[:, :-4], [(0, 196 - 46), (0, 0)])  # as the protocol fills
    rows = _convolve(model.movement_encoder.main[3], _convolve(model.movement_encoder.main[0], filled))
    out = model.movement_encoder.out_net
    rows = rows @ out.weight.detach().numpy().T + out.bias.detach().numpy()
    embedded = model.read_motions(torch.from_numpy(frames)[None], torch.tensor([46]))[0].detach().numpy()
    np.testing.assert_allclose(embedded, _read(model.motion_encoder, rows[:11]), atol=1e-9)


def test_the_synthetic_evaluator_embeds_where_it_should(folder):
    official = Official.load(folder, [RECORD])
    mean, deviation = statistics()
    expected = [place(code) for code in codes(5)]
    clips = [np.tile(np.pad(code, (0, 255)) * deviation + mean, (44, 1)) for code in codes(5)]
    np.testing.assert_allclose(official.embed_motions(clips), expected, atol=1e-6)
    np.testing.assert_allclose(official.embed_captions([[f"{word(n)}/NOUN"] for n in range(5)]), expected, atol=1e-6)
    with pytest.raises(ValueError, match="reads motions of 263 columns, these have 251"):
        official.embed_motions([np.zeros((40, 251))])


def test_what_is_missing_is_named(folder, tmp_path):
    with pytest.raises(ValueError, match=r"no finest\.tar, nor text_mot_match"):
        Official.load(tmp_path, [RECORD])
    with pytest.raises(ValueError, match="has no tokens for its captions"):
        Official.load(folder, [{"name": "one", "captions": ["a man walks"]}])
    np.save(tmp_path / "mean_eval.npy", np.zeros(251))
    torch.save(torch.load(folder / "text_mot_match" / "model" / "finest.tar"), tmp_path / "finest.tar")
    with pytest.raises(ValueError, match="the evaluator's has 263 numbers"):
        Official.load(tmp_path, [RECORD])


def make_words(folder: Path) -> Words:
    write_words(folder, ["sos", "eos", "unk", "walk", "left", "man"], np.arange(6)[:, None] * np.ones((6, 300)))
    return Words.load(folder)


@pytest.mark.parametrize(
    ("token", "row", "kind"),
    [
        ("man/NOUN", 5, "NOUN"),
        ("walk/VERB", 3, "Act_VIP"),  # the lists come before the part of speech
        ("left/VERB", 4, "Loc_VIP"),
        ("man/PROPN", 5, "OTHER"),  # a part of speech that has no column
        ("kick/VERB", 2, "OTHER"),  # listed, but without a vector
    ],
)
def test_a_word_has_its_vector_and_its_kind(token, row, kind, tmp_path):
    vectors, kinds = make_words(tmp_path).read([token])
    assert vectors[:, 0].tolist() == [0, row, 1], "sos, the word, eos"
    assert [KINDS[column] for column in kinds.argmax(axis=1)] == ["OTHER", kind, "OTHER"]
    assert kinds.sum(axis=1).tolist() == [1, 1, 1]


def test_twenty_words_are_read_and_no_padding(tmp_path):
    read = make_words(tmp_path).read
    assert [len(read(["man/NOUN"] * count)[0]) for count in (0, 3, 20, 40)] == [2, 5, 22, 22]


class Trap:
    def __reduce__(self):
        return exec, ("raise SystemExit('it was unpickled')",)


def test_a_pickle_with_more_than_words_is_refused(tmp_path):
    for name, value in {"trap": [Trap()], "array": np.arange(3), "class": Path, "set": {1}}.items():
        (tmp_path / f"{name}.pkl").write_bytes(pickle.dumps(value, protocol=2))
        with pytest.raises(ValueError, match=f"{name}.pkl is not a pickle of plain words and numbers"):
            read_plain(tmp_path / f"{name}.pkl")
    (tmp_path / "cut.pkl").write_bytes(pickle.dumps(["a"] * 50)[:-4])
    with pytest.raises(ValueError, match="not a pickle of plain words"):
        read_plain(tmp_path / "cut.pkl")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "good.pkl").write_bytes(pickle.dumps({"walk": 3, "left": 4}, protocol=protocol))
        assert read_plain(tmp_path / "good.pkl") == {"walk": 3, "left": 4}


@pytest.mark.parametrize(
    ("names", "rows", "says"),
    [
        (["sos", "eos"], 2, "lack unk"),
        (["sos", "eos", "unk"], 2, "rows beyond the 2 vectors"),
        (["sos", "eos", "unk", 7], 4, "a whole number for each word"),
    ],
)
def test_words_that_do_not_fit_are_refused(names, rows, says, tmp_path):
    write_words(tmp_path, names, np.zeros((rows, 300)))
    with pytest.raises(ValueError, match=says):
        Words.load(tmp_path)


def test_words_are_those_that_have_a_token():
    assert [len(words(text)) for text in RECORD["captions"]] == [len(tokens) for tokens in tokens_of(RECORD)]
    assert words("A man's 2 left-hand swings; doesn't") == ["a", "man", "lefthand", "swings", "does"]


def test_lemmas_are_what_tagged_captions_say():
    lemmas = Lemmas([RECORD])
    tokens = lemmas.tokens("The men doesn't walks twice.")
    assert tokens == ["the/DET", "man/NOUN", "do/AUX", "walk/VERB", "twice/OTHER"]
    assert lemmatised(tokens) == "the man do walk twice"
    assert lemmatised(["and/or/CCONJ"]) == "and/or"
