"""The published evaluators of HumanML3D and KIT-ML (Guo et al. 2022): their weights, statistics and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mote import device as devices
from train.glove import PREFIX, Words
from train.lemmas import Lemmas
from train.matching import CONTACTS, Matching, MatchingConfig
from train.storage import read_array

NETWORKS = ("movement_encoder", "motion_encoder", "text_encoder")
META = ("", "Comp_v6_KLD005/meta", "Comp_v6_KLD01/meta", "meta")
"""Where the evaluator's mean and deviation lie in the published folders, `checkpoints/t2m` and `checkpoints/kit`."""


class Official:
    """A published evaluator: the networks, the vectors of words, and lemmas for captions that nobody tagged."""

    def __init__(self, networks: Matching, words: Words, lemmas: Lemmas) -> None:
        self.networks, self.words, self.lemmas = networks.to(devices.choose()).eval(), words, lemmas

    @classmethod
    def load(cls, folder: Path, records: Sequence[Mapping[str, Any]]) -> Official:
        """From a folder with all files, or one as published, `checkpoints/t2m` with `glove` near it.

        Args:
            records: of clips whose captions have tokens; captions that have none are tagged by them.

        Raises:
            ValueError: a file is missing or holds something else; the sentence says which.
        """
        networks = load_networks(_find(folder, "finest.tar", "text_mot_match/model/finest.tar"))
        for name in ("mean", "std"):
            path = _find(folder, f"{name}_eval.npy", *(f"{place}/{name}.npy".lstrip("/") for place in META))
            values = read_array(path)
            columns = networks.config.columns
            if values.shape != (columns + CONTACTS,) or not np.isfinite(values).all():
                raise ValueError(
                    f"{path} is an array of {values.shape}: the evaluator's has {columns + CONTACTS} numbers"
                )
            getattr(networks, f"feature_{name}").copy_(torch.from_numpy(values[:columns]))
        words = _find(folder, *(f"{place}{PREFIX}_data.npy" for place in ("", "glove/", "../glove/", "../../glove/")))
        return cls(networks, Words.load(words.parent), Lemmas(records))

    @torch.no_grad()
    def embed_captions(self, captions: Sequence[Sequence[str]], size: int = 256) -> Float[np.ndarray, "n width"]:
        """Embeddings of captions by their tokens, `word/PART OF SPEECH`."""
        device, parts = self.networks.feature_mean.device, []
        for start in range(0, len(captions), size):
            read = [self.words.read(tokens) for tokens in captions[start : start + size]]
            lengths = torch.tensor([len(vectors) for vectors, _ in read])
            vectors, kinds = (
                pad_sequence([torch.from_numpy(part) for part in side], batch_first=True).to(device)
                for side in zip(*read, strict=True)
            )  # (b, n, 300), (b, n, 15)
            parts.append(self.networks.text_encoder(vectors, lengths, kinds).cpu())
        return torch.cat(parts).numpy()

    def embed_motions(self, clips: Sequence[np.ndarray]) -> Float[np.ndarray, "n width"]:
        """Embeddings of features (frames, columns) as the set has them.

        Raises:
            ValueError: they have another number of columns than the evaluator reads.
        """
        columns = self.networks.config.columns + CONTACTS
        if clips[0].shape[1] != columns:
            raise ValueError(f"the evaluator reads motions of {columns} columns, these have {clips[0].shape[1]}")
        return self.networks.embed_motions(clips)


def load_networks(path: Path) -> Matching:
    """The authors' published weights (`finest.tar`, a file of torch.save), by their own names, strictly.

    Only tensors are read from it, never a pickled object; they tell the sizes.

    Raises:
        ValueError: the file holds something else, or weights of other names or sizes; the message says which.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"{path} is damaged, or holds more than the weights that torch.save writes") from error
    for name in NETWORKS:
        if not isinstance(state, dict) or name not in state:
            raise ValueError(f"{path} has no {name}: it is not an evaluator of Guo et al.")
    try:
        model = Matching(_sizes(*(state[name] for name in NETWORKS)))
        for name in NETWORKS:
            getattr(model, name).load_state_dict(state[name])
    except (RuntimeError, LookupError, AttributeError) as error:
        raise ValueError(f"{path} does not fit the networks: {error}") from error
    return model.eval()


def _sizes(movement: Mapping[str, Tensor], motion: Mapping[str, Tensor], text: Mapping[str, Tensor]) -> MatchingConfig:
    word_width, tags = text["pos_emb.weight"].shape
    return MatchingConfig(
        columns=movement["main.0.weight"].shape[1],
        movement_width=movement["out_net.weight"].shape[0],
        motion_width=motion["input_emb.weight"].shape[0],
        text_width=text["input_emb.weight"].shape[0],
        width=motion["output_net.3.weight"].shape[0],
        word_width=word_width,
        tags=tags,
    )


def _find(folder: Path, *places: str) -> Path:
    found = next((folder / place for place in places if (folder / place).is_file()), None)
    if found is None:
        raise ValueError(f"{folder} has no {places[0]}, nor {', '.join(places[1:])}: the evaluator needs it")
    return found
