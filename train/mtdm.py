"""Stage 3: the denoiser, on the standardised latents of both autoencoders."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mote.checkpoint import load, load_ted, save
from mote.diffusion import Schedule
from mote.models.interaction import Interaction
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.sampling import SIDES, TASKS, Latents, Role, Side, Task
from train import sizes
from train.command import command
from train.data import Clips
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, asked, fit, generator
from train.pairs import PairBatch, Pairs


@dataclass(frozen=True, kw_only=True)
class MTDMTraining:
    """What the denoiser practises and how its errors are weighed.

    The shares say how often a sample plays the roles of each one-stage task. Only `joint`, two independent uniform
    times, is UniDiffuser's training (Bao et al. 2023, equation 6); the others are its edges, where tasks are sampled.

    Args:
        unknown_length: how often the length is withheld.
        trims: copies of each clip with a little cut off at both ends; a motion should not be known by its first frame.
        rewordings: copies of each caption in other words, given in its place; people who write prompts do not keep to a
            grammar's words.
        min_snr: gamma of min-SNR weights (Hang et al. 2023, section 3.4); None weighs all times alike.
        text_weight: weight of the text side's loss; the motion side's is 1.

    Raises:
        ValueError: a share is negative, or all are zero.
    """

    batch: int = 64
    joint: float = 0.24
    text_to_motion: float = 0.33
    motion_to_text: float = 0.33
    motion: float = 0.05
    text: float = 0.05
    unknown_length: float = 0.3
    trims: int = 4
    rewordings: int = 3
    min_snr: float | None = None
    text_weight: float = 1.5

    def __post_init__(self) -> None:
        shares = self.shares.values()
        if min(shares) < 0 or sum(shares) == 0:
            raise ValueError(f"the shares of the tasks are not negative and not all zero: {self.shares}")

    @property
    def shares(self) -> dict[Task, float]:
        """How often each one-stage task is practised; they need not sum to 1."""
        return {
            "joint": self.joint,
            "text-to-motion": self.text_to_motion,
            "motion-to-text": self.motion_to_text,
            "motion": self.motion,
            "text": self.text,
        }


def loss(
    model: MTDM,
    schedule: Schedule,
    motion: Float[Tensor, "b l dm"],
    text: Float[Tensor, "b k dt"],
    frames: Int[Tensor, " b"],
    chance: torch.Generator,
    training: MTDMTraining,
    importance: Float[Tensor, "l dm"] | None = None,
    reworded: Float[Tensor, "b k dt"] | None = None,
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The mean squared error over the sides that are being generated, and that of each side (`Exercise.error`)."""
    given = exercise(schedule, motion, text, frames, chance, training, reworded)
    return given.error(model(*given.asked), training, importance)


@dataclass(frozen=True)
class Exercise:
    """What the denoiser is asked about some pairs: the sides with noise on them, their times, and the lengths; what it
    should answer for each side, and how much each sample counts for it, 0 where the side is not to be generated."""

    asked: tuple[Float[Tensor, "b l dm"], Float[Tensor, "b k dt"], Int[Tensor, " b"], Int[Tensor, " b"], Tensor]
    wanted: Latents
    weights: dict[Side, Float[Tensor, " b"]]

    def error(
        self,
        answers: tuple[Tensor, Tensor],
        training: MTDMTraining,
        importance: Float[Tensor, "l dm"] | None = None,
    ) -> tuple[Float[Tensor, ""], dict[str, float]]:
        """The mean squared error over the sides that are being generated, and that of each side.

        `importance` weighs the numbers of a motion latent, with a mean of 1; None weighs them alike.
        """
        losses: dict[Side, Tensor] = {}
        for side, answer in zip(SIDES, answers, strict=True):
            squares = (answer.float() - self.wanted[side]).square()
            squares = squares * importance if side == "motion" and importance is not None else squares
            losses[side] = (squares.mean(dim=(1, 2)) * self.weights[side]).sum()
        total = losses["motion"] + training.text_weight * losses["text"]
        return total, {side: value.item() for side, value in losses.items()}


def exercise(
    schedule: Schedule,
    motion: Float[Tensor, "b l dm"],
    text: Float[Tensor, "b k dt"],
    frames: Int[Tensor, " b"],
    chance: torch.Generator,
    training: MTDMTraining,
    reworded: Float[Tensor, "b k dt"] | None = None,
) -> Exercise:
    """Random roles, times and noise for some pairs.

    `reworded` takes the place of `text` where it is given, so that other words are understood and the captions' own are
    written. All chance is drawn on the CPU from one generator, so that a resumed run repeats it on any device.
    """
    where = motion.device
    size = len(motion)
    shares = torch.tensor([*training.shares.values()], dtype=torch.float32)
    tasks = torch.multinomial(shares, size, replacement=True, generator=chance)  # (b,)
    clean: dict[Side, Tensor] = {"motion": motion, "text": text}
    if reworded is not None:
        clean["text"] = torch.where(_plays("text", "given", tasks, training).to(where)[:, None, None], reworded, text)
    noise = {side: torch.randn(clean[side].shape, generator=chance).to(where) for side in SIDES}
    times = {side: _times(side, tasks, training, schedule.train_steps, chance).to(where) for side in SIDES}
    absent = {side: _plays(side, "absent", tasks, training).to(where) for side in SIDES}
    withheld = torch.rand(size, generator=chance) < training.unknown_length
    noisy = {
        side: torch.where(
            absent[side][:, None, None], noise[side], schedule.add_noise(clean[side], noise[side], times[side])
        )
        for side in SIDES
    }
    known = frames.masked_fill(withheld.to(where), 0)
    counts = {side: _plays(side, "generate", tasks, training).to(where) for side in SIDES}
    return Exercise(
        (noisy["motion"], noisy["text"], times["motion"], times["text"], known),
        {side: schedule.target(clean[side], noise[side], times[side]) for side in SIDES},
        {
            side: counts[side] * _weights(schedule, times[side], training.min_snr) / counts[side].sum().clamp(min=1)
            for side in SIDES
        },
    )


def _plays(side: Side, role: Role, tasks: Int[Tensor, " b"], training: MTDMTraining) -> Bool[Tensor, " b"]:
    """Which samples have a side in a role."""
    return torch.tensor([TASKS[task][0][side] == role for task in training.shares])[tasks]


def _times(
    side: Side, tasks: Int[Tensor, " b"], training: MTDMTraining, train_steps: int, chance: torch.Generator
) -> Int[Tensor, " b"]:
    """A side's times: uniform where it is generated, 0 where given, train_steps where absent."""
    times = torch.randint(1, train_steps + 1, tasks.shape, generator=chance)
    times = times.masked_fill(_plays(side, "given", tasks, training), 0)
    return times.masked_fill(_plays(side, "absent", tasks, training), train_steps)


def _weights(schedule: Schedule, times: Int[Tensor, " b"], gamma: float | None) -> Float[Tensor, " b"]:
    """Min-SNR weights for what the schedule's network predicts (Hang et al. 2023, section 3.4), or ones."""
    if gamma is None:
        return torch.ones(times.shape, device=times.device)
    snr = schedule.snr(times.clamp(min=1))
    return snr.clamp(max=gamma) / {"x0": torch.ones_like(snr), "epsilon": snr, "v": snr + 1}[schedule.prediction]


def begin(med: MED, ted: TextAutoencoder, start: Path | None, **shape: object) -> MTDM:
    """A denoiser for the latents of both: the trained one in `start`, or a new one of some shape.

    Raises:
        ValueError: the trained one has latents of other sizes.
    """
    latents = {
        "motion_tokens": med.config.tokens,
        "motion_dim": med.config.dim,
        "text_tokens": ted.config.tokens,
        "text_dim": ted.config.width,
    }
    if start is None:
        return MTDM(MTDMConfig(**latents, **shape))  # type: ignore[arg-type]
    model = load(MTDM, MTDMConfig, start)
    other = {name: getattr(model.config, name) for name in latents}
    if other != latents:
        raise ValueError(f"the denoiser in {start} was trained on other latents: {other}, not {latents}")
    return model


def train(
    prepared: Path,
    models: Path,
    training: MTDMTraining,
    fitting: FitConfig,
    start: Path | None = None,
    out: Path | None = None,
    **shape: object,
) -> MTDM:
    """Fit the denoiser on the latents of `models/med` and `models/ted`, and save it to `out`.

    Args:
        out: `models/mtdm` where left out.
        start: folder of a trained denoiser of the same latents to go on from, in its own shape.
        shape: fields of MTDMConfig other than the latents' sizes.

    Raises:
        ValueError: the denoiser to go on from has latents of other sizes.
    """
    where, out = engine().device, out or models / "mtdm"
    med = load(MED, MEDConfig, models / "med", where)
    ted = load_ted(models / "ted", where)
    torch.manual_seed(fitting.seed)
    model = begin(med, ted, start, **shape).to(where)
    pairs = Pairs(med, ted, Clips.load(prepared, "train"), trims=training.trims, rewordings=training.rewordings)
    validation = Pairs(med, ted, Clips.load(prepared, "val"))
    config = model.config
    importance = med.latent_std / med.latent_std.mean()  # what moves the body more counts more

    def step_loss(model: MTDM, batch: PairBatch, chance: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        sides = batch.motion, batch.text, batch.frames
        return loss(model, config.schedule, *sides, chance, training, importance, batch.reworded)

    def validate(model: MTDM) -> dict[str, float]:
        chance = generator(fitting.seed, 0)  # the same noise every time
        figures = [step_loss(model, validation.sample(training.batch, chance), chance)[1] for _ in range(8)]
        return {side: sum(figure[side] for figure in figures) / len(figures) for side in figures[0]}

    model = fit(
        model,
        lambda _, chance: pairs.sample(training.batch, chance),
        step_loss,
        config=fitting,
        out=out,
        validate=validate,
    )
    on_main(save, model, out)
    return model


def onward_parser(description: str | None) -> argparse.ArgumentParser:
    """The folders of a stage that goes on with a trained denoiser."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--models", type=Path, required=True, help="the folder with med, ted and claims")
    parser.add_argument("--start", type=Path, required=True, help="the folder of a trained denoiser of their latents")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run that was stopped goes on")
    return parser


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--models", type=Path, required=True, help="the folder with med and ted; mtdm joins them")
    parser.add_argument("--start", type=Path, help="folder of a trained denoiser of the same latents to go on from")
    parser.add_argument("--out", type=Path, help="folder of the run, MODELS/mtdm if left out")
    add_arguments(parser, minutes=30, lr=7e-4)
    sizes.add_arguments(parser)
    parser.add_argument("--layers", type=int, help="blocks; those of the size if left out, as what follows")
    parser.add_argument("--dropout", type=float)
    parser.add_argument("--interaction", choices=get_args(Interaction))
    parser.add_argument("--rewordings", type=int, default=MTDMTraining.rewordings, help="of each caption")
    args = parser.parse_args(arguments)
    fitting = FitConfig(**asked(args), validate_every=500)
    training = MTDMTraining(rewordings=args.rewordings)
    shape = sizes.fields(args, "mtdm", "layers", "dropout", "interaction")
    train(args.prepared, args.models, training, fitting, args.start, args.out, **shape)


if __name__ == "__main__":
    main()
