"""Which kind of decoder repeats itself?  TED with one writer and with another, written without the rule against it.

Captions of motions, sentences from nothing and sentences written back, all from the same latents, since the writers
share TED's encoder and the denoiser.  Beam search may here say a run of tokens twice (`no_repeat` is 0).

Run as `python -m train.repetition --model checkpoints/mote-open --ted RUN/ted-gpt2 RUN/ted-t5 --data PREPARED`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mote.checkpoint import load_ted
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.features import to_joints
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from train.command import command
from train.data import Clips, Split
from train.metrics_text import distinct, repeating
from train.prepare import text
from train.report import show, table
from train.ted import CHECKED, recovered

BATCH = 32
FREE = 128
"""Sentences that are made from nothing."""


def load_unruly(folder: Path) -> TextAutoencoder:
    """A TED that may repeat itself."""
    ted: Any = load_ted(folder)  # of either kind of config
    ted.config = replace(ted.config, no_repeat=0)
    return ted.eval()


def repetition(base: MoTe, teds: dict[str, TextAutoencoder], prepared: Path, split: Split, seed: int = 0) -> str:
    """A table in Markdown: of each writer and each kind of sentence, how many repeat themselves."""
    motions = [Motion(to_joints(features)) for features in Clips.load(prepared, split).features]
    captions = text.clips(prepared, split)
    captions = captions[:: 1 + len(captions) // CHECKED]
    rows = []
    for name, ted in teds.items():
        model = MoTe(base.med, ted.to(base.device), base.mtdm)
        of_motions = [
            sample.text or ""
            for start in range(0, len(motions), BATCH)
            for sample in model.generate("motion-to-text", motion=motions[start : start + BATCH], seed=seed + start)
        ]
        free = [sample.text or "" for sample in model.generate("text", samples=FREE, seed=seed)]
        back = model.ted.decode(model.ted.encode(captions))
        words = show(recovered(model.ted, captions)["words"])
        for kind, sentences, right in (
            ("captions of motions", of_motions, ""), ("from nothing", free, ""), ("written back", back, words),
        ):  # fmt: skip
            shares = [show(repeating(sentences, 3)), show(repeating(sentences, 2)), show(distinct(sentences, 2), "")]
            rows.append([name, kind, str(len(sentences)), *shares, right])
    head = ["writer", "sentences", "n", "three words twice", "two words twice", "distinct-2", "words recovered"]
    return table(head, rows)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a trained model: its MED and its denoiser serve all")
    parser.add_argument("--ted", type=Path, nargs="+", required=True, help="folders of TEDs that share its latents")
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    options = parser.parse_args(arguments)
    teds = {folder.name: load_unruly(folder) for folder in options.ted}
    print(repetition(MoTe.from_pretrained(options.model), teds, options.data, "val"))


if __name__ == "__main__":
    main()
