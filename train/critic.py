"""What a latent tells: the action, the style, the sides and the pace of a motion, and the action of a sentence.

`train.refine` teaches the denoiser by it.  It reads latents alone and never judges in `train.evaluate`, whose evaluator
reads joints and was trained apart from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mote.models.retrieval import Summary
from mote.models.text_autoencoder import TextAutoencoder
from train.engine import engine
from train.loop import FitConfig, fit
from train.observe import shown_side
from train.pairs import Draw, Motions, encode_texts
from train.prepare.actions import ACTIONS, action_group, find_action
from train.prepare.details import pace
from train.prepare.facts import Facts
from train.prepare.reading import Claims
from train.prepare.words import STYLES, style_group

CLASSES: Mapping[str, tuple[str, ...]] = {
    "action": tuple(sorted({action.group for action in ACTIONS.values()})),
    "style": tuple(STYLES),
    "side": ("left", "right", "both"),
    "turn": ("left", "right"),
    "speed": ("slow", "steady", "fast"),
}
"""What is told, by the names of `Claims`."""
UNKNOWN = -100
"""The class where nothing is to be told; cross-entropy ignores it."""
Losses = dict[str, Float[Tensor, ""]]
"""Cross-entropy by kind."""


@dataclass(frozen=True, kw_only=True)
class CriticTraining:
    """Noise is the largest deviation that is added to the standardised latents: what a critic tells of a noisy latent
    changes little between latents that look alike, so that following it does not lead away from them."""

    batch: int = 128
    width: int = 192
    dropout: float = 0.1
    noise: float = 0.6


class Reader(nn.Module):
    """A summary of a latent, and a linear head for each kind of class."""

    def __init__(self, tokens: int, dim: int, kinds: Sequence[str], training: CriticTraining) -> None:
        super().__init__()
        self.summary = Summary(tokens, dim, width=training.width, dropout=training.dropout)
        self.heads = nn.ModuleDict({kind: nn.Linear(2 * training.width, len(CLASSES[kind])) for kind in kinds})

    def forward(self, latents: Float[Tensor, "b n d"]) -> dict[str, Float[Tensor, "b classes"]]:
        summary = self.summary(latents)  # (b, 2w)
        return {kind: head(summary) for kind, head in self.heads.items()}


class Critic(nn.Module):
    """A reader of motion latents, and one of the meanings of sentences."""

    def __init__(self, motion: tuple[int, int], meaning: tuple[int, int], training: CriticTraining) -> None:
        super().__init__()
        self.noise = training.noise
        self.motion = Reader(*motion, tuple(CLASSES), training)
        self.text = Reader(*meaning, ("action",), training)

    def blurred(self, latents: Float[Tensor, "b n d"], chance: torch.Generator) -> Float[Tensor, "b n d"]:
        """The latents with noise, up to what it was trained on."""
        return blurred(latents, self.noise, chance)


def blurred(latents: Float[Tensor, "b n d"], noise: float, chance: torch.Generator) -> Float[Tensor, "b n d"]:
    """The latents with noise, each with its own share of the largest."""
    scale = noise * torch.rand(len(latents), 1, 1, generator=chance)
    return latents + (scale * torch.randn(latents.shape, generator=chance)).to(latents)


def shown(record: Mapping[str, Any], *, mirrored: bool) -> dict[str, str | None]:
    """What a clip shows, by its labels and by what was measured; None where that is not clear."""
    facts = Facts.of(record["facts"])
    kind = ACTIONS[find_action(record["action"])[0]].kind
    action = action_group(record["action"])
    sides = {
        "side": record["side"] or shown_side(kind, facts),
        "turn": shown_side("turn", facts),
    }
    if mirrored:
        other = {"left": "right", "right": "left"}
        sides = {name: other.get(side or "", side) for name, side in sides.items()}
    style = record["style"] and style_group(record["style"])
    return {"action": action, "style": style, "speed": pace(action, facts), **sides}


def subject(record: Mapping[str, Any], *, mirrored: bool) -> tuple[str | None, ...]:
    """All that tells whether two clips show the same: the action itself, and `shown`."""
    return find_action(record["action"])[0], *shown(record, mirrored=mirrored).values()


def classes(told: Sequence[Mapping[str, str | None]]) -> dict[str, Int[Tensor, " n"]]:
    """The number of each class; UNKNOWN for None and for what has no class."""
    places = {kind: {name: row for row, name in enumerate(names)} for kind, names in CLASSES.items()}
    return {kind: torch.tensor([rows.get(one[kind] or "", UNKNOWN) for one in told]) for kind, rows in places.items()}


def claimed(claims: Claims) -> dict[str, str | None]:
    """What a sentence says, by the kinds of CLASSES."""
    return {kind: getattr(claims, kind) for kind in CLASSES}


def entropies(logits: Mapping[str, Tensor], wanted: Mapping[str, Int[Tensor, " b"]]) -> Losses:
    """Cross-entropy of each kind over what is known of it; 0 where nothing is."""
    out = {}
    for kind, scores in logits.items():
        known = wanted[kind] != UNKNOWN
        out[kind] = F.cross_entropy(scores[known], wanted[kind][known]) if known.any() else scores.sum() * 0
    return out


class Examples:
    """Latents and what they tell: motions with what their clips show, sentences with the action of their clip."""

    def __init__(self, motions: Motions, ted: TextAutoencoder) -> None:
        self.motions = motions
        told = [shown(record, mirrored=mirrored) for mirrored in (False, True) for record in motions.records]
        self.shown = classes(told)
        chance = torch.Generator().manual_seed(0)
        chosen = [int(torch.randint(int(a), int(b), (), generator=chance)) for a, b in pairwise(motions.first)]
        self.meaning, _ = ted.parts(encode_texts(ted, [motions.captions[row] for row in chosen]))

    def entropies(self, critic: Critic, clips: Int[Tensor, " b"], copies: Tensor, chance: torch.Generator) -> Losses:
        """Those of some clips in some of their copies, and of a sentence about each."""
        where = engine().device
        seen = critic.motion(critic.blurred(self.motions.motion[copies, clips].to(where), chance))
        heard = critic.text(critic.blurred(self.meaning[clips].to(where), chance))
        wanted = {kind: rows[clips].to(where) for kind, rows in self.shown.items()}
        return entropies(seen, wanted) | {"text action": entropies(heard, wanted)["action"]}


def train(examples: Examples, validation: Examples, out: Path, training: CriticTraining, fitting: FitConfig) -> Critic:
    """A critic of the latents of the training split's clips and sentences."""
    motion, meaning = examples.motions.motion.shape[2:], examples.meaning.shape[1:]
    torch.manual_seed(fitting.seed)
    critic = Critic((motion[0], motion[1]), (meaning[0], meaning[1]), training).to(engine().device)

    def loss(critic: Critic, drawn: Draw, chance: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        losses = examples.entropies(critic, drawn.clips, drawn.copies, chance)
        return torch.stack([*losses.values()]).sum(), {name: value.item() for name, value in losses.items()}

    def validate(critic: Critic) -> dict[str, float]:
        return accuracy(critic, validation)

    return fit(
        critic,
        lambda _, chance: examples.motions.draw(training.batch, chance),
        loss,
        config=fitting,
        out=out,
        validate=validate,
    ).requires_grad_(False)


def accuracy(critic: Critic, examples: Examples) -> dict[str, float]:
    """How often each kind is told right of whole clips, without noise."""
    where = engine().device
    told = critic.motion(examples.motions.motion[0].to(where))
    told["text action"] = critic.text(examples.meaning.to(where))["action"]
    figures = {}
    for kind, scores in told.items():
        wanted = examples.shown[kind.removeprefix("text ")].to(where)
        known = wanted != UNKNOWN
        figures[kind] = (scores.argmax(dim=-1) == wanted)[known].float().mean().item()
    return figures
