"""Stage 7: one space for motions and sentences, by which the sampler chooses among its draws (`mote.models.retrieval`).

Every motion of a batch is to find its sentence among all of the batch's, and every sentence its motion (CLIP, Radford
et al. 2021, section 2.3). Where several clips show the same, as far as their labels and measures tell, each is as right
as the other (Khosla et al. 2020, equation 2). Latents are blurred: what a denoiser makes is not quite a clip's.

Run as `python -m train.retrieval --prepared PREPARED --models MODELS --out RUN`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mote.checkpoint import load, load_ted, save
from mote.models.med import MED, MEDConfig
from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.models.text_autoencoder import TextAutoencoder
from train.claims import blurred, subject
from train.command import command
from train.data import Clips
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, asked, fit
from train.metrics_motion import r_precision
from train.pairs import Motions, encode_texts


@dataclass(frozen=True, kw_only=True)
class RetrievalTraining:
    """How it is trained.

    Args:
        motion_noise, text_noise: the largest deviation that is added to the standardised latents; each has its own
            share of it.
        trims: copies of each clip with a little cut off, as in `train.mtdm.MTDMTraining`.
        sentences: for each clip; random captions of it.
        reworded: how often such a sentence is in other words.
    """

    batch: int = 192
    motion_noise: float = 0.6
    text_noise: float = 0.3
    trims: int = 3
    sentences: int = 4
    reworded: float = 0.6


@dataclass(frozen=True)
class Batch:
    """Latents of motions, the meaning of a sentence about each, and the number of what each shows."""

    motion: Float[Tensor, "b l d"]
    meaning: Float[Tensor, "b k m"]
    group: Int[Tensor, " b"]


class Groups(Motions):
    """Motions, the meanings of a few sentences about each, and which of them show the same."""

    def __init__(
        self,
        med: MED,
        ted: TextAutoencoder,
        clips: Clips,
        *,
        trims: int = 0,
        sentences: int = 1,
        reworded: float = 0.0,
    ) -> None:
        super().__init__(med, clips, trims=trims)
        said = [
            sentence
            for number in range(sentences)
            for sentence in self.sentences(reworded, torch.Generator().manual_seed(number))[1]
        ]
        meaning, _ = ted.parts(encode_texts(ted, said))
        self.meaning = meaning.unflatten(0, (sentences, -1))  # (sentences, 2 clips, k, m)
        rows = [subject(record, mirrored=mirrored) for mirrored in (False, True) for record in self.records]
        numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
        self.group = torch.tensor([numbers[row] for row in rows])
        """The number of what each clip and each mirror image shows, (2 clips,)."""

    def sample(self, size: int, chance: torch.Generator) -> Batch:
        """Random clips, each in one of its copies and with one of its sentences."""
        drawn = self.draw(size, chance)
        return self._batch(drawn.clips, drawn.copies, torch.randint(len(self.meaning), (size,), generator=chance))

    def whole(self) -> Batch:
        """Every clip as it is, with its first sentence."""
        clips = torch.arange(len(self.records))
        return self._batch(clips, torch.zeros_like(clips), torch.zeros_like(clips))

    def _batch(self, clips: Int[Tensor, " b"], copies: Int[Tensor, " b"], sentences: Int[Tensor, " b"]) -> Batch:
        where = engine().device
        parts = self.motion[copies, clips], self.meaning[sentences, clips], self.group[clips]
        return Batch(*(part.to(where) for part in parts))


def loss(
    model: Retrieval, batch: Batch, chance: torch.Generator, training: RetrievalTraining
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The contrastive loss of a batch."""
    motions = model.place_motions(blurred(batch.motion, training.motion_noise, chance))
    texts = model.place_texts(blurred(batch.meaning, training.text_noise, chance))
    return contrast(motions, texts, model.sharpness, batch.group == batch.group[:, None]), {}


def contrast(
    motions: Float[Tensor, "b space"], texts: Float[Tensor, "b space"], sharpness: Tensor, alike: Bool[Tensor, "b b"]
) -> Float[Tensor, ""]:
    """The contrastive loss of motions and sentences, both ways round; what is alike shares the right answer."""
    cosines = motions @ texts.T * sharpness.exp()  # (b, b)
    wanted = alike / alike.sum(dim=1, keepdim=True)
    return (F.cross_entropy(cosines, wanted) + F.cross_entropy(cosines.T, wanted)) / 2


@torch.no_grad()
def precision(model: Retrieval, groups: Groups) -> dict[str, float]:
    """How often a clip's caption finds one that shows the same among 32, first of all and among the first three."""
    batch = groups.whole()
    motions, texts = model.place_motions(batch.motion).cpu().numpy(), model.place_texts(batch.meaning).cpu().numpy()
    shown, chance = batch.group.tolist(), np.random.default_rng(0)
    found = np.mean([r_precision(texts, motions, chance, (shown, shown)) for _ in range(10)], axis=0)
    return {"R1": float(found[0]), "R3": float(found[2])}


def train(prepared: Path, models: Path, out: Path, training: RetrievalTraining, fitting: FitConfig) -> Retrieval:
    """Fit the space on the training split's latents of `models/med` and `models/ted`, and save it to `out`."""
    where = engine().device
    med, ted = load(MED, MEDConfig, models / "med", where), load_ted(models / "ted", where)
    groups = Groups(
        med,
        ted,
        Clips.load(prepared, "train"),
        trims=training.trims,
        sentences=training.sentences,
        reworded=training.reworded,
    )
    validation = Groups(med, ted, Clips.load(prepared, "val"))
    torch.manual_seed(fitting.seed)
    config = RetrievalConfig(
        motion=(med.config.tokens, med.config.dim), text=(ted.config.tokens, ted.config.meaning_width)
    )
    model = fit(
        Retrieval(config).to(where),
        lambda _, chance: groups.sample(training.batch, chance),
        lambda model, batch, chance: loss(model, batch, chance, training),
        config=fitting,
        out=out,
        validate=lambda model: precision(model, validation),
    )
    on_main(save, model, out)
    return model


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--models", type=Path, required=True, help="the folder with med and ted")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run that was stopped goes on")
    add_arguments(parser, minutes=15, lr=1.5e-3, steps=1500)
    options = parser.parse_args(arguments)
    fitting = FitConfig(**asked(options), weight_decay=0.05, ema=0.99, validate_every=200)
    train(options.prepared, options.models, options.out, RetrievalTraining(), fitting)


if __name__ == "__main__":
    main()
