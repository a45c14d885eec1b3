"""The map that the app shows: clips of the test split, their sentences, and what the model makes of these.

A place of the model's space for each (`mote.models.retrieval`), and a point of one picture, in which t-SNE (van der
Maaten and Hinton 2008) keeps near what is near there.  Nothing of a data set is in the file: the grammar wrote every
sentence, from labels and measures as in `train.prepare`, and no person did; of a recording there is only its place.

Run as `python -m train.map --model checkpoints/mote-open --data PREPARED --out assets/map.safetensors`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from mote.coding import encode_motions
from mote.map import Clip, Map, MapError
from mote.motion.facts import Facts
from mote.pipeline import MoTe
from train.command import command
from train.data import Clips, Split
from train.med import encode_all
from train.pairs import encode_texts
from train.prepare.__main__ import fraction
from train.prepare.actions import action_group
from train.prepare.captions import describe

PERPLEXITY = 60
"""How many neighbours t-SNE has in mind, or a third of the points where these are few: with 30, the walks of one way
and of another come apart into islands far from each other."""
BATCH = 32


def sentence(record: dict[str, Any]) -> str:
    """A sentence about a clip: the first that the grammar writes in `train.prepare`, from the labels and measures.

    The manifest has it too, but perhaps beside sentences that people wrote, and does not tell which is which.
    """
    chance = np.random.default_rng(int(fraction(record["name"]) * 2**48))
    labels = record["action"], record["style"], Facts.of(record["facts"])
    [caption] = describe(*labels, split=record["split"], rng=chance, count=1, side=record["side"])
    return caption.text


def picture(places: Float[Tensor, "n space"], seed: int = 0) -> Float[Tensor, "n 2"]:
    """Points of a picture, centred, the farthest number 1, in which places near each other are near."""
    from sklearn.manifold import TSNE  # takes seconds to import

    perplexity = min(PERPLEXITY, (len(places) - 1) / 3)
    fitted = TSNE(metric="cosine", init="pca", perplexity=perplexity, random_state=seed).fit_transform(places.numpy())
    points = torch.from_numpy(fitted - (fitted.max(axis=0) + fitted.min(axis=0)) / 2)
    return points / points.abs().max()


def make(model: MoTe, clips: Clips, seed: int = 0) -> Map:
    """The map of some clips; motion i is made from `seed` + i.

    Raises:
        MapError: the model has no space of motions and sentences.
    """
    space = model.retrieval
    if space is None:
        raise MapError(f"the model {model.name} has no folder retrieval: python -m train.retrieval makes one")
    sentences = [sentence(record) for record in clips.records]
    made = []
    for start in tqdm(range(0, len(sentences), BATCH), unit="batch"):
        texts = sentences[start : start + BATCH]
        seeds = [seed + start + number for number in range(len(texts))]
        samples = model.generate("text-to-motion", text=texts, seed=seeds)
        views, _ = encode_motions(model.med, [sample.motion for sample in samples if sample.motion is not None])
        made.append(views[:, 0].cpu())
    with torch.inference_mode():
        recorded, latents = encode_all(model.med, clips)[0], torch.cat(made)
        meanings, _ = model.ted.parts(encode_texts(model.ted, sentences))
        motions = (space.place_motions(part.to(model.device)).cpu() for part in (recorded, latents))
        places = torch.stack([*motions, space.place_texts(meanings.to(model.device)).cpu()])  # as in KINDS
    return Map(
        clips=tuple(
            Clip(name=record["name"], sentence=said, action=action_group(record["action"]), style=record["style"])
            for record, said in zip(clips.records, sentences, strict=True)
        ),
        places=places,
        points=picture(places.flatten(0, 1)).unflatten(0, places.shape[:2]),
        latents=latents,
        digest=model.digest,
    )


@command
def main(arguments: Sequence[str] | None) -> None:
    """Write the map and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="checkpoints/mote-open", help="folder of the model (default: %(default)s)")
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, default=Path("assets/map.safetensors"), help="(default: %(default)s)")
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    split: Split = options.split
    made = make(MoTe.from_pretrained(options.model), Clips.load(options.data, split), options.seed)
    made.save(options.out)
    print(f"{options.out}: {len(made.clips)} clips, {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
