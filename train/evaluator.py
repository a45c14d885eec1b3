"""A classifier of the action and the style that a motion shows, trained on real clips: the judge of `train.evaluate`.

It knows nothing of left and right, because half of what it sees is mirrored: sides are judged by measured facts.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mote.checkpoint import save
from mote.models.med import frame_mask
from mote.motion.features import LAYOUT
from train.command import command
from train.data import Batch, Clips, statistics
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, asked, fit
from train.prepare.actions import action_group
from train.prepare.words import style_group

STRIDE = 4
"""Frames of a token."""
UNKNOWN = -100
"""The class of a clip whose action or style is not judged; cross-entropy ignores it."""
Label = Literal["action", "style"]
Model = TypeVar("Model", bound="Classifier")


@dataclass(frozen=True, kw_only=True)
class EvaluatorConfig:
    """The names of the classes, groups of actions as the captions tell them apart, and the width of the network."""

    actions: tuple[str, ...]
    styles: tuple[str, ...]
    width: int = 96
    dropout: float = 0.2

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", tuple(self.actions))  # JSON has lists alone
        object.__setattr__(self, "styles", tuple(self.styles))


@dataclass(frozen=True, kw_only=True)
class EvaluatorTraining:
    """How it is trained.  A class needs so many clips to be one; noise is in deviations of a column."""

    batch: int = 48
    action_clips: int = 3
    style_clips: int = 200
    noise: float = 0.15
    style: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a motion looks like to the evaluator."""

    action: str
    style: str


class Classifier(nn.Module):
    """A linear head for each label on a vector that a subclass makes of a clip's normalised features."""

    looks_at: ClassVar[tuple[slice, ...]]
    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, config: EvaluatorConfig, pooled: int) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("feature_mean", torch.zeros(LAYOUT.columns))
        self.register_buffer("feature_std", torch.ones(LAYOUT.columns))
        self.dropout = nn.Dropout(config.dropout)
        self.action = nn.Linear(pooled, len(config.actions))
        self.style = nn.Linear(pooled, len(config.styles))

    def forward(
        self, features: Float[Tensor, "b frames 263"], lengths: Int[Tensor, " b"], noise: Tensor | None = None
    ) -> tuple[Float[Tensor, "b actions"], Float[Tensor, "b styles"]]:
        """Logits of the actions and of the styles; noise is added to the normalised features."""
        normal = (features - self.feature_mean) / self.feature_std
        normal = normal if noise is None else normal + noise
        normal = torch.cat([normal[..., part] for part in self.looks_at], dim=-1)  # (b, frames, columns)
        normal = normal.masked_fill(~frame_mask(lengths, normal.shape[1])[..., None], 0.0)
        pooled = self.dropout(self.pooled(normal, (lengths - 1) // STRIDE + 1))
        return self.action(pooled), self.style(pooled)

    def pooled(self, normal: Float[Tensor, "b frames columns"], tokens: Int[Tensor, " b"]) -> Float[Tensor, "b pooled"]:
        """A vector of each clip of so many tokens."""
        raise NotImplementedError

    @classmethod
    def columns(cls) -> int:
        """Of the features, those that are looked at."""
        return sum(part.stop - part.start for part in cls.looks_at)

    @torch.no_grad()
    def logits(
        self, clips: Sequence[np.ndarray], size: int = 64
    ) -> tuple[Float[Tensor, "clips actions"], Float[Tensor, "clips styles"]]:
        """Those of each clip's features (frames, 263), on the CPU."""
        where, parts = self.feature_mean.device, []
        for start in range(0, len(clips), size):
            part = [torch.from_numpy(clip.astype(np.float32)) for clip in clips[start : start + size]]
            lengths = torch.tensor([len(clip) for clip in part])
            padded = nn.utils.rnn.pad_sequence(part, batch_first=True)
            parts.append([logits.cpu() for logits in self(padded.to(where), lengths.to(where))])
        actions, styles = (torch.cat([*logits]) for logits in zip(*parts, strict=True))
        return actions, styles

    def judge(self, clips: Sequence[np.ndarray]) -> list[Verdict]:
        """The likeliest action and style of each clip's features (frames, 263)."""
        if not clips:
            return []
        actions, styles = (logits.argmax(dim=-1).tolist() for logits in self.logits(clips))
        return [
            Verdict(action=self.config.actions[action], style=self.config.styles[style])
            for action, style in zip(actions, styles, strict=True)
        ]


class Evaluator(Classifier):
    """Convolutions over time, pooled to one vector by mean and maximum.

    The 6D rotations repeat the positions, and the contacts are a threshold that jitter crosses: it does without.
    """

    looks_at = (LAYOUT.turn, LAYOUT.velocity, LAYOUT.height, LAYOUT.positions, LAYOUT.velocities)

    def __init__(self, config: EvaluatorConfig) -> None:
        super().__init__(config, 2 * config.width)
        width = config.width
        self.patch = nn.Conv1d(self.columns(), width, 2 * STRIDE - 1, STRIDE, padding=STRIDE - 1)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def pooled(self, normal: Float[Tensor, "b frames columns"], tokens: Int[Tensor, " b"]) -> Float[Tensor, "b pooled"]:
        """The mean and the highest of the tokens."""
        states = self.patch(normal.mT).mT  # (b, n, width)
        valid = frame_mask(tokens, states.shape[1])[..., None]  # (b, n, 1)
        states = F.gelu(self.norms[0](states)) * valid
        for layer, norm in zip(self.layers, self.norms[1:], strict=True):
            states = (states + F.gelu(norm(layer(states.mT).mT))) * valid
        highest = states.masked_fill(~valid, -torch.inf).amax(1)
        return torch.cat([states.sum(1) / valid.sum(1), highest], dim=-1)


def label(record: dict[str, Any], kind: Label) -> str | None:
    """The class of a clip's record: the group of its action, or its style by the caption grammar's name."""
    if kind == "action":
        return action_group(record["action"])
    return None if record["style"] is None else style_group(record["style"])


def classes(records: Sequence[dict[str, Any]], kind: Label, at_least: int) -> tuple[str, ...]:
    """The labels that so many clips have, in alphabetical order."""
    counts = Counter(name for record in records if (name := label(record, kind)) is not None)
    return tuple(sorted(name for name, count in counts.items() if count >= at_least))


class Targets:
    """The classes of every clip of a split as numbers, and weights that let rare classes be heard."""

    def __init__(self, records: Sequence[dict[str, Any]], names: tuple[str, ...], kind: Label) -> None:
        place = {name: number for number, name in enumerate(names)}
        self.classes = torch.tensor([place.get(label(record, kind) or "", UNKNOWN) for record in records])
        counts = torch.bincount(self.classes[self.classes != UNKNOWN], minlength=len(names)).clamp_min(1)
        self.weights = (counts.float().mean() / counts).sqrt()

    def entropy(self, logits: Tensor, clips: Sequence[int]) -> Tensor:
        """Weighted cross-entropy over those of the clips that have a class; 0 where none has."""
        chosen = self.classes[list(clips)].to(logits.device)
        known = chosen != UNKNOWN
        return (
            F.cross_entropy(logits[known], chosen[known], self.weights.to(logits)) if known.any() else logits.sum() * 0
        )


def loss(
    model: Classifier,
    batch: Batch,
    chance: torch.Generator,
    *,
    targets: tuple[Targets, Targets],
    training: EvaluatorTraining,
) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of action and style on noisy features."""
    scale = training.noise * torch.rand(len(batch.clips), 1, 1, generator=chance)
    noise = scale * torch.randn(batch.features.shape, generator=chance)
    logits = model(batch.features, batch.lengths, noise.to(batch.features.device))
    action, style = (target.entropy(part, batch.clips) for target, part in zip(targets, logits, strict=True))
    return action + training.style * style, {"action": action.item(), "style": style.item()}


def accuracy(model: Classifier, clips: Clips) -> dict[str, float]:
    """Shares of the clips of known classes whose action and whose style are told right, and the mean over actions."""
    verdicts = model.judge(clips.features)
    right: dict[str, list[bool]] = {"action": [], "style": []}
    by_action: dict[str, list[bool]] = {}
    for record, verdict in zip(clips.records, verdicts, strict=True):
        action, style = label(record, "action"), label(record, "style")
        if action in model.config.actions:
            right["action"].append(verdict.action == action)
            by_action.setdefault(action, []).append(verdict.action == action)
        if style in model.config.styles:
            right["style"].append(verdict.style == style)
    shares = {name: float(np.mean(values)) for name, values in right.items() if values}
    return shares | {"mean_over_actions": float(np.mean([np.mean(values) for values in by_action.values()]))}


def train(
    prepared: Path, out: Path, training: EvaluatorTraining, fitting: FitConfig, kind: Callable[[EvaluatorConfig], Model]
) -> Model:
    """Fit a classifier of some kind on the training split and save it to `out`."""
    clips, validation = Clips.load(prepared, "train"), Clips.load(prepared, "val")
    config = EvaluatorConfig(
        actions=classes(clips.records, "action", training.action_clips),
        styles=classes(clips.records, "style", training.style_clips),
    )
    torch.manual_seed(fitting.seed)
    model = kind(config)
    model.feature_mean, deviation = statistics(clips.features)
    model.feature_std = deviation.clamp_min(1e-4)
    model = model.to(engine().device)
    longest = int(clips.lengths.max())

    def batches(_: int, chance: torch.Generator) -> Batch:
        return clips.sample(training.batch, chance, limit=longest, crop=True).to(engine().device)

    targets = Targets(clips.records, config.actions, "action"), Targets(clips.records, config.styles, "style")
    step = partial(loss, targets=targets, training=training)
    trained = fit(model, batches, step, config=fitting, out=out, validate=partial(accuracy, clips=validation))
    on_main(save, trained, out)
    return trained


@command
def main(arguments: Sequence[str] | None) -> None:
    """Train the evaluator and print how often it is right on the real clips of the test split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, required=True)
    add_arguments(parser, minutes=10, lr=2e-3, steps=3000)
    clips = EvaluatorTraining.action_clips
    parser.add_argument("--action-clips", type=int, default=clips, help="an action needs so many to be judged")
    options = parser.parse_args(arguments)
    fitting = FitConfig(**asked(options), warmup=50, ema=0.99, validate_every=250)
    training = EvaluatorTraining(action_clips=options.action_clips)
    model = train(options.data, options.out, training, fitting, Evaluator)
    on_main(print, accuracy(model, Clips.load(options.data, "test")))


if __name__ == "__main__":
    main()
