"""The two kinds of decoder that TED can write with: both read and write words by TED's table.

A GPT-2 reads the latent as its prefix, as in the paper; a T5 looks at it by cross-attention from every layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LogitsProcessorList,
    NoRepeatNGramLogitsProcessor,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutput

from mote.models.words import END, PAD, FromTable, Spelled, ToTable

if TYPE_CHECKING:
    from mote.models.ted import TEDConfig

Writer = Literal["gpt2", "t5"]


class GPT2Writer(GPT2LMHeadModel):
    """The latent's tokens stand before the words."""

    def __init__(self, config: TEDConfig, table: nn.Embedding) -> None:
        width = config.decoder_width
        super().__init__(
            GPT2Config(
                vocab_size=config.words,
                n_positions=config.tokens + config.max_words,
                n_embd=width,
                n_layer=config.decoder_layers,
                n_head=config.decoder_heads,
                activation_function="gelu_pytorch_tanh",
                resid_pdrop=config.dropout,
                embd_pdrop=config.dropout,
                attn_pdrop=config.dropout,
                bos_token_id=None,
                eos_token_id=END,
                tie_word_embeddings=False,  # TED's own table stands in for both
            )
        )
        parts: Any = self  # transformers types its parts for what it makes them itself
        parts.transformer.wte = FromTable(table, width)
        parts.lm_head = ToTable(table, width)

    def write(
        self, latent: Float[Tensor, "b k w"], ids: Int[Tensor, "b n"], rows: Int[Tensor, " c"] | None
    ) -> Float[Tensor, "b n c"]:
        """Logits of each token, told the latent and the tokens before it; of some rows of the table, or of all."""
        tokens = torch.cat([latent, self.transformer.wte(ids[:, :-1])], dim=1)
        states = self.transformer(inputs_embeds=tokens, use_cache=False).last_hidden_state
        return self.lm_head(states[:, latent.shape[1] - 1 :], rows)

    def search(self, latent: Float[Tensor, "b k w"], said: Tensor, config: TEDConfig) -> Int[Tensor, "b n"]:
        """Tokens by beam search, padded after END."""
        model: Any = self  # transformers types generate for a protocol that its own models do not meet
        return model.generate(inputs_embeds=latent, **_search(latent, said, config))


class T5Writer(T5ForConditionalGeneration):
    """Every layer looks at the latent, which stands in for T5's encoder."""

    def __init__(self, config: TEDConfig, table: nn.Embedding) -> None:
        width, heads = config.decoder_width, config.decoder_heads
        super().__init__(
            T5Config(
                vocab_size=config.words,
                d_model=width,
                d_kv=width // heads,
                d_ff=4 * width,
                num_layers=0,
                num_decoder_layers=config.decoder_layers,
                num_heads=heads,
                dropout_rate=config.dropout,
                pad_token_id=PAD,
                eos_token_id=END,
            )
        )
        parts: Any = self  # transformers types its parts for what it makes them itself
        parts.decoder.set_input_embeddings(FromTable(table, width))
        parts.lm_head = ToTable(table, width)
        del parts.encoder, parts.shared
        parts.config.scale_decoder_outputs = False  # ToTable does

    def get_input_embeddings(self) -> nn.Module:
        return self.decoder.embed_tokens

    def write(
        self, latent: Float[Tensor, "b k w"], ids: Int[Tensor, "b n"], rows: Int[Tensor, " c"] | None
    ) -> Float[Tensor, "b n c"]:
        """Logits of each token, told the latent and the tokens before it; of some rows of the table, or of all."""
        before = pad(ids[:, :-1], (1, 0), value=PAD)  # (b, n)
        states = self.decoder(input_ids=before, encoder_hidden_states=latent, use_cache=False).last_hidden_state
        return self.lm_head(states, rows)

    def search(self, latent: Float[Tensor, "b k w"], said: Tensor, config: TEDConfig) -> Int[Tensor, "b n"]:
        """Tokens by beam search, padded after END."""
        model: Any = self  # transformers types generate for a protocol that its own models do not meet
        given = BaseModelOutput(last_hidden_state=latent)
        how = _search(latent, pad(said, (0, 0, 1, 0)), config)
        return model.generate(encoder_outputs=given, decoder_start_token_id=PAD, **how)[:, 1:]  # without the start


def _search(latent: Tensor, said: Tensor, config: TEDConfig) -> dict[str, Any]:
    """How both search; `said` (b, places, words) is what the spelling says of the token at each place."""
    run = config.no_repeat
    return {
        "attention_mask": torch.ones(latent.shape[:2], dtype=torch.long, device=latent.device),
        "max_new_tokens": config.max_words,
        "num_beams": config.beams,
        "logits_processor": LogitsProcessorList([Spelled(said), *([NoRepeatNGramLogitsProcessor(run)] if run else [])]),
        "do_sample": False,
        "pad_token_id": PAD,  # told here alone: a model that knows it warns of every beam that has ended
    }


WRITERS: dict[Writer, type[GPT2Writer] | type[T5Writer]] = {"gpt2": GPT2Writer, "t5": T5Writer}
