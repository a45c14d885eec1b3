"""TED of published parts, as in the paper (MoTe, sections 3.1 and 4): CLIP's text encoder, and GPT-2 or T5 to write.

Everything lies in the checkpoint, weights and vocabularies, so nothing is downloaded to run it.  `train.pretrained`
makes one of folders or repositories of the Hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import linear
from transformers import CLIPTextConfig, CLIPTextModel, GPT2Config, PreTrainedConfig, T5Config

from mote.models.text_autoencoder import TextAutoencoder
from mote.models.words import TOKENIZER, clean
from mote.models.writers import GPT2Writer, T5Writer

ENCODER_TOKENIZER, DECODER_TOKENIZER = f"encoder_{TOKENIZER}", f"decoder_{TOKENIZER}"

KINDS: dict[str, tuple[type[PreTrainedConfig], Any]] = {
    "clip_text_model": (CLIPTextConfig, CLIPTextModel),
    "gpt2": (GPT2Config, GPT2Writer),
    "t5": (T5Config, T5Writer),
}
"""transformers' configuration of each model type, and what is made of it."""
ENCODERS, DECODERS = ("clip_text_model",), ("gpt2", "t5")


@dataclass(frozen=True, kw_only=True)
class PretrainedTEDConfig:
    """Sizes of TED with a published encoder and decoder.

    Args:
        encoder: the fields of CLIP's text configuration (transformers' names).
        decoder: those of a GPT-2 or of a T5.
        tokens: latent tokens, k in the paper.
        width: numbers in a latent token, d in the paper.
        max_words: tokens that the decoder writes at most.
        beams: sentences that beam search follows.
        no_repeat: the decoder writes no run of this many tokens twice; 0 lets it.
        familiar: components of training's captions, outside of which a sentence is strange (`Familiar`).
        known: captions by which others are understood, as many as training has told it.
    """

    encoder: dict[str, Any]
    decoder: dict[str, Any]
    tokens: int = 8
    width: int = 128
    max_words: int = 64
    beams: int = 4
    no_repeat: int = 3
    familiar: int = 128
    known: int = 0

    def __post_init__(self) -> None:
        for name, kinds in (("encoder", ENCODERS), ("decoder", DECODERS)):
            part = getattr(self, name)
            kind = str(part.get("model_type")) if isinstance(part, dict) else ""
            if kind not in kinds:
                raise ValueError(f"the {name}'s model_type is one of {', '.join(kinds)}, not {kind!r}")
            if unknown := sorted(part.keys() - known_fields(kind)):
                raise ValueError(f"the {name} has an unknown field: {', '.join(unknown)}")
        room = self.decoder.get("n_positions", self.tokens + self.max_words)
        if room < self.tokens + self.max_words:
            raise ValueError(
                f"the decoder has {room} places, too few for {self.tokens} latent tokens and {self.max_words} words: "
                "make either fewer"
            )

    @property
    def meaning_width(self) -> int:
        """All numbers of a latent token: it spells nothing."""
        return self.width


def known_fields(model_type: str) -> set[str]:
    """The fields that a configuration of this type can have."""
    return {*KINDS[model_type][0]().to_dict()}


class PretrainedTED(TextAutoencoder):
    """TED that reads with CLIP's text encoder and writes with a GPT-2 or a T5."""

    config: PretrainedTEDConfig

    def __init__(self, config: PretrainedTEDConfig) -> None:
        encoder, decoder = _build(config.encoder), _build(config.decoder)
        sizes = encoder.config
        super().__init__(
            config,
            states_width=sizes.hidden_size,
            heads=sizes.num_attention_heads,
            decoder_width=decoder.config.hidden_size,
        )
        self.encoder, self.decoder = encoder, decoder
        if decoder.config.tie_word_embeddings:
            decoder.lm_head = Tied(decoder.get_input_embeddings())
        self._reader: Tokenizer | None = None
        self._writer: Tokenizer | None = None

    @property
    def words(self) -> Float[Tensor, "tokens w"]:
        weight: Tensor = self.encoder.get_input_embeddings().weight
        return weight

    def set_tokenizers(self, reader: Tokenizer, writer: Tokenizer) -> None:
        """Give TED the vocabularies of its encoder and of its decoder.

        Raises:
            ValueError: one has tokens that its model has no embedding of.
        """
        for name, tokenizer, model in (("encoder", reader, self.encoder), ("decoder", writer, self.decoder)):
            if tokenizer.get_vocab_size() > model.config.vocab_size:
                raise ValueError(
                    f"the {name}'s vocabulary has {tokenizer.get_vocab_size()} tokens, more than the "
                    f"{model.config.vocab_size} of its model"
                )
        reader.no_padding()
        reader.enable_truncation(self.encoder.config.max_position_embeddings)
        writer.no_padding()
        writer.no_truncation()
        self._reader, self._writer = reader, writer

    def load_tokenizer(self, folder: Path) -> None:
        self.set_tokenizers(
            *(Tokenizer.from_file(str(folder / name)) for name in (ENCODER_TOKENIZER, DECODER_TOKENIZER))
        )

    def save_tokenizer(self, folder: Path) -> None:
        for name, tokenizer in zip((ENCODER_TOKENIZER, DECODER_TOKENIZER), self._tokenizers(), strict=True):
            tokenizer.save(str(folder / name))

    def _tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        if self._reader is None or self._writer is None:
            raise RuntimeError("TED has no vocabulary yet: call set_tokenizers or load_tokenizer first")
        return self._reader, self._writer

    def reading(self, texts: list[str]) -> list[Int[Tensor, " n"]]:
        """CLIP's tokens, with those that begin and end a text, as many as it has places for."""
        return [torch.tensor(encoding.ids) for encoding in self._tokenizers()[0].encode_batch(texts)]

    def writing(self, texts: list[str]) -> list[Int[Tensor, " n"]]:
        """The decoder's tokens, at most `max_words`."""
        encodings = self._tokenizers()[1].encode_batch(texts, add_special_tokens=False)
        return [torch.tensor(encoding.ids[: self.config.max_words]) for encoding in encodings]

    @property
    def end(self) -> int:
        return self.decoder.config.eos_token_id

    def read(self, ids: Int[Tensor, "b n"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b k d"]:
        states = self.encoder(input_ids=ids.masked_fill(~mask, 0), attention_mask=mask).last_hidden_state  # (b, n, w)
        return self.gathered(states, mask)  # (b, k, d)

    def write(
        self, latents: Float[Tensor, "b k d"], ids: Int[Tensor, "b n"], rows: Int[Tensor, " c"] | None = None
    ) -> Float[Tensor, "b n c"]:
        logits = self.decoder.lm_head(self.decoder.states(self.from_latent(latents), ids))  # (b, n, words)
        return logits if rows is None else logits[..., rows]

    @torch.no_grad()
    def search(self, latents: Float[Tensor, "b k d"], count: int = 1) -> Int[Tensor, "b_count n"]:
        told = self.decoder.config.pad_token_id
        padding = self.end if told is None else told
        return self.decoder.search(self.from_latent(latents), self.config, padding, [], count)

    def spoken(self, ids: Int[Tensor, "b n"]) -> list[str]:
        return [clean(text) for text in self._tokenizers()[1].decode_batch(ids.tolist())]


class Tied(nn.Module):
    """A decoder's output by the rows of its input's table, which are saved once."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.shared = [table]  # in a list it stays the decoder's input

    def forward(self, states: Float[Tensor, "*n width"]) -> Float[Tensor, "*n words"]:
        return linear(states, self.shared[0].weight)


def _build(fields: dict[str, Any]) -> Any:  # transformers types its parts for its own
    config, model = KINDS[fields["model_type"]]
    return model(config(**{name: value for name, value in fields.items() if name != "model_type"}))
