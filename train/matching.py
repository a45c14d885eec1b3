"""The matching networks (Guo et al. 2022, section 5): texts and motions embedded in one space, where what belongs
together lies together.  The metrics of `train.metrics_motion` are taken there.

Modules and weights are named as in the authors' published evaluators of HumanML3D and KIT-ML (`train.official`).
Ours, for the open data, are smaller, and read words by rows of TED's table in place of GloVe's vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from mote.checkpoint import CheckpointError, load
from mote.models.med import frame_mask
from mote.models.words import END, TOKENIZER, clean
from mote.motion.features import LAYOUT

FRAMES = 4
"""Frames in one step of the motion's GRU, the unit length of the protocol."""

MOST_FRAMES = 196
"""Frames that the protocol fills up to with zeros, and its longest motion: behind that nothing stands."""

CONTACTS = 4
"""The last columns of a motion's features, which the networks do not see."""


@dataclass(frozen=True, kw_only=True)
class MatchingConfig:
    """Sizes; the defaults are those of the published evaluator of HumanML3D.

    Args:
        columns: numbers in a frame, without the contacts.
        word_width: numbers in a word's vector.
        tags: kinds of words (verb, noun, ...) told beside the vector; 0 where they are not.
        words: rows of the table of word vectors; 0 where the vectors come from outside.
        longest: tokens of a text that are read.
    """

    columns: int = LAYOUT.columns - CONTACTS
    movement_width: int = 512
    motion_width: int = 1024
    text_width: int = 512
    width: int = 512
    word_width: int = 300
    tags: int = 15
    words: int = 0
    longest: int = 22


class MovementEncoder(nn.Module):
    """Two strided convolutions: one vector for every four frames."""

    def __init__(self, columns: int, width: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv1d(columns, width, 4, 2, 1),
            nn.Dropout(0.2),
            nn.LeakyReLU(0.2),
            nn.Conv1d(width, width, 4, 2, 1),
            nn.Dropout(0.2),
            nn.LeakyReLU(0.2),
        )
        self.out_net = nn.Linear(width, width)

    def forward(self, frames: Float[Tensor, "b frames columns"]) -> Float[Tensor, "b n width"]:
        return self.out_net(self.main(frames.mT).mT)


class Reader(nn.Module):
    """A GRU that reads a sequence both ways, and makes one vector of where it ends; padding is never read."""

    def __init__(self, width_in: int, hidden: int, width: int) -> None:
        super().__init__()
        self.input_emb = nn.Linear(width_in, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.output_net = nn.Sequential(
            nn.Linear(2 * hidden, hidden), nn.LayerNorm(hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, width)
        )
        self.hidden = nn.Parameter(torch.randn(2, 1, hidden))

    def forward(self, sequence: Float[Tensor, "b n width_in"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b width"]:
        inputs = pack_padded_sequence(self.input_emb(sequence), lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, last = self.gru(inputs, self.hidden.repeat(1, len(sequence), 1))  # (2, b, hidden)
        return self.output_net(torch.cat([last[0], last[1]], dim=-1))


class TextReader(Reader):
    """A reader of words, each a vector and, where there are any, the kind of word that it is."""

    def __init__(self, word_width: int, tags: int, hidden: int, width: int) -> None:
        super().__init__(word_width, hidden, width)
        if tags:
            self.pos_emb = nn.Linear(tags, word_width)

    def forward(
        self,
        sequence: Float[Tensor, "b n width_in"],
        lengths: Int[Tensor, " b"],
        tags: Float[Tensor, "b n tags"] | None = None,
    ) -> Float[Tensor, "b width"]:
        return super().forward(sequence if tags is None else sequence + self.pos_emb(tags), lengths)


class Matching(nn.Module):
    """The three networks, and the mean and deviation that the features of motions are normalised by."""

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, config: MatchingConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("feature_mean", torch.zeros(config.columns))
        self.register_buffer("feature_std", torch.ones(config.columns))
        self.movement_encoder = MovementEncoder(config.columns, config.movement_width)
        self.motion_encoder = Reader(config.movement_width, config.motion_width, config.width)
        self.text_encoder = TextReader(config.word_width, config.tags, config.text_width, config.width)
        self.table = nn.Embedding(config.words, config.word_width) if config.words else None
        self.tokenizer: Tokenizer | None = None

    def read_motions(
        self, features: Float[Tensor, "b frames columns"], lengths: Int[Tensor, " b"]
    ) -> Float[Tensor, "b width"]:
        """Embeddings of motions, by features as they are, with contacts, at least four frames each.

        Behind each motion stand zeros up to MOST_FRAMES, as in the protocol: the convolutions look a little further.
        """
        normal = (features[..., : self.config.columns] - self.feature_mean) / self.feature_std
        normal = normal.masked_fill(~frame_mask(lengths, normal.shape[1])[..., None], 0.0)
        behind = min(FRAMES, max(0, MOST_FRAMES - normal.shape[1]))  # more would change nothing
        movements = self.movement_encoder(F.pad(normal, (0, 0, 0, behind)))  # (b, n, movement)
        return self.motion_encoder(movements, lengths // FRAMES)

    def read_texts(self, texts: Sequence[str]) -> Float[Tensor, "b width"]:
        """Embeddings of texts, by our own table of words; a text of no words is read as its end alone.

        Raises:
            RuntimeError: the networks have no table: their words come from outside, through `text_encoder`.
        """
        if self.table is None or self.tokenizer is None:
            raise RuntimeError("these networks have no words of their own: give text_encoder the vectors of the words")
        encodings = self.tokenizer.encode_batch([clean(text) for text in texts], add_special_tokens=False)
        rows = [torch.tensor(encoding.ids[: self.config.longest] or [END]) for encoding in encodings]
        lengths = torch.tensor([len(row) for row in rows])
        words = pad_sequence(rows, batch_first=True).to(self.feature_mean.device)  # (b, n)
        return self.text_encoder(self.table(words), lengths)

    def load_words(self, folder: Path) -> None:
        """Read the vocabulary beside the weights.

        Raises:
            CheckpointError: it cannot be read.
        """
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # tokenizers raises bare Exceptions
            raise CheckpointError(f"{folder}: the vocabulary cannot be read: {error}") from error

    def save_words(self, folder: Path) -> None:
        """Write the vocabulary beside the weights.

        Raises:
            RuntimeError: there is none.
        """
        if self.tokenizer is None:
            raise RuntimeError("these networks have no words of their own to save")
        self.tokenizer.save(str(folder / TOKENIZER))

    @torch.no_grad()
    def embed_motions(self, clips: Sequence[np.ndarray], size: int = 64) -> Float[np.ndarray, "n width"]:
        """Embeddings of clips' features (frames, 263), any number of them."""
        order = sorted(range(len(clips)), key=lambda row: len(clips[row]))
        out = np.empty((len(clips), self.config.width), np.float32)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            parts = [torch.from_numpy(clips[row].astype(np.float32)) for row in rows]
            lengths = torch.tensor([len(part) for part in parts])
            features = pad_sequence(parts, batch_first=True).to(self.feature_mean.device)
            out[rows] = self.read_motions(features, lengths).cpu().numpy()
        return out

    @torch.no_grad()
    def embed_texts(self, texts: Sequence[str], size: int = 256) -> Float[np.ndarray, "n width"]:
        """Embeddings of texts, any number of them."""
        parts = [self.read_texts(texts[start : start + size]) for start in range(0, len(texts), size)]
        return torch.cat(parts).cpu().numpy()


def load_matching(folder: Path) -> Matching:
    """The networks that `train.match` wrote, with their words."""
    model = load(Matching, MatchingConfig, folder)
    model.load_words(folder)
    return model


def contrast(
    texts: Float[Tensor, "b width"],
    motions: Float[Tensor, "b width"],
    alike: Tensor,
    margin: float = 10.0,
) -> Float[Tensor, ""]:
    """The contrastive loss of a batch of pairs (Hadsell et al. 2006, equation 4), over all of its crossed pairs.

    Args:
        alike: (b, b) pairs that are neither a match nor a mismatch: another clip of the same meaning.
    """
    distances = torch.cdist(texts, motions)  # (b, b)
    own = torch.eye(len(texts), dtype=torch.bool, device=texts.device)
    apart = F.relu(margin - distances).square()[~own & ~alike]
    return distances.diagonal().square().mean() + (apart.mean() if len(apart) else 0.0)
