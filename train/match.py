"""Train the matching networks on the open data, for `train.evaluate`: a sentence and its clip together, others apart.

Run as `python -m train.match --data PREPARED --words checkpoints/mote-open/ted --out checkpoints/matching`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from mote.checkpoint import load, save
from mote.models.ted import TED, TEDConfig
from mote.models.words import SPECIAL
from train.command import command
from train.data import Batch, Clips, Split, statistics
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, asked, fit
from train.matching import Matching, MatchingConfig, contrast
from train.metrics_motion import r_precision
from train.prepare import text
from train.prepare.reading import read_caption
from train.teacher import make_tokenizer

OURS = MatchingConfig(movement_width=192, motion_width=256, text_width=192, width=192)
"""Sizes for the open data, a tenth of HumanML3D."""


@dataclass(frozen=True, kw_only=True)
class MatchTraining:
    """How they are trained; noise is in deviations of a column."""

    batch: int = 64
    margin: float = 10.0
    noise: float = 0.1


@dataclass(frozen=True)
class Pair:
    """Clips and a sentence about each; `alike` (b, b) tells which clips have all labels in common."""

    clips: Batch
    texts: list[str]
    alike: Tensor


def with_words(ted: TED, texts: Sequence[str], config: MatchingConfig) -> Matching:
    """Networks that read what these texts are made of by TED's rows, which stay as they are."""
    used = {token for row in ted.tokenizer.encode_batch(list(texts), add_special_tokens=False) for token in row.ids}
    rows = [*range(len(SPECIAL)), *sorted(used - set(range(len(SPECIAL))))]
    model = Matching(replace(config, words=len(rows), word_width=ted.config.table_width, tags=0))
    names = {row: word for word, row in ted.tokenizer.get_vocab().items()}
    model.tokenizer = make_tokenizer([names[row] for row in rows[len(SPECIAL) :]])
    assert model.table is not None
    model.table.weight.requires_grad_(False).copy_(ted.table.weight.detach()[rows])
    return model


def pairs(clips: Clips, size: int, chance: torch.Generator) -> Pair:
    """Random clips, half of them mirrored, and a random sentence about each."""
    batch = clips.sample(size, chance, limit=int(clips.lengths.max()), crop=False).to(engine().device)
    chooser = random.Random(int(torch.randint(2**31, (), generator=chance)))
    records = [clips.records[clip] for clip in batch.clips]
    texts = [
        chooser.choice(record["mirrored_captions" if mirrored else "captions"])
        for record, mirrored in zip(records, batch.mirrored, strict=True)
    ]
    labels = [(r["action"], r["style"], m) for r, m in zip(records, batch.mirrored, strict=True)]
    alike = torch.tensor([[one == other for other in labels] for one in labels])
    return Pair(batch, texts, alike.to(engine().device))


def precision(model: Matching, clips: Clips, seed: int = 0) -> dict[str, float]:
    """R-precision of the real clips of a split with one caption each, by meaning; the mean of ten draws."""
    chance = np.random.default_rng(seed)
    motions = model.embed_motions(clips.features)
    figures = []
    for _ in range(10):
        texts = [record["captions"][int(chance.integers(len(record["captions"])))] for record in clips.records]
        meanings = [read_caption(sentence) for sentence in texts]
        figures.append(r_precision(model.embed_texts(texts), motions, chance, (meanings, meanings)))
    return {f"R{place}": float(value) for place, value in enumerate(np.mean(figures, axis=0), start=1)}


def train(prepared: Path, words: Path, out: Path, training: MatchTraining, fitting: FitConfig) -> Matching:
    """Fit the networks on the training split and save them to `out`, with their vocabulary."""
    ted = load(TED, TEDConfig, words)
    ted.load_tokenizer(words)
    clips, validation = Clips.load(prepared, "train"), Clips.load(prepared, "val")
    said = [sentence for split in get_args(Split) for sentence in text.clips(prepared, split)]
    torch.manual_seed(fitting.seed)
    model = with_words(ted, said, OURS)
    mean, deviation = statistics(clips.features)
    model.feature_mean = mean[: model.config.columns]
    model.feature_std = deviation[: model.config.columns].clamp_min(1e-4)
    model = model.to(engine().device)

    def step_loss(model: Matching, pair: Pair, chance: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        features = pair.clips.features
        noise = training.noise * torch.randn(features.shape, generator=chance).to(features)
        noise[..., : model.config.columns] *= model.feature_std
        motions = model.read_motions(features + noise, pair.clips.lengths)
        value = contrast(model.read_texts(pair.texts), motions, pair.alike, training.margin)
        return value, {}

    model = fit(
        model,
        lambda _, chance: pairs(clips, training.batch, chance),
        step_loss,
        config=fitting,
        out=out,
        validate=lambda model: precision(model, validation),
    )
    on_main(save, model, out)
    on_main(model.save_words, out)
    return model


@command
def main(arguments: Sequence[str] | None) -> None:
    """Train the networks and print the R-precision of the real clips of the test split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--words", type=Path, required=True, help="a TED whose table of words to read by")
    parser.add_argument("--out", type=Path, required=True)
    add_arguments(parser, minutes=15, lr=1e-3, steps=20_000)
    options = parser.parse_args(arguments)
    fitting = FitConfig(**asked(options), precision="fp32", validate_every=500)
    model = train(options.data, options.words, options.out, MatchTraining(), fitting)
    on_main(print, precision(model, Clips.load(options.data, "test")))


if __name__ == "__main__":
    main()
