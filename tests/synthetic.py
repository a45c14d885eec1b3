"""A published evaluator in little whose embeddings are known: a caption and its clip lie on the same point.

Every clip stands still and shows a code in its first columns; its captions repeat one word, whose vector is that code.
The real networks carry codes through: convolutions and linear layers pass them on, the GRUs keep the last word that is
not `sos` or `eos`.
"""

import json
import pickle
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from train.data import MANIFEST
from train.matching import Matching, MatchingConfig

CODE = 8
WIDTH = CODE + 1
"""Of every layer: the code, and a mark on what is to be passed over."""
COLUMNS = 263


def codes(count: int) -> np.ndarray:
    """A positive code (CODE,) for each clip."""
    return np.random.default_rng(0).uniform(0.2, 1.0, (count, CODE)).astype(np.float32)


def place(code: np.ndarray) -> np.ndarray:
    """Where a code is embedded: tanh, normalised over a layer with a zero behind, then a leaky ReLU."""
    kept = np.append(np.tanh(code.astype(np.float64)), 0.0)
    normal = (kept - kept.mean()) / np.sqrt(kept.var() + 1e-5)
    return np.where(normal > 0, normal, 0.2 * normal)


def word(number: int) -> str:
    """A word of letters alone for each clip."""
    return "word" + chr(ord("a") + number // 26) + chr(ord("a") + number % 26)


def statistics() -> tuple[np.ndarray, np.ndarray]:
    """A mean and a deviation that are not those of any clip."""
    rng = np.random.default_rng(1)
    return rng.normal(size=COLUMNS), rng.uniform(0.5, 2.0, COLUMNS)


def make_evaluator(folder: Path, count: int) -> Path:
    """All the files, as they are called where they are published."""
    (folder / "text_mot_match" / "model").mkdir(parents=True)
    (folder / "Comp_v6_KLD005" / "meta").mkdir(parents=True)
    (folder / "glove").mkdir()
    model = Matching(
        MatchingConfig(
            columns=COLUMNS - 4, movement_width=WIDTH, motion_width=WIDTH, text_width=WIDTH, width=WIDTH,
            word_width=WIDTH,
        )
    )  # fmt: skip
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    for conv in (model.movement_encoder.main[0], model.movement_encoder.main[3]):
        _pass_on(conv.weight.data[..., 1])
    _pass_on(model.movement_encoder.out_net.weight.data)
    for reader in (model.motion_encoder, model.text_encoder):
        for layer in (reader.input_emb, reader.output_net[0], reader.output_net[3]):
            _pass_on(layer.weight.data)
        reader.output_net[1].weight.data.fill_(1)
        for end in ("", "_reverse"):
            _, hold, new = getattr(reader.gru, f"weight_ih_l0{end}").data.split(WIDTH)
            _pass_on(new)
            new[CODE].zero_()
            hold[:, CODE] = 50
            getattr(reader.gru, f"bias_ih_l0{end}").data[WIDTH : 2 * WIDTH] = -25
    parts = {name: getattr(model, name).state_dict() for name in ("movement_encoder", "motion_encoder", "text_encoder")}
    torch.save(parts | {"epoch": 7}, folder / "text_mot_match" / "model" / "finest.tar")
    for name, values in zip(("mean", "std"), statistics(), strict=True):
        np.save(folder / "Comp_v6_KLD005" / "meta" / f"{name}.npy", values)
    words = ["sos", "eos", "unk", *map(word, range(count))]
    vectors = np.zeros((len(words), WIDTH))
    vectors[:3, CODE] = 1
    vectors[3:, :CODE] = codes(count)
    write_words(folder / "glove", words, vectors)
    return folder


def write_words(folder: Path, words: list[str], vectors: np.ndarray) -> None:
    """The three files of words."""
    np.save(folder / "our_vab_data.npy", vectors)
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(words))
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps({name: row for row, name in enumerate(words)}))


def make_data(folder: Path, count: int, *, shift: int = 0, tagged: bool = True) -> Path:
    """Prepared clips of both splits, with the captions of the clip `shift` places further on."""
    (folder / "features").mkdir(parents=True)
    mean, deviation = statistics()
    records = []
    for split in ("train", "test"):
        for number, code in enumerate(codes(count)):
            name = f"{split}-{number}"
            frames = np.broadcast_to(np.pad(code, (0, COLUMNS - CODE)) * deviation + mean, (40 + number, COLUMNS))
            np.save(folder / "features" / f"{name}.npy", frames.astype(np.float32))
            said = word((number + shift) % count)
            record = {"name": name, "split": split, "captions": [f"{said} {said}s", said], "held_out": [False, False]}
            tokens = {"tokens": [[f"{said}/NOUN", f"{said}/VERB"], [f"{said}/NOUN"]]} if tagged else {}
            records.append(record | tokens)
    (folder / MANIFEST).write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def _pass_on(weight: Tensor) -> None:
    """Make a weight (out, in) the identity on the first of its rows and columns."""
    weight.zero_()
    weight[:WIDTH, :WIDTH].copy_(torch.eye(WIDTH)[: len(weight), : weight.shape[1]])
