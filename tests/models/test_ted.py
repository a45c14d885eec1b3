"""TED on a tiny real model: shapes, text of every kind, padding, statistics, a checkpoint; and that it can learn."""

from dataclasses import asdict
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from mote.checkpoint import load, save
from mote.models.ted import END, PAD, TED, TEDConfig, clean

SENTENCES = [
    "a person walks forward",
    "a man waves his left hand",
    "an old woman turns right, then sits down on a chair and stands up again",
    "someone jumps twice",
]


def _tokenizers() -> tuple[Tokenizer, Tokenizer]:
    words = sorted({word for sentence in SENTENCES for word in sentence.replace(",", " ,").split()})
    letters = [mark + letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789" for mark in ("", "##")]
    tokens = ["[PAD]", "[UNK]", *dict.fromkeys([*words, *letters])]
    reader = Tokenizer(models.WordPiece({token: row for row, token in enumerate(tokens)}, unk_token="[UNK]"))
    reader.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    writer = Tokenizer(models.BPE(unk_token="[UNK]"))
    writer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    writer.decoder = decoders.Metaspace()
    special = ["[PAD]", "[END]", "[UNK]"]
    trainer = trainers.BpeTrainer(vocab_size=120, special_tokens=special, show_progress=False)
    writer.train_from_iterator(SENTENCES, trainer)
    return reader, writer


def _tiny() -> TED:
    torch.manual_seed(0)
    reader, writer = _tokenizers()
    config = TEDConfig(
        words=reader.get_vocab_size(),
        pieces=writer.get_vocab_size(),
        tokens=3,
        width=16,
        table_width=32,
        encoder_width=32,
        encoder_layers=1,
        encoder_heads=2,
        decoder_width=32,
        decoder_layers=1,
        decoder_heads=2,
        max_words=40,
        max_pieces=24,
        beams=2,
    )
    ted = TED(config)
    ted.set_tokenizers(reader, writer)
    return ted.eval()


@pytest.fixture
def ted() -> TED:
    return _tiny()


@pytest.fixture(scope="module")
def trained() -> TED:
    """A tiny TED that has learned its four sentences by heart, from noised latents."""
    ted = _tiny()
    ids, mask = ted.tokenize(SENTENCES)
    rows = [torch.tensor([*ted.writer.encode(sentence).ids, END]) for sentence in SENTENCES]
    pieces = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)
    optimiser = torch.optim.Adam(ted.parameters(), lr=1e-2)
    for _ in range(80):
        latents = ted.read(ids, mask)
        logits = ted.write(latents + 0.3 * torch.randn_like(latents), pieces)
        loss = F.cross_entropy(logits.flatten(0, 1), pieces.flatten(), ignore_index=PAD)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ted.set_statistics(ted.read(ids, mask).detach())
    return ted


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  A PERSON   walks . ", "a person walks"),
        ("a person\u2019s café walk \u2013 slow!", "a person's cafe walk - slow"),
        ("turns left 🙂 , then stops;", "turns left, then stops"),
        ("takes 4 steps (forward)", "takes 4 steps (forward)"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_shapes_of_latents_and_logits(ted: TED) -> None:
    latents = ted.encode(SENTENCES)
    assert latents.shape == (4, 3, 16)
    assert ted.write(latents, torch.full((4, 7), END)).shape == (4, 7, ted.config.pieces)
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
    latents = trained.encode(SENTENCES)
    torch.testing.assert_close(latents.mean(0), torch.zeros_like(latents[0]), atol=1e-4, rtol=0)
    torch.testing.assert_close(latents.std(0), torch.ones_like(latents[0]), atol=1e-3, rtol=0)


def test_decode_writes_back_what_was_encoded(trained: TED) -> None:
    torch.manual_seed(1)
    latents = trained.encode(SENTENCES)
    assert trained.decode(latents) == SENTENCES
    assert trained.decode(latents + 0.1 * torch.randn_like(latents)) == SENTENCES


def test_one_decode_is_the_same_in_a_batch(trained: TED) -> None:
    latents = trained.encode(SENTENCES)
    assert [trained.decode(row[None])[0] for row in latents] == trained.decode(latents)


def test_no_run_of_pieces_is_written_twice(ted: TED) -> None:
    torch.manual_seed(0)
    for row in ted.search(torch.randn(4, 3, 16)).tolist():
        written = row[: row.index(END)] if END in row else row
        runs = [tuple(written[start : start + 3]) for start in range(len(written) - 2)]
        assert len(runs) == len(set(runs))
        assert len(written) <= ted.config.max_pieces


def test_a_checkpoint_gives_the_same_model_back(trained: TED, tmp_path: Path) -> None:
    save(trained, tmp_path)
    trained.save_tokenizers(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}
    again = load(TED, TEDConfig, tmp_path)
    again.load_tokenizers(tmp_path)
    assert asdict(again.config) == asdict(trained.config)
    torch.testing.assert_close(again.encode(SENTENCES), trained.encode(SENTENCES), atol=0.1, rtol=0)
    assert again.decode(again.encode(SENTENCES)) == SENTENCES


def test_the_weights_hold_no_tensor_twice(ted: TED, tmp_path: Path) -> None:
    save(ted, tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    assert state.keys() == ted.state_dict().keys()


def test_the_full_size_fits_sixteen_mebibytes() -> None:
    ted = TED(TEDConfig(words=27_228, pieces=3_000))
    assert 2 * sum(value.numel() for value in ted.state_dict().values()) < 16 * 2**20


def test_a_vocabulary_of_another_size_is_an_error(ted: TED) -> None:
    reader, writer = _tokenizers()
    with pytest.raises(ValueError, match="the config says"):
        ted.set_tokenizers(writer, reader)


def test_ted_without_vocabularies_says_so() -> None:
    with pytest.raises(RuntimeError, match="no reader"):
        TED(TEDConfig(words=10, pieces=10, width=8, encoder_width=8, decoder_width=8)).encode(["a person"])
