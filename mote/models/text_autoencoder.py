"""What every TED has in common, whatever its encoder and its decoder: sentences to latents and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Protocol

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence

from mote.models.claims import Among
from mote.models.familiar import Familiar
from mote.models.layers import Attention
from mote.models.words import PAD, clean, wordless
from mote.models.writers import Search


class TextConfig(Search, Protocol):
    """Sizes that every TED has: see `mote.models.ted.TEDConfig`."""

    @property
    def tokens(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def meaning_width(self) -> int: ...
    @property
    def familiar(self) -> int: ...
    @property
    def known(self) -> int: ...


class TextAutoencoder(nn.Module, ABC):
    """Sentences to standardised latents of `tokens` x `width` and back (MoTe, section 3.1).

    A learned query gathers each latent token from the states of the encoder, and a linear layer takes the tokens to the
    decoder.  The vocabularies are not in the weights: `load_tokenizer` reads them from the checkpoint's folder.

    Args:
        config: sizes.
        states_width: numbers of each of the encoder's states.
        heads: heads of the attention that gathers them.
        decoder_width: numbers that the decoder takes of each latent token.
    """

    encoder: Any  # transformers types its parts for its own
    decoder: Any
    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: TextConfig, *, states_width: int, heads: int, decoder_width: int) -> None:
        super().__init__()
        self.config = config
        self.queries = nn.Parameter(torch.randn(config.tokens, states_width))
        self.gather = Attention(states_width, heads)
        self.norm = nn.LayerNorm(states_width)
        self.to_latent = nn.Linear(states_width, config.meaning_width)
        self.bound = nn.LayerNorm(config.meaning_width, elementwise_affine=False)
        self.from_latent = nn.Linear(config.width, decoder_width)
        self.familiar = Familiar(config.tokens * config.meaning_width, config.familiar, config.known)
        self.register_buffer("latent_mean", torch.zeros(config.tokens, config.width))
        self.register_buffer("latent_std", torch.ones(config.tokens, config.width))

    @abstractmethod
    def load_tokenizer(self, folder: Path) -> None:
        """Read what makes tokens of a text from a checkpoint's folder."""

    @abstractmethod
    def save_tokenizer(self, folder: Path) -> None:
        """Write what makes tokens of a text to a checkpoint's folder."""

    @abstractmethod
    def reading(self, texts: list[str]) -> list[Int[Tensor, " n"]]:
        """The tokens that the encoder reads of each clean text; what goes beyond its limit is cut off."""

    def writing(self, texts: list[str]) -> list[Int[Tensor, " n"]]:
        """The tokens that the decoder should write for each clean text, without `end`; those of `reading` by itself."""
        return self.reading(texts)

    @property
    @abstractmethod
    def end(self) -> int:
        """The token that ends what the decoder writes."""

    @abstractmethod
    def read(self, ids: Int[Tensor, "b n"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b k d"]:
        """The encoder: latents as the decoder takes them, before they are standardised."""

    @abstractmethod
    def write(
        self, latents: Float[Tensor, "b k d"], ids: Int[Tensor, "b n"], rows: Int[Tensor, " c"] | None = None
    ) -> Float[Tensor, "b n c"]:
        """The decoder, told what it should have written: logits of each token from the latent and the tokens before.

        `rows` are the tokens whose logits are wanted, all of them where left out.
        """

    @abstractmethod
    def search(self, latents: Float[Tensor, "b k d"], count: int = 1) -> Int[Tensor, "b_count n"]:
        """Tokens that beam search writes from latents of `read`, padded after `end`, no run of `no_repeat` twice; the
        best `count` sentences of each, up to as many as there are beams."""

    @abstractmethod
    def spoken(self, ids: Int[Tensor, "b n"]) -> list[str]:
        """The sentences of tokens that `search` wrote, in clean lower case."""

    def writing_parts(self) -> list[nn.Module | nn.Parameter]:
        """What makes sentences of latents, and may learn while the latents stay as they are."""
        return [self.from_latent, self.decoder]

    @torch.no_grad()
    def encode(self, texts: list[str]) -> Float[Tensor, "b k d"]:
        """Standardised latents of the texts; what goes beyond the encoder's limit is not read.

        Raises:
            ValueError: a text has no words.
        """
        return (self.read(*self.tokenize(texts)) - self.latent_mean) / self.latent_std  # (b, k, d)

    @torch.no_grad()
    def understand(self, texts: list[str], share: float, among: Among | None = None) -> Float[Tensor, "b k d"]:
        """The latents of texts, `likened`; by what they claim as well, where known captions are told by it:
        `ClaimReader.among` of `known_meanings`.

        Raises:
            ValueError: a text has no words.
        """
        latents = self.encode(texts).float()
        alike = None
        if among:
            claims = among.reader.claimed(self.parts(latents)[0], self.rows(*self.tokenize(texts)))
            alike = among.alike(claims)
        return self.likened(latents, share, texts=texts, alike=alike)

    def likened(
        self,
        latents: Float[Tensor, "b k d"],
        share: float,
        *,
        texts: list[str] | None = None,
        alike: Float[Tensor, "b known"] | None = None,
    ) -> Float[Tensor, "b k d"]:
        """Latents with their meanings such a share nearer to known captions (`Familiar.nearer`)."""
        meaning, spelling = self.parts(latents)
        if self.config.known:
            meaning = self.familiar.nearer(meaning.flatten(1), share, texts=texts, alike=alike).view_as(meaning)
        return torch.cat([meaning, spelling], dim=-1)

    @torch.no_grad()
    def decode(self, latents: Float[Tensor, "b k d"], count: int = 1) -> list[str]:
        """The sentences that standardised latents stand for, in clean lower case, by beam search: the best `count` of
        each, one after another."""
        return self.spoken(self.search(latents * self.latent_std + self.latent_mean, count))

    def tokenize(self, texts: list[str]) -> tuple[Int[Tensor, "b n"], Bool[Tensor, "b n"]]:
        """What the encoder reads of each text, and which of it are tokens and not padding.

        Raises:
            ValueError: a text has no words.
        """
        for text in texts:
            if wordless(text):
                raise ValueError(f"the text {text[:40]!r} has no words: write a sentence in English")
        where, rows = self.latent_mean.device, self.reading([*map(clean, texts)])
        ids = pad_sequence(rows, batch_first=True, padding_value=PAD).to(where)  # (b, n)
        lengths = torch.tensor([len(row) for row in rows], device=where)
        return ids, torch.arange(ids.shape[1], device=where) < lengths[:, None]

    @property
    @abstractmethod
    def words(self) -> Float[Tensor, "tokens w"]:
        """What the encoder reads of each token by itself."""

    def rows(self, ids: Int[Tensor, "b n"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b n w"]:
        """That of the tokens of some texts, of unit length; zeros where there are none."""
        return normalize(self.words[ids].float(), dim=-1) * mask[..., None]

    def gathered(self, states: Float[Tensor, "b n w"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b k meaning"]:
        """Latent tokens of the encoder's states, each of zero mean and unit variance."""
        tokens = self.gather(self.queries.expand(len(states), -1, -1), mask, states)  # (b, k, w)
        return self.bound(self.to_latent(self.norm(tokens)))

    @torch.no_grad()
    def strangeness(self, texts: list[str]) -> Float[Tensor, " b"]:
        """How far each text is from those that the model was trained on; above 1 it is strange (`Familiar`).

        Raises:
            ValueError: a text has no words.
        """
        return self.familiar(self.meanings(texts))

    @torch.no_grad()
    def meanings(self, texts: list[str]) -> Float[Tensor, "b size"]:
        """The meanings of all latent tokens of each text, as `familiar` takes them."""
        return self.parts(self.encode(texts))[0].flatten(1)

    def known_meanings(self) -> Float[Tensor, "known k meaning"]:
        """What the captions that TED knows mean."""
        return self.familiar.known_meanings().unflatten(1, (self.config.tokens, self.config.meaning_width))

    def parts(self, latents: Float[Tensor, "*n k d"]) -> tuple[Float[Tensor, "*n k meaning"], Tensor]:
        """The meaning of latents, and the spelling of those that have one."""
        meaning = self.config.meaning_width
        return latents[..., :meaning], latents[..., meaning:]

    @torch.no_grad()
    def set_statistics(self, latents: Float[Tensor, "n k d"]) -> None:
        """Make `encode` standardise: each number of the meanings of `read` to zero mean and unit variance.

        Spellings stay as they are: words of a common size wherever they stand.
        """
        meaning, _ = self.parts(latents)
        self.parts(self.latent_mean)[0].copy_(meaning.mean(dim=0))
        self.parts(self.latent_std)[0].copy_(meaning.std(dim=0).clamp(min=1e-3))
