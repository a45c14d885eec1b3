"""Do motion and text align in the denoiser?  Nearest-neighbour retrieval across modalities, block by block.

A motion and its sentence are given to the denoiser each alone, the other side being noise, so that nothing of one can
be read off the other.  What it then makes of each is compared, before the first block and after every one.

Run as `python -m train.alignment --model checkpoints/mote-open --data PREPARED --out PICTURES`; further models stand
beside the first, such as one without interaction.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mote.models.mtdm import MTDM
from mote.pipeline import MoTe
from train.command import command
from train.data import Clips, Split
from train.med import encode_all
from train.metrics_motion import POOL, r_precision
from train.pairs import encode_texts
from train.prepare.captions import read_caption
from train.report import show, table

RIDGE = 0.1
"""How much a map between the two sides is held back: this share of the mean variance is added to each number's."""

COMMONEST = 7
"""Actions that the map tells apart."""

LABELS = ("a motion and its sentence", "the same, by a linear map", "a sentence and what a motion makes of it")


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Clips as standardised latents, and one sentence about each."""

    motion: Float[Tensor, "n l dm"]
    text: Float[Tensor, "n k dt"]
    frames: Tensor
    sentences: list[str]
    actions: list[str]


@dataclass(frozen=True, kw_only=True)
class States:
    """Means of a side's tokens for each pair, before the first block and after every one.

    Args:
        motion, text: of a motion and of a sentence, given alone.
        imagined: of the text's side where the motion is given and the text is noise.
    """

    motion: Float[Tensor, "depth n w"]
    text: Float[Tensor, "depth n w"]
    imagined: Float[Tensor, "depth n w"]


def encode_pairs(model: MoTe, prepared: Path, split: Split, seed: int = 0) -> Pairs:
    """All clips of a split, each with one of its sentences drawn at random."""
    clips = Clips.load(prepared, split)
    chance = np.random.default_rng(seed)
    sentences = [record["captions"][int(chance.integers(len(record["captions"])))] for record in clips.records]
    motion, frames = encode_all(model.med, clips)
    actions = [str(record["action"]) for record in clips.records]
    text = encode_texts(model.ted, sentences)
    return Pairs(motion=motion, text=text, frames=frames, sentences=sentences, actions=actions)


@torch.no_grad()
def states(denoiser: MTDM, pairs: Pairs, seed: int = 0) -> States:
    """What the denoiser makes of each side given alone, at time 0, while the other is noise at the last time."""
    where = denoiser.motion_position.device
    motion, text = pairs.motion.to(where), pairs.text.to(where)
    chance = torch.Generator().manual_seed(seed)
    noise = [torch.randn(latents.shape, generator=chance).to(where) for latents in (motion, text)]
    clean, gone = (torch.full((len(motion),), time, device=where) for time in (0, denoiser.config.train_steps))
    seen: list[tuple[Tensor, Tensor]] = []
    first, *_ = denoiser.blocks
    hooks = [first.register_forward_pre_hook(lambda _, given: seen.append(given[:2]))]
    hooks += [block.register_forward_hook(lambda *made: seen.append(made[-1])) for block in denoiser.blocks]
    try:
        denoiser(motion, noise[1], clean, gone, pairs.frames.to(where))
        denoiser(noise[0], text, gone, clean, torch.zeros_like(clean))
    finally:
        for hook in hooks:
            hook.remove()
    of_motion, of_text = seen[: len(hooks)], seen[len(hooks) :]
    return States(
        motion=torch.stack([motion.mean(dim=1).cpu() for motion, _ in of_motion]),
        text=torch.stack([text.mean(dim=1).cpu() for _, text in of_text]),
        imagined=torch.stack([text.mean(dim=1).cpu() for _, text in of_motion]),
    )


def linear_map(inputs: Float[Tensor, "n a"], outputs: Float[Tensor, "n b"]) -> Float[Tensor, "a b"]:
    """The ridge regression from centred inputs to centred outputs."""
    inputs, outputs = inputs - inputs.mean(dim=0), outputs - outputs.mean(dim=0)
    covariance = inputs.T @ inputs
    held = RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance))
    return torch.linalg.solve(covariance + held, inputs.T @ outputs)


def directions(rows: Float[Tensor, "n w"]) -> Float[np.ndarray, "n w"]:
    """Centred rows of length 1: their distances go with the cosine."""
    return torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=-1).numpy()


def retrieval(states: States, training: States, meanings: Sequence[Hashable], seed: int = 0) -> dict[str, list[float]]:
    """Of each of LABELS, for every depth: how often one finds the other as the nearest of a pool, both ways round.

    What means the same as the own one is as good (`r_precision`).  The linear map is learned from training.
    """
    found: dict[str, list[float]] = {label: [] for label in LABELS}
    for depth, (motion, text, imagined) in enumerate(zip(states.motion, states.text, states.imagined, strict=True)):
        mapped = (motion - motion.mean(dim=0)) @ linear_map(training.motion[depth], training.text[depth])
        for label, made in zip(LABELS, (motion, mapped, imagined), strict=True):
            both = directions(made), directions(text)
            first = [
                r_precision(*sides, np.random.default_rng(seed), (meanings, meanings))[0]
                for sides in (both, both[::-1])
            ]
            found[label].append(float(np.mean(first)))
    return found


def draw_map(axes: Axes, motion: Tensor, text: Tensor, actions: Sequence[str], title: str) -> None:
    """Both sides' principal components in one plane: dots are motions, crosses are sentences, colours are actions."""
    both = torch.from_numpy(np.concatenate([directions(motion), directions(text)]))
    _, _, axis = torch.pca_lowrank(both, q=6)
    dots, crosses = np.split((both @ axis[:, :2]).numpy(), 2)
    for number, (action, _) in enumerate(Counter(actions).most_common(COMMONEST)):
        rows = [row for row, other in enumerate(actions) if other == action]
        for points, marker, label in ((dots, "o", action), (crosses, "x", None)):
            axes.scatter(
                points[rows, 0], points[rows, 1], s=12, marker=marker, color=f"C{number}", label=label, linewidths=1
            )
    axes.set_title(title, fontsize="small")
    axes.set_xticks([])
    axes.set_yticks([])


def align(models: dict[str, MoTe], prepared: Path, split: Split, picture: Path) -> str:
    """A table of how often one side finds the other, in Markdown, and the picture of both sides before and after."""
    figure = Figure(figsize=(8, 4 * len(models)), layout="constrained")
    rows = []
    torch.manual_seed(0)  # of the components
    for place, (name, model) in enumerate(models.items()):
        pairs = encode_pairs(model, prepared, split)
        own = states(model.mtdm, pairs)
        training = states(model.mtdm, encode_pairs(model, prepared, "train"))
        found = retrieval(own, training, [read_caption(sentence) for sentence in pairs.sentences])
        rows += [[name, label, *map(show, values)] for label, values in found.items()]
        for column, (depth, when) in enumerate(((0, "before the first block"), (-1, "after the last"))):
            axes = figure.add_subplot(len(models), 2, 2 * place + column + 1)
            draw_map(axes, own.motion[depth], own.text[depth], pairs.actions, f"{name}, {when}")
    figure.axes[0].legend(fontsize="x-small")
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=120)
    depths = ["before", *(f"block {number + 1}" for number in range(len(rows[0]) - 3))]
    return table(["model", f"who finds whom, first of {POOL}", *depths], rows)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Print the table and draw `alignment.png`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", required=True, help="folders of models")
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for the picture")
    options = parser.parse_args(arguments)
    models = {Path(name).name: MoTe.from_pretrained(name) for name in options.model}
    print(align(models, options.data, "val", options.out / "alignment.png"))


if __name__ == "__main__":
    main()
