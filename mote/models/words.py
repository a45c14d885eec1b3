"""Words: how TED cleans a text, reads and writes them by rows of its table, and hears what a spelling says of them."""

from __future__ import annotations

import re
import unicodedata

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear, log_softmax
from transformers import LogitsProcessor

SPECIAL = ("[PAD]", "[UNK]", "[END]")
PAD, END = SPECIAL.index("[PAD]"), SPECIAL.index("[END]")
"""SPECIAL are the first rows of the table: padding, a token that is no word, the end of what the decoder writes."""

TOKENIZER = "tokenizer.json"
"""How the names of files that hold a vocabulary end."""


def clean(text: str) -> str:
    """The text as TED reads and writes it: lower case, plain Latin letters, digits and marks, no mark at the end."""
    text = unicodedata.normalize("NFKD", text.replace("\u2019", "'").replace("\u2013", "-")).lower()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"[^a-z0-9,.;:'\"()/&-]+", " ", text)
    text = re.sub(r"\s+([,.;:)])", r"\1", text)
    return text.strip(" ,.;:-/&")


def wordless(text: str) -> bool:
    """Whether a text has nothing that TED could read as a word."""
    return re.search("[a-z0-9]", clean(text)) is None


def joined(text: str) -> str:
    """Clean text of tokens with a space between any two, without those around hyphens, slashes and apostrophes."""
    return clean(re.sub(r" ?([/-]) ?| (')(?: (?=(?:s|t|re|ll|ve|m|d)\b))?|(\() ", r"\1\2\3", text))


class FromTable(nn.Module):
    """Rows of TED's table, raised to the width of what reads them."""

    def __init__(self, table: nn.Embedding, width: int) -> None:
        super().__init__()
        self.shared = [table]  # in a list it stays TED's own, and is saved once
        self.linear = nn.Linear(table.embedding_dim, width)

    def forward(self, ids: Int[Tensor, "*n"]) -> Float[Tensor, "*n width"]:
        return self.linear(self.shared[0](ids))


class ToTable(nn.Module):
    """The decoder's output: how well its state goes with each row of TED's table."""

    def __init__(self, table: nn.Embedding, width: int) -> None:
        super().__init__()
        self.shared = [table]
        self.linear = nn.Linear(width, table.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(table.num_embeddings))

    def forward(
        self, states: Float[Tensor, "*n width"], rows: Int[Tensor, " c"] | None = None
    ) -> Float[Tensor, "*n c"]:
        """Logits of some rows, or of all of them."""
        chosen = slice(None) if rows is None else rows
        table = self.shared[0].weight[chosen]
        return linear(self.linear(states) * table.shape[1] ** -0.5, table, self.bias[chosen])


class Spelled(LogitsProcessor):
    """Adds what the spelling says of the word at each place to what the decoder says of it, for every beam alike."""

    def __init__(self, said: Float[Tensor, "b places words"]) -> None:
        self.said = said

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:  # transformers' own names
        place = input_ids.shape[1]
        if place >= self.said.shape[1]:
            return scores
        said = self.said[:, place].repeat_interleave(len(scores) // len(self.said), dim=0)  # (b * beams, words)
        return log_softmax(scores + said, dim=-1)
