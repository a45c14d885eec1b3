"""The two kinds of decoder that a TED can write with.

A GPT-2 reads the latent as its prefix, as in the paper; a T5 looks at it by cross-attention from every layer.
Each is transformers' own module, so that published weights fit it, or one that reads and writes words by TED's table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LogitsProcessor,
    LogitsProcessorList,
    NoRepeatNGramLogitsProcessor,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutput

from mote.models.words import END, PAD, FromTable, ToTable

if TYPE_CHECKING:
    from mote.models.ted import TEDConfig

Writer = Literal["gpt2", "t5"]


class Search(Protocol):
    """How sentences are searched for: see `mote.models.ted.TEDConfig`."""

    @property
    def max_words(self) -> int: ...
    @property
    def beams(self) -> int: ...
    @property
    def no_repeat(self) -> int: ...


class GPT2Writer(GPT2LMHeadModel):
    """The latent's tokens stand before the words."""

    def states(self, latent: Float[Tensor, "b k w"], ids: Int[Tensor, "b n"]) -> Float[Tensor, "b n w"]:
        """What `lm_head` makes logits of: the state before each token, told the latent and the tokens before it."""
        tokens = torch.cat([latent, self.transformer.wte(ids[:, :-1])], dim=1)
        states = self.transformer(inputs_embeds=tokens, use_cache=False).last_hidden_state
        return states[:, latent.shape[1] - 1 :]

    def search(
        self, latent: Float[Tensor, "b k w"], config: Search, padding: int, heard: list[LogitsProcessor], count: int = 1
    ) -> Int[Tensor, "b_count n"]:
        """Tokens by beam search, padded after the end, the best `count` sentences of each; `heard` changes their logits
        at each place."""
        model: Any = self  # transformers types generate for a protocol that its own models do not meet
        return model.generate(inputs_embeds=latent, **_search(latent, config, padding, heard, count))


class T5Writer(T5ForConditionalGeneration):
    """Every layer looks at the latent, which stands in for T5's encoder; a sentence begins with padding."""

    def __init__(self, config: T5Config) -> None:
        super().__init__(config)
        del self.encoder, self.shared

    def get_input_embeddings(self) -> nn.Module:
        return self.decoder.embed_tokens

    def states(self, latent: Float[Tensor, "b k w"], ids: Int[Tensor, "b n"]) -> Float[Tensor, "b n w"]:
        """What `lm_head` makes logits of: the state before each token, told the latent and the tokens before it."""
        before = pad(ids[:, :-1], (1, 0), value=self.config.pad_token_id)  # (b, n)
        states = self.decoder(input_ids=before, encoder_hidden_states=latent, use_cache=False).last_hidden_state
        return states * self.config.d_model**-0.5 if self.config.scale_decoder_outputs else states

    def search(
        self, latent: Float[Tensor, "b k w"], config: Search, padding: int, heard: list[LogitsProcessor], count: int = 1
    ) -> Int[Tensor, "b_count n"]:
        """Tokens by beam search, padded after the end, the best `count` sentences of each; `heard` changes their logits
        at each place."""
        model: Any = self  # transformers types generate for a protocol that its own models do not meet
        given = BaseModelOutput(last_hidden_state=latent)
        how = _search(latent, config, padding, [_AfterStart(processor) for processor in heard], count)
        return model.generate(encoder_outputs=given, decoder_start_token_id=self.config.pad_token_id, **how)[:, 1:]


class _AfterStart(LogitsProcessor):
    """A processor that counts places from the first word, behind a token that every sentence begins with."""

    def __init__(self, processor: LogitsProcessor) -> None:
        self.processor = processor

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:  # transformers' own names
        return self.processor(input_ids[:, 1:], scores)


def _search(latent: Tensor, config: Search, padding: int, heard: list[LogitsProcessor], count: int) -> dict[str, Any]:
    """How both search."""
    run = config.no_repeat
    return {
        "attention_mask": torch.ones(latent.shape[:2], dtype=torch.long, device=latent.device),
        "max_new_tokens": config.max_words,
        "num_beams": config.beams,
        "num_return_sequences": min(count, config.beams),
        "logits_processor": LogitsProcessorList([*heard, *([NoRepeatNGramLogitsProcessor(run)] if run else [])]),
        "do_sample": False,
        "pad_token_id": padding,  # told here alone: a model that knows it warns of every beam that has ended
    }


def _gpt2_by_table(config: TEDConfig, table: nn.Embedding) -> GPT2Writer:
    width = config.decoder_width
    writer: Any = GPT2Writer(
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
    )  # transformers types its parts for what it makes them itself
    writer.transformer.wte = FromTable(table, width)
    writer.lm_head = ToTable(table, width)
    return writer


def _t5_by_table(config: TEDConfig, table: nn.Embedding) -> T5Writer:
    width, heads = config.decoder_width, config.decoder_heads
    writer: Any = T5Writer(
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
    )  # transformers types its parts for what it makes them itself
    writer.decoder.set_input_embeddings(FromTable(table, width))
    writer.lm_head = ToTable(table, width)
    writer.config.scale_decoder_outputs = False  # ToTable does
    return writer


BY_TABLE = {"gpt2": _gpt2_by_table, "t5": _t5_by_table}
"""Each kind, untrained, that reads and writes words by TED's table."""
