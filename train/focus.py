"""After stage 5: the denoiser learns a few actions anew, and stays as it was elsewhere.

Somebody who punches every two seconds is at any moment of it when a clip begins. Of a few such clips the denoiser makes
the mean, whose fist moves at half the speed. Here the clips of what strikes begin a moment before a strike, and are
alike; and of all other clips the denoiser should answer what it did before, so that it forgets nothing (Li and Hoiem
2017, "Learning without Forgetting").

Run as `python -m train.focus --prepared PREPARED --models MODELS --start MODELS/preferred --out RUN --actions punch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mote import checkpoint
from mote.checkpoint import load, load_ted
from mote.models.claims import ClaimReader, ClaimReaderConfig
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.reading import LIKENED
from train import mtdm
from train.command import command
from train.cuts import UnseenError, beginning_alike
from train.data import Clips
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, asked, fit
from train.mtdm import Exercise, MTDMTraining, exercise
from train.pairs import Draw, Motions, Pairs
from train.prepare.actions import ACTIONS

SENTENCES = 6
"""Prompts that are kept of each clip."""


@dataclass(frozen=True, kw_only=True)
class FocusTraining:
    """What is learned anew, and how the rest is kept.

    Args:
        actions: groups of actions.
        batch: clips of these in each step.
        reworded: how often a prompt is a caption in other words.
        untold: how often the length is withheld.
        kept: weight of the error against the answers of before.
        others: the pairs that these are asked of, and their roles.

    Raises:
        ValueError: no action is named, or there is none such.
    """

    actions: tuple[str, ...] = ("punch",)
    batch: int = 24
    reworded: float = 0.5
    untold: float = 0.15
    kept: float = 6.0
    others: MTDMTraining = field(default_factory=lambda: MTDMTraining(batch=40, trims=2, rewordings=1))

    def __post_init__(self) -> None:
        known = sorted({action.group for action in ACTIONS.values()})
        if not self.actions or not set(self.actions) <= set(known):
            raise ValueError(f"actions are some of {', '.join(known)}; not {', '.join(self.actions) or 'none'}")


@dataclass(frozen=True)
class Practice:
    """A step's clips of the actions: latents, what is said of them as it is understood, and lengths (0 = untold); and
    what is asked of other pairs."""

    motion: Float[Tensor, "b l d"]
    prompt: Float[Tensor, "b k d"]
    frames: Int[Tensor, " b"]
    others: Exercise


class Practices:
    """Draws what each step learns from."""

    def __init__(
        self,
        motions: Motions,
        pairs: Pairs,
        ted: TextAutoencoder,
        claims: ClaimReader,
        model: MTDM,
        training: FocusTraining,
    ) -> None:
        self.motions, self.pairs, self.schedule, self.training = motions, pairs, model.config.schedule, training
        known, chance = claims.among(ted.known_meanings()), torch.Generator().manual_seed(0)
        clips = torch.arange(motions.motion.shape[1]).repeat(SENTENCES)
        drawn = Draw(clips, torch.zeros_like(clips), motions.a_caption(clips, chance))
        prompts = motions.reworded(drawn, training.reworded, chance)
        parts = [ted.understand(prompts[row : row + 64], LIKENED, known).cpu() for row in range(0, len(prompts), 64)]
        self.prompts = torch.cat(parts).unflatten(0, (SENTENCES, -1))  # (SENTENCES, clips, k, d)

    def __call__(self, step: int, chance: torch.Generator) -> Practice:
        """The practice of a step; all its chance is the generator's."""
        training, where = self.training, engine().device
        drawn = self.motions.draw(training.batch, chance)
        said = torch.randint(SENTENCES, (training.batch,), generator=chance)
        frames = self.motions.frames[drawn.copies, drawn.clips]
        untold = torch.rand(training.batch, generator=chance) < training.untold
        other = self.pairs.sample(training.others.batch, chance)
        sides = other.motion, other.text, other.frames
        return Practice(
            self.motions.motion[drawn.copies, drawn.clips].to(where),
            self.prompts[said, drawn.clips].to(where),
            frames.masked_fill(untold, 0).to(where),
            exercise(self.schedule, *sides, chance, training.others, other.reworded),
        )


def loss(
    model: MTDM,
    practice: Practice,
    chance: torch.Generator,
    *,
    before: MTDM,
    importance: Float[Tensor, "l d"],
    training: FocusTraining,
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The denoising loss of the actions' motions, given what is said of them; and how far the denoiser is, in what it
    answers of other pairs, from what it was `before`."""
    schedule, clean, asked = model.config.schedule, practice.motion, practice.others.asked
    noise = torch.randn(clean.shape, generator=chance).to(clean)
    times = torch.randint(1, schedule.train_steps + 1, (len(clean),), generator=chance).to(clean.device)
    noisy, wanted = schedule.add_noise(clean, noise, times), schedule.target(clean, noise, times)
    predicted, _ = model(noisy, practice.prompt, times, torch.zeros_like(times), practice.frames)
    learned = ((predicted.float() - wanted).square() * importance).mean()
    with torch.no_grad():
        then = before(*asked)
    others = replace(practice.others, wanted={"motion": then[0].float(), "text": then[1].float()})
    changed, _ = others.error(model(*asked), training.others, importance)
    return learned + training.kept * changed, {"learned": learned.item(), "changed": changed.item()}


def train(prepared: Path, models: Path, start: Path, out: Path, training: FocusTraining, fitting: FitConfig) -> MTDM:
    """Teach the denoiser in `start` the actions, and save it to `out`.

    Raises:
        UnseenError: there is no clip of these actions.
    """
    where, others, clips = engine().device, training.others, Clips.load(prepared, "train")
    focused = beginning_alike(clips, training.actions)
    med, ted = load(MED, MEDConfig, models / "med", where), load_ted(models / "ted", where)
    claims = load(ClaimReader, ClaimReaderConfig, models / "claims", where).eval()
    model = load(MTDM, MTDMConfig, start, where)
    pairs = Pairs(med, ted, clips, trims=others.trims, rewordings=others.rewordings)
    model = fit(
        model,
        Practices(Motions(med, focused), pairs, ted, claims, model, training),
        partial(
            loss,
            before=deepcopy(model).requires_grad_(False).eval(),
            importance=med.latent_std / med.latent_std.mean(),
            training=training,
        ),
        config=fitting,
        out=out,
    )
    on_main(checkpoint.save, model, out)
    return model


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = mtdm.onward_parser(__doc__)
    parser.add_argument("--if-any", action="store_true", help="without a clip of these the denoiser stays as it is")
    parser.add_argument("--actions", nargs="+", default=FocusTraining.actions, help="groups of actions to learn anew")
    add_arguments(parser, minutes=20, lr=3e-4, steps=4500)
    options = parser.parse_args(arguments)
    fitting = FitConfig(**asked(options), warmup=50, ema=0.99)
    training = FocusTraining(actions=tuple(options.actions))
    try:
        train(options.prepared, options.models, options.start, options.out, training, fitting)
    except UnseenError as error:
        if not options.if_any:
            raise
        print(f"{error}; the denoiser stays as it is")
        on_main(checkpoint.save, load(MTDM, MTDMConfig, options.start), options.out)


if __name__ == "__main__":
    main()
