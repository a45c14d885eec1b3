"""TED, the text encoder-decoder of MoTe (arXiv 2411.19786, section 3.1): a sentence to a few latent tokens and back.

The encoder is a few layers of a sentence encoder over a table whose rows are what that teacher makes of each word of
its vocabulary, so a word that no training caption had still lies next to the words it means the same as.
The decoder is a small GPT-2 that reads the latent as its prefix, or a T5 (`mote.models.writers`).  It reads and writes
words by the same table, so that it can write a word that it has never written: one whose row is nearest to what the
latent says.

A latent token has two parts. Its meaning is the encoder's, and is what a denoiser can make: close to it lie other
sentences that mean about the same. Its spelling is the words themselves, a few numbers of the row of the word at each
place, and needs no training: with it a denoiser can tell words apart that the encoder has never read, and the decoder
writes them. The decoder trusts a spelling as far as it is one of words (`spelled`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, pad
from transformers import BertConfig, BertModel

from mote.models.text_autoencoder import TextAutoencoder
from mote.models.words import END, PAD, SPECIAL, TOKENIZER, FromTable, Spelled, joined
from mote.models.writers import BY_TABLE, Writer

BLUR = 0.05
"""Variance of each number of a spelling about a word's, where it is exactly a word's."""
TRUST, DISTRUST = 25.0, 10.0
"""Before training: minus the log of the chance that an exact spelling misleads, and how fast distance makes it less."""


@dataclass(frozen=True, kw_only=True)
class TEDConfig:
    """Sizes of TED.

    Args:
        words: rows of the table, one for each token of the vocabulary.
        tokens: latent tokens, k in the paper.
        width: numbers in a latent token, d in the paper: of its meaning first, then of its spelling.
        places: words that a latent token spells; the sentence's first `tokens * places` words are spelled in turn.
        place_width: numbers that spell a word.
        table_width: numbers in a row of the table.
        max_words: tokens of a text that the encoder reads, the rest is cut off; and that the decoder writes at most.
        beams: sentences that beam search follows.
        no_repeat: the decoder writes no run of this many tokens twice; 0 lets it.
        familiar: components of training's captions, outside of which a sentence is strange (`Familiar`).
        known: captions by which others are understood, as many as training has told it.
    """

    words: int
    tokens: int = 8
    width: int = 136
    places: int = 3
    place_width: int = 24
    table_width: int = 128
    encoder_width: int = 384
    encoder_layers: int = 3
    encoder_heads: int = 12
    writer: Writer = "gpt2"
    decoder_width: int = 192
    decoder_layers: int = 4
    decoder_heads: int = 4
    max_words: int = 64
    beams: int = 4
    no_repeat: int = 3
    familiar: int = 128
    known: int = 0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.writer not in BY_TABLE:
            raise ValueError(f"writer is one of {', '.join(BY_TABLE)}, not {self.writer!r}")
        if self.meaning_width < 1 or self.place_width > self.table_width:
            raise ValueError(
                f"{self.places} places of {self.place_width} numbers leave {self.meaning_width} of {self.width} numbers"
                f" for the meaning, and come from {self.table_width}: make the latent wider or the places fewer"
            )

    @property
    def meaning_width(self) -> int:
        """Numbers of the meaning in a latent token."""
        return self.width - self.places * self.place_width


class TED(TextAutoencoder):
    """TED with an encoder and a decoder of its own, small enough for a CPU and for a repository."""

    config: TEDConfig

    def __init__(self, config: TEDConfig) -> None:
        width = config.encoder_width
        super().__init__(config, states_width=width, heads=config.encoder_heads, decoder_width=config.decoder_width)
        self.table = nn.Embedding(config.words, config.table_width, padding_idx=PAD)
        self.encoder = BertModel(_bert(config), add_pooling_layer=False)
        self.encoder.embeddings.word_embeddings = FromTable(self.table, width)
        self.trust = nn.Parameter(torch.tensor(TRUST).log())
        self.distrust = nn.Parameter(torch.tensor(DISTRUST).log())
        self.decoder = BY_TABLE[config.writer](config, self.table)
        self._tokenizer: Tokenizer | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """The vocabulary, and how a text becomes tokens of it.

        Raises:
            RuntimeError: there is none yet.
        """
        if self._tokenizer is None:
            raise RuntimeError("TED has no vocabulary yet: call set_tokenizer or load_tokenizer first")
        return self._tokenizer

    def set_tokenizer(self, tokenizer: Tokenizer) -> None:
        """Give TED its vocabulary.

        Raises:
            ValueError: it is not of the size that the config says, or does not begin with the special tokens.
        """
        if tokenizer.get_vocab_size() != self.config.words:
            raise ValueError(f"the vocabulary has {tokenizer.get_vocab_size()} tokens, not {self.config.words}")
        if tuple(map(tokenizer.id_to_token, range(len(SPECIAL)))) != SPECIAL:
            raise ValueError(f"the vocabulary does not begin with {', '.join(SPECIAL)}")
        self._tokenizer = tokenizer

    def load_tokenizer(self, folder: Path) -> None:
        """Read the vocabulary from a checkpoint's folder."""
        self.set_tokenizer(Tokenizer.from_file(str(folder / TOKENIZER)))

    def save_tokenizer(self, folder: Path) -> None:
        """Write the vocabulary to a checkpoint's folder."""
        self.tokenizer.save(str(folder / TOKENIZER), pretty=False)

    def reading(self, texts: list[str]) -> list[Int[Tensor, " n"]]:
        """Rows of the table for the tokens of each clean text, at most `max_words`."""
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        return [torch.tensor(encoding.ids[: self.config.max_words]) for encoding in encodings]

    end = END

    @property
    def words(self) -> Float[Tensor, "tokens w"]:
        return self.table.weight

    def spoken(self, ids: Int[Tensor, "b n"]) -> list[str]:
        return [joined(text) for text in self.tokenizer.decode_batch(ids.tolist())]

    @torch.no_grad()
    def search(self, latents: Float[Tensor, "b k d"], count: int = 1) -> Int[Tensor, "b_count n"]:
        heard = Spelled(self.spelled(latents))
        return self.decoder.search(self.from_latent(latents), self.config, PAD, [heard], count)

    def writing_parts(self) -> list[nn.Module | nn.Parameter]:
        return [*super().writing_parts(), self.trust, self.distrust]

    def read(self, ids: Int[Tensor, "b n"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b k d"]:
        """The encoder: latents as the decoder takes them, of each token meaning and spelling.

        Each token's meaning is of zero mean and unit variance, and so is the spelling of each word.
        """
        places = self.config.tokens * self.config.places
        ended = pad(ids.masked_fill(~mask, PAD), (0, max(1, places - ids.shape[1])), value=PAD)  # (b, > n)
        ended[torch.arange(len(ids), device=ids.device), mask.sum(dim=1)] = END
        words = pad(ended[:, : ids.shape[1] + 1], (1, 0), value=PAD)  # (b, n + 2): a sentence begins with a PAD
        mask = pad(mask, (2, 0), value=True)  # (b, n + 2)
        states = self.encoder(input_ids=words, attention_mask=mask).last_hidden_state  # (b, n + 2, width)
        meaning = self.gathered(states, mask)  # (b, k, meaning)
        spelling = self.spellings()[ended[:, :places]].reshape(*meaning.shape[:2], -1)  # (b, k, places * place)
        return torch.cat([meaning, spelling], dim=-1)  # (b, k, d)

    @torch.no_grad()
    def spellings(self) -> Float[Tensor, "words place"]:
        """What spells each word of the vocabulary: the first numbers of its row, with zero mean and unit variance."""
        return layer_norm(self.table.weight[:, : self.config.place_width], (self.config.place_width,))

    def spelled(self, latents: Float[Tensor, "b k d"], rows: Int[Tensor, " c"] | None = None) -> Tensor:
        """What the spelling alone says of the word at each place: logits (b, places, c) of some words, or of all.

        They are the log of a mixture: a normal density about each word's spelling, as wide as the places of the
        sentence are far from words, and the chance that they mislead. That chance grows with the same distance: a
        sentence that was read spells words exactly, one that was made does not, and its words stand beside their place.
        """
        distances, doubt = self._distances(latents, rows)  # (b, places, c), (b, 1, 1)
        evidence = -distances / (2 * (BLUR + doubt))
        return torch.logaddexp(evidence, -self.trust.exp() * torch.exp(-self.distrust.exp() * doubt))

    @torch.no_grad()
    def _distances(self, latents: Tensor, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        """Squared distances of each place to some words, and the mean over a sentence's places of that to the nearest
        of all, for one number of a spelling."""
        _, spelling = self.parts(latents.float())
        places = spelling.reshape(len(latents), -1 if self.config.places else 0, self.config.place_width)
        words = self.spellings().float()  # (words, place)
        with torch.autocast(latents.device.type, enabled=False):  # half precision makes every exact spelling doubtful
            nearness = linear(places, words, -words.square().sum(dim=-1) / 2)  # (b, places, words)
        size = places.square().sum(dim=-1, keepdim=True)  # (b, places, 1)
        nearest = (size - 2 * nearness.amax(dim=-1, keepdim=True)).clamp(min=0)
        chosen = nearness if rows is None else nearness[..., rows]
        return (size - 2 * chosen).clamp(min=0), nearest.mean(dim=1, keepdim=True) / self.config.place_width

    def write(
        self, latents: Float[Tensor, "b k d"], ids: Int[Tensor, "b n"], rows: Int[Tensor, " c"] | None = None
    ) -> Float[Tensor, "b n c"]:
        logits = self.decoder.lm_head(self.decoder.states(self.from_latent(latents), ids), rows)
        said = self.spelled(latents, rows)[:, : ids.shape[1]]
        return logits + pad(said, (0, 0, 0, ids.shape[1] - said.shape[1]))


def _bert(config: TEDConfig) -> BertConfig:
    return BertConfig(
        vocab_size=1,  # TED's own table stands in for its
        hidden_size=config.encoder_width,
        num_hidden_layers=config.encoder_layers,
        num_attention_heads=config.encoder_heads,
        intermediate_size=4 * config.encoder_width,
        max_position_embeddings=config.max_words + 2,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.dropout,
    )
