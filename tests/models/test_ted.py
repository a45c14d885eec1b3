"""TED on a tiny real model: shapes, text of every kind, padding, statistics, a checkpoint; and that it can learn."""

from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer, models

from mote.checkpoint import load, save
from mote.models.ted import TED, TEDConfig
from mote.models.words import END, PAD, joined
from mote.models.writers import BY_TABLE, Writer
from train.teacher import make_tokenizer

SENTENCES = [
    "a person walks forward",
    "a man waves his left hand",
    "an old woman turns right, then sits down on a chair and stands up again",
    "someone jumps twice",
]


def _tokenizer() -> Tokenizer:
    words = sorted({word for sentence in SENTENCES for word in sentence.replace(",", " ").split()})
    letters = [mark + letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789" for mark in ("", "##")]
    return make_tokenizer(list(dict.fromkeys([*words, "zebra", *letters, *",.;:'\"()/&-"])))


def _tiny(writer: Writer = "gpt2") -> TED:
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    config = TEDConfig(
        words=tokenizer.get_vocab_size(),
        writer=writer,
        tokens=3,
        width=32,
        places=2,
        place_width=8,
        table_width=32,
        encoder_width=32,
        encoder_layers=1,
        encoder_heads=2,
        decoder_width=32,
        decoder_layers=1,
        decoder_heads=2,
        max_words=24,
        beams=2,
    )
    ted = TED(config)
    ted.set_tokenizer(tokenizer)
    return ted.eval()


@pytest.fixture(params=BY_TABLE)
def ted(request) -> TED:
    return _tiny(request.param)


@pytest.fixture(scope="module", params=BY_TABLE)
def trained(request) -> TED:
    """A tiny TED that has learned its four sentences by heart, from noised latents."""
    ted = _tiny(request.param)
    ids, mask = ted.tokenize(SENTENCES)
    rows = [torch.tensor([*ted.tokenizer.encode(sentence).ids, END]) for sentence in SENTENCES]
    written = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)
    optimiser = torch.optim.Adam(ted.parameters(), lr=1e-2)
    for _ in range(80):
        latents = ted.read(ids, mask)
        logits = ted.write(latents + 0.3 * torch.randn_like(latents), written)
        loss = F.cross_entropy(logits.flatten(0, 1), written.flatten(), ignore_index=PAD)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ted.set_statistics(ted.read(ids, mask).detach())
    return ted


def test_shapes_of_latents_and_logits(ted: TED) -> None:
    latents = ted.encode(SENTENCES)
    assert latents.shape == (4, 3, 32)
    assert ted.write(latents, torch.full((4, 7), END)).shape == (4, 7, ted.config.words)
    assert len(ted.decode(latents)) == 4


def test_padding_never_changes_a_result(ted: TED) -> None:
    together = ted.encode(SENTENCES)
    for row, sentence in enumerate(SENTENCES):
        torch.testing.assert_close(ted.encode([sentence])[0], together[row], atol=1e-5, rtol=1e-5)


def test_word_order_matters(ted: TED) -> None:
    first, second = ted.encode(["a man waves his left hand", "left hand waves his a man"])
    assert (first - second).abs().max() > 1e-2


@pytest.mark.parametrize("text", ["", "   ", "...", "🙂🙂", "人が歩く"])
def test_text_without_words_is_an_error(ted: TED, text: str) -> None:
    with pytest.raises(ValueError, match="has no words"):
        ted.encode(["a person walks", text])


@pytest.mark.parametrize("text", ["A PERSON 🙂 WALKS.", "zxqw 12345 unheard-of", "a" * 5000, "123"])
def test_text_of_any_kind_has_a_latent(ted: TED, text: str) -> None:
    assert ted.encode([text]).isfinite().all()


def test_upper_case_and_marks_at_the_end_mean_nothing(ted: TED) -> None:
    plain, other = ted.encode(["a person walks", " A Person WALKS! "])
    torch.testing.assert_close(plain, other, atol=1e-5, rtol=1e-5)


def test_what_goes_beyond_the_limit_is_cut_off(ted: TED) -> None:
    limit = " ".join(["walks"] * ted.config.max_words)
    torch.testing.assert_close(ted.encode([limit]), ted.encode([limit + " forward then sits"]))


def test_latents_of_the_statistics_are_standard(trained: TED) -> None:
    meaning, spelling = trained.encode(SENTENCES).split([16, 16], dim=-1)
    torch.testing.assert_close(meaning.mean(0), torch.zeros_like(meaning[0]), atol=1e-4, rtol=0)
    torch.testing.assert_close(meaning.std(0), torch.ones_like(meaning[0]), atol=1e-3, rtol=0)
    ids, mask = trained.tokenize(SENTENCES)
    assert torch.equal(spelling, trained.read(ids, mask)[..., 16:])


def test_a_word_that_no_sentence_taught_is_spelled(trained: TED) -> None:
    assert trained.decode(trained.encode(["a zebra walks forward"])) == ["a zebra walks forward"]


def test_a_place_is_trusted_as_far_as_it_spells_a_word(ted: TED) -> None:
    latents = ted.read(*ted.tokenize(["a person walks forward", "a man waves forward"]))
    ids = ted.tokenizer.encode("a person walks forward").ids
    said = ted.spelled(latents).softmax(dim=-1)  # (2, 6, words)
    assert said[0, range(4), ids].min() > 0.99
    assert said[0, 4].argmax() == END
    between = ted.spelled(latents.mean(dim=0, keepdim=True)).softmax(dim=-1)[0]
    assert between[0].max() > 0.99  # both begin with the same word
    assert between[1].max() < 0.9


def test_half_precision_does_not_make_a_spelling_doubtful(ted: TED) -> None:
    latents = ted.read(*ted.tokenize(SENTENCES))
    with torch.autocast("cpu", torch.bfloat16):
        half = ted.spelled(latents)
    torch.testing.assert_close(half, ted.spelled(latents), atol=1e-4, rtol=0)


def test_spelled_words_are_the_same_among_some_rows(ted: TED) -> None:
    latents = ted.read(*ted.tokenize(SENTENCES))
    rows = torch.tensor([3, 7, 20])
    assert torch.equal(ted.spelled(latents, rows), ted.spelled(latents)[..., rows])


def test_ted_without_places_has_a_meaning_alone() -> None:
    ted = TED(replace(_tiny().config, places=0))
    ted.set_tokenizer(_tokenizer())
    assert ted.config.meaning_width == ted.config.width
    assert len(ted.decode(ted.encode(SENTENCES))) == len(SENTENCES)


@pytest.mark.parametrize("changes", [{"places": 4}, {"place_width": 33}])
def test_places_that_leave_nothing_for_the_meaning_are_an_error(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="make the latent wider or the places fewer"):
        replace(_tiny().config, **changes)


def test_decode_writes_back_what_was_encoded(trained: TED) -> None:
    torch.manual_seed(1)
    latents = trained.encode(SENTENCES)
    assert trained.decode(latents) == SENTENCES
    assert trained.decode(latents + 0.1 * torch.randn_like(latents)) == SENTENCES


def test_one_decode_is_the_same_in_a_batch(trained: TED) -> None:
    latents = trained.encode(SENTENCES)
    assert [trained.decode(row[None])[0] for row in latents] == trained.decode(latents)


def test_no_run_of_tokens_is_written_twice(ted: TED) -> None:
    torch.manual_seed(0)
    for row in ted.search(torch.randn(4, 3, 32)).tolist():
        written = row[: row.index(END)] if END in row else row
        runs = [tuple(written[start : start + 3]) for start in range(len(written) - 2)]
        assert len(runs) == len(set(runs))
        assert len(written) <= ted.config.max_words


def test_a_checkpoint_gives_the_same_model_back(trained: TED, tmp_path: Path) -> None:
    save(trained, tmp_path)
    trained.save_tokenizer(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}
    again = load(TED, TEDConfig, tmp_path)
    again.load_tokenizer(tmp_path)
    assert asdict(again.config) == asdict(trained.config)
    torch.testing.assert_close(again.encode(SENTENCES), trained.encode(SENTENCES), atol=0.3, rtol=0)
    assert again.decode(again.encode(SENTENCES)) == SENTENCES


def test_the_weights_hold_no_tensor_twice(ted: TED, tmp_path: Path) -> None:
    save(ted, tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    assert state.keys() == ted.state_dict().keys()


def test_the_full_size_lies_in_files_of_at_most_sixteen_mebibytes(tmp_path: Path) -> None:
    save(TED(TEDConfig(words=27_229)), tmp_path)
    sizes = [path.stat().st_size for path in tmp_path.glob("*.safetensors")]
    assert max(sizes) <= 16 * 2**20
    assert sum(sizes) <= 22 * 2**20


def test_a_vocabulary_of_another_size_or_order_is_an_error(ted: TED) -> None:
    with pytest.raises(ValueError, match="the vocabulary has 4 tokens, not"):
        ted.set_tokenizer(make_tokenizer(["a"]))
    words = [ted.tokenizer.id_to_token(row) for row in range(ted.config.words)]
    other = Tokenizer(models.WordPiece({word: row for row, word in enumerate(words[::-1])}, unk_token="[UNK]"))
    with pytest.raises(ValueError, match=r"does not begin with \[PAD\], \[UNK\], \[END\]"):
        ted.set_tokenizer(other)


def test_ted_without_a_vocabulary_says_so() -> None:
    with pytest.raises(RuntimeError, match="no vocabulary"):
        TED(TEDConfig(words=10, width=8, places=0, encoder_width=12, decoder_width=8)).encode(["a person"])


def test_some_rows_have_the_logits_that_they_have_among_all(ted: TED) -> None:
    latents, written = ted.encode(SENTENCES), torch.full((4, 5), 7)
    rows = torch.tensor([END, 7, 11])
    torch.testing.assert_close(ted.write(latents, written, rows), ted.write(latents, written)[..., rows])


def test_a_word_that_was_never_written_is_written_by_its_row(trained: TED) -> None:
    """Its row stands close to that of a known word, and a slip towards it is enough."""
    known, new = (trained.tokenizer.token_to_id(word) for word in ("walks", "zebra"))
    ted = deepcopy(trained)
    with torch.no_grad():
        ted.table.weight[new] = 1.2 * ted.table.weight[known]
        ted.decoder.lm_head.bias[new] = ted.decoder.lm_head.bias[known]
    assert ted.decode(trained.encode(["a person walks forward"])) == ["a person zebra forward"]


@pytest.mark.parametrize("text", ["a person's t-pose (left/right), then stops", "kicks the boys' ball; it rolls away"])
def test_tokens_join_to_the_text_that_they_were(ted: TED, text: str) -> None:
    assert joined(ted.tokenizer.decode(ted.tokenizer.encode(text).ids)) == text
