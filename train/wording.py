"""Stage 2, gone on: TED's encoder learns that other people's words mean what the captions' words mean.

A caption in other words (`Paraphraser`) is to have the latent meaning that the caption itself has; captions as they are
and what people wrote keep theirs.  So the denoiser and the decoder, which know those meanings, stay as they are.

Run as `python -m train.wording --data RAW --prepared PREPARED --ted TED --out RUN`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mote.checkpoint import load_ted, save
from mote.models.ted import TED
from mote.models.text_autoencoder import TextAutoencoder
from train.command import command
from train.data import read_manifest
from train.engine import engine, on_main
from train.known import know, spread
from train.loop import FitConfig, add_arguments, asked, fit
from train.prepare import text
from train.prepare.actions import action_group
from train.prepare.paraphrases import Paraphraser
from train.ted import familiarise

NEAREST = 5
"""Captions that tell what another sentence is about."""


@dataclass(frozen=True, kw_only=True)
class WordingTraining:
    """Half of a batch are captions in other words, a quarter captions as they are, a quarter human sentences."""

    batch: int = 64


@dataclass(frozen=True)
class Lesson:
    """Sentences to read, and the sentences whose meaning they are to have."""

    said: list[str]
    meant: list[str]


def standardised(ted: TextAutoencoder, texts: list[str]) -> Tensor:
    """The standardised meanings (b, k, meaning) of texts, with gradients."""
    return ted.parts((ted.read(*ted.tokenize(texts)) - ted.latent_mean) / ted.latent_std)[0]


def lesson(
    records: Sequence[dict[str, Any]],
    human: Sequence[str],
    paraphrase: Paraphraser,
    chance: torch.Generator,
    training: WordingTraining,
) -> Lesson:
    """A batch; all its chance is the generator's."""

    def draw(count: int, below: int) -> list[int]:
        return torch.randint(below, (count,), generator=chance).tolist()

    quarter = training.batch // 4
    paraphrase.chooser.seed(draw(1, 2**31)[0])
    chosen = [records[row] for row in draw(3 * quarter, len(records))]
    mirrored = draw(len(chosen), 2)
    captions = [record[("captions", "mirrored_captions")[side]] for record, side in zip(chosen, mirrored, strict=True)]
    meant = [own[draw(1, len(own))[0]] for own in captions] + [human[row] for row in draw(quarter, len(human))]
    reworded = [
        paraphrase(caption, record["action"], record["style"])
        for caption, record in zip(meant[: 2 * quarter], chosen, strict=False)
    ]
    return Lesson(reworded + meant[2 * quarter :], meant)


def understood(ted: TextAutoencoder, known: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]]) -> float:
    """How often most of the NEAREST captions of known clips to a caption in held-out wording name its action."""
    captions = [(record["captions"][row % len(record["captions"])], record) for row, record in enumerate(known)]
    strange = [
        (caption, record)
        for record in held
        for caption, own in zip(record["captions"], record["held_out"], strict=True)
        if own
    ]
    rows, others = (
        torch.cat([ted.meanings([caption for caption, _ in part[at : at + 256]]) for at in range(0, len(part), 256)])
        for part in (captions, strange)
    )
    nearest = (
        (F.normalize(others, dim=-1) @ F.normalize(rows, dim=-1).T).topk(min(NEAREST, len(captions))).indices.tolist()
    )
    votes = [[action_group(captions[row][1]["action"]) for row in five] for five in nearest]
    return sum(
        max(five, key=five.count) == action_group(record["action"])
        for five, (_, record) in zip(votes, strange, strict=True)
    ) / len(strange)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Teach the encoder and write the new TED to the folder of the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds humanml3d and kit-ml")
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--ted", type=Path, required=True, help="the folder of a trained TED")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new TED; a run that was stopped goes on")
    add_arguments(parser, minutes=12, lr=2e-4)
    options = parser.parse_args(arguments)
    where = engine().device
    ted, before = load_ted(options.ted, where), load_ted(options.ted, where)
    ted.requires_grad_(True)
    for part in ted.writing_parts():
        part.requires_grad_(False)
    if isinstance(ted, TED):
        ted.table.requires_grad_(False)  # a word that no caption has stays beside the words it means the same as
    records, held = read_manifest(options.prepared, "train"), read_manifest(options.prepared, "val")
    human, paraphrase, training = text.human(options.data), Paraphraser(), WordingTraining()

    def loss(ted: TextAutoencoder, batch: Lesson, chance: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        with torch.no_grad():
            wanted = standardised(before, batch.meant)
        errors = F.mse_loss(standardised(ted, batch.said), wanted, reduction="none").mean(dim=(1, 2))  # (b,)
        half = training.batch // 2
        return errors.mean(), {"reworded": errors[:half].mean().item(), "kept": errors[half:].mean().item()}

    trained = fit(
        ted,
        lambda _, chance: lesson(records, human, paraphrase, chance, training),
        loss,
        config=FitConfig(**asked(options), warmup=50, ema=0.98, precision="fp32", validate_every=1500),
        out=options.out,
        validate=lambda ted: {"understood": understood(ted, records, held)},
    )
    familiarise(trained, text.clips(options.prepared, "train"), text.clips(options.prepared, "val"))
    know(trained, spread(records))
    on_main(save, trained, options.out)
    on_main(trained.save_tokenizer, options.out)


if __name__ == "__main__":
    main()
