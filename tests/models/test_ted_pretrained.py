"""TED of published parts: it is their weights, takes any text, is one folder, and can learn."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import CLIPTextModel, CLIPTokenizer, GPT2LMHeadModel, T5ForConditionalGeneration

from mote.checkpoint import CheckpointError, load_ted, save
from mote.models.ted_pretrained import PretrainedTED, PretrainedTEDConfig
from tests.parts import make_parts
from train.pretrained import build
from train.sentences import IGNORED, to_be_written

SENTENCES = ["a person walks", "a man waves his left hand"]
SIZES = {"tokens": 3, "width": 24, "max_words": 40, "familiar": 4, "beams": 2, "no_repeat": 5}
WRITERS = {"gpt2": GPT2LMHeadModel, "t5": T5ForConditionalGeneration}


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> Path:
    return make_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture(params=WRITERS)
def ted(parts: Path, request) -> PretrainedTED:
    torch.manual_seed(0)
    return build(str(parts / "clip"), str(parts / request.param), **SIZES).eval()


def test_the_encoder_is_clip(ted, parts):
    clip = CLIPTextModel.from_pretrained(parts / "clip")
    ids = CLIPTokenizer.from_pretrained(parts / "clip")(SENTENCES[0], return_tensors="pt").input_ids
    assert ted.reading([SENTENCES[0]])[0].tolist() == ids[0].tolist()
    states = clip(input_ids=ids).last_hidden_state
    torch.testing.assert_close(ted.read(*ted.tokenize([SENTENCES[0]])), ted.gathered(states, ids >= 0))


def test_the_decoder_is_the_published_one(ted, parts):
    kind = ted.decoder.config.model_type
    model = WRITERS[kind].from_pretrained(parts / kind).eval()
    latents, (ids,) = torch.randn(1, 3, 24), ted.writing([SENTENCES[0]])
    given = ted.from_latent(latents)
    if kind == "gpt2":
        words = model.transformer.wte(ids[None, :-1])
        wanted = model(inputs_embeds=torch.cat([given, words], dim=1)).logits[:, 2:]
    else:
        before = F.pad(ids[None, :-1], (1, 0), value=model.config.pad_token_id)
        wanted = model(encoder_outputs=(given,), decoder_input_ids=before).logits
    torch.testing.assert_close(ted.write(latents, ids[None]), wanted)
    rows = torch.tensor([3, 1])
    torch.testing.assert_close(ted.write(latents, ids[None], rows), wanted[..., rows])


def test_padding_never_changes_a_result(ted):
    together = ted.encode(SENTENCES)
    for row, sentence in enumerate(SENTENCES):
        torch.testing.assert_close(ted.encode([sentence])[0], together[row], atol=1e-5, rtol=1e-5)


def test_what_goes_beyond_the_encoders_places_is_cut_off(ted):
    assert ted.encode(["a" * 5000]).isfinite().all()
    torch.testing.assert_close(ted.encode(["b" * 50 + " a"]), ted.encode(["b" * 50 + " c"]))


def test_text_without_words_is_an_error(ted):
    with pytest.raises(ValueError, match="has no words"):
        ted.encode(["a person walks", "🙂"])


def test_a_checkpoint_is_one_folder_and_gives_the_same_model_back(ted, tmp_path):
    save(ted, tmp_path)
    ted.save_tokenizer(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}
    assert load_file(tmp_path / "model.safetensors").keys() == ted.state_dict().keys()
    again = load_ted(tmp_path)
    assert again.config == ted.config
    torch.testing.assert_close(again.encode(SENTENCES), ted.encode(SENTENCES), atol=1e-2, rtol=0)


def test_tied_rows_lie_in_the_checkpoint_once(ted):
    rows = [name for name, weight in ted.decoder.state_dict().items() if len(weight) == ted.decoder.config.vocab_size]
    assert len(rows) == 1


def test_it_learns_to_write_back_what_it_read(ted):
    ids, mask = ted.tokenize(SENTENCES)
    written = to_be_written(ted, ted.writing(SENTENCES))
    optimiser = torch.optim.Adam(ted.parameters(), lr=4e-3)
    for _ in range(400):
        logits = ted.write(ted.read(ids, mask), written.clamp(min=0))
        F.cross_entropy(logits.flatten(0, 1), written.flatten(), ignore_index=IGNORED).backward()
        optimiser.step()
        optimiser.zero_grad()
    ted.set_statistics(ted.read(ids, mask).detach())
    assert ted.decode(ted.encode(SENTENCES)) == SENTENCES


@pytest.mark.parametrize(
    ("part", "fields", "message"),
    [
        ("encoder", {"model_type": "bert"}, "the encoder's model_type is one of clip_text_model, not 'bert'"),
        ("decoder", {"model_type": "gpt2", "colour": 1}, "the decoder has an unknown field: colour"),
        ("decoder", {"model_type": "gpt2", "n_positions": 20}, "20 places, too few for 3 latent tokens and 40 words"),
        ("decoder", ["gpt2"], "the decoder's model_type is one of gpt2, t5, not ''"),
    ],
)
def test_a_wrong_config_says_what_is_wrong(ted, part, fields, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        replace(ted.config, **{part: fields})
    save(ted, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {part: fields}))
    with pytest.raises(CheckpointError, match=message):
        load_ted(tmp_path)


def test_a_folder_without_a_vocabulary_is_an_error(ted, tmp_path):
    save(ted, tmp_path)
    with pytest.raises(CheckpointError, match="the vocabulary cannot be read"):
        load_ted(tmp_path)


def test_a_vocabulary_that_is_too_large_is_an_error(ted):
    reader, writer = ted._tokenizers()
    with pytest.raises(ValueError, match=r"the encoder's vocabulary has \d+ tokens, more than"):
        PretrainedTED(
            PretrainedTEDConfig(**vars(replace(ted.config, encoder=ted.config.encoder | {"vocab_size": 9})))
        ).set_tokenizers(reader, writer)


def test_ted_without_a_vocabulary_says_so(ted):
    with pytest.raises(RuntimeError, match="no vocabulary"):
        PretrainedTED(ted.config).encode(["a person"])
