"""The captions by which TED understands others (`mote.models.familiar.Familiar.nearer`): half of them as many of each
thing that clips show, so that nothing rare is taken for what is common, half as they come.

`python -m train.known --ted TED --prepared PREPARED --out NEW` tells a trained TED; its weights stay as they are.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import torch

from mote.checkpoint import load_ted, save
from mote.models.text_autoencoder import TextAutoencoder
from train.claims import subject
from train.command import command
from train.data import read_manifest

KNOWN = 8000
"""Captions, at most: a megabyte."""


def spread(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Captions of labelled clips and of their mirror images."""
    chance = random.Random(0)
    of: dict[str, tuple[str | None, ...]] = {}
    for record in records:
        for mirrored, kind in ((False, "captions"), (True, "mirrored_captions")):
            for caption in record[kind]:
                of.setdefault(caption, subject(record, mirrored=mirrored))
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for caption in chance.sample([*of], len(of)):
        groups.setdefault(of[caption], []).append(caption)
    evenly = [caption for caption in chain(*zip_longest(*groups.values())) if caption is not None]
    rest = evenly[KNOWN // 2 :]
    return evenly[: KNOWN // 2] + chance.sample(rest, min(len(rest), KNOWN - KNOWN // 2))


@torch.no_grad()
def know(ted: TextAutoencoder, captions: Sequence[str]) -> None:
    """Let TED know captions, KNOWN of them at most, in place of those that it knew; after `familiarise`."""
    known = captions[:: max(1, -(-len(captions) // KNOWN))]
    meanings = [ted.meanings([*known[start : start + 256]]) for start in range(0, len(known), 256)]
    ted.familiar.know(torch.cat(meanings), known)
    config: Any = ted.config  # a frozen dataclass, whichever TED it is
    ted.config = replace(config, known=len(known))


@command
def main(arguments: Sequence[str] | None) -> None:
    """Write the TED that knows them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ted", type=Path, required=True, help="the folder of a trained TED")
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the new one")
    options = parser.parse_args(arguments)
    ted = load_ted(options.ted)
    know(ted, spread(read_manifest(options.prepared, "train")))
    save(ted, options.out)
    ted.save_tokenizer(options.out)
    print(f"knows {ted.config.known} captions")


if __name__ == "__main__":
    main()
