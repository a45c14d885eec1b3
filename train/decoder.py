"""Stage 6: TED's decoder learns to write from the latents that the denoiser makes.

Such a latent is no sentence's: it lies between those of several that fit.  Trained on the latents of sentences alone,
the decoder writes a blend of them; here it learns to write the nearest of the clip's own, or, where no motion is given,
of all.  Latents stay as they are.

With `--critical` it learns by how well its own sentences agree with people's as well (`train.critical`).

Run as `python -m train.decoder --data RAW --prepared PREPARED --models MODELS --out RUN`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mote.checkpoint import save
from mote.pipeline import GUIDANCE, STEPS, VIEWS, MoTe
from mote.sampling import Task, sample_latents
from train.command import command
from train.critical import risk
from train.data import Clips
from train.engine import engine, on_main, shared
from train.loop import FitConfig, add_arguments, asked, fit
from train.pairs import Pairs
from train.prepare import text
from train.prepare.captions import read_caption
from train.sentences import Batch, Batches, to_be_written
from train.ted import TEDTrainer, TEDTraining, loss, writing_entropy

MEAN_STEPS = 5
"""The mean of several draws is the same in 5 steps as in 20, and there are thousands to make."""
ALONE = 0.5
"""How many latents are made of no motion, as a share of those that are."""
SIZE = 256
"""Latents that are made together."""
JUDGED = 16
"""Latents of a step whose sentences are searched for, and told how well they agree with people's."""
CRITICAL_EMA = 0.99
"""That takes long, so steps are few."""


@dataclass(frozen=True)
class Generated:
    """Latents (n, k, d) of `TED.read`'s kind that the denoiser made, the tokens of the sentence nearest to each, and
    all sentences about the clip of each that is of a motion; those come first."""

    latents: Tensor
    written: list[Tensor]
    said: list[list[str]]


@torch.no_grad()
def generate(model: MoTe, pairs: Pairs, most: int | None = None) -> Generated:
    """A latent for every clip in every copy, or for so many of them at most, drawn at random; guided and worded as the
    app does it, in fewer steps; and some of none.

    Its sentence is the nearest in meaning of the clip's, of those that name a side where any does; or of all.
    """
    ted = model.ted
    meanings = ted.parts(pairs.text[0])[0].flatten(1)  # (texts, size)
    tells = torch.tensor([read_caption(caption).side is not None for caption in pairs.captions])
    every = [(copy, row) for copy in range(len(pairs.motion)) for row in range(pairs.motion.shape[1])]
    rows = sorted(random.Random(0).sample(every, min(most, len(every)))) if most else every

    def own(clip: int) -> slice:
        return slice(int(pairs.first[clip]), int(pairs.first[clip + 1]))

    def nearest(latents: Tensor, among: slice, chosen: Tensor | None = None) -> list[str]:
        distances = torch.cdist(ted.parts(latents)[0].flatten(1), meanings[among])  # (b, texts)
        if chosen is not None and chosen[among].any():
            distances[:, ~chosen[among]] = torch.inf
        return [pairs.captions[among.start + row] for row in distances.argmin(dim=1).tolist()]

    def of_motions(start: int) -> tuple[Tensor, list[str]]:
        copies, clips = torch.tensor(rows[start : start + SIZE]).T
        motion = pairs.motion[copies, clips].to(model.device)
        frames, seeds = pairs.frames[copies, clips], range(start, start + len(clips))
        made = _made(model, "motion-to-text", motion, frames, seeds, steps=MEAN_STEPS, draws=len(VIEWS))
        nearests = (nearest(made[row : row + 1], own(clip), tells) for row, clip in enumerate(clips.tolist()))
        return made, [text for texts in nearests for text in texts]

    def of_none(start: int) -> tuple[Tensor, list[str]]:
        seeds = range(start, start + SIZE)
        made = _made(model, "text", None, torch.zeros(SIZE, dtype=torch.long), seeds, steps=STEPS, draws=1)
        return made, nearest(made, slice(0, len(meanings)))

    parts = shared(of_motions, range(0, len(rows), SIZE), name="of motions")
    parts += shared(of_none, range(0, round(ALONE * len(rows)), SIZE), name="of none")
    latents = torch.cat([made for made, _ in parts]).to(model.device) * ted.latent_std + ted.latent_mean
    written = ted.writing([sentence for _, sentences in parts for sentence in sentences])
    return Generated(latents, written, [pairs.captions[own(clip)] for _, clip in rows])


def _made(
    model: MoTe, task: Task, motion: Tensor | None, frames: Tensor, seeds: Sequence[int], *, steps: int, draws: int
) -> Tensor:
    """The latents of text of a task, worded, on the CPU."""
    _, made, _ = sample_latents(
        model.mtdm,
        model.mtdm.config.schedule,
        task,
        motion=motion,
        frames=frames,
        seeds=seeds,
        steps=steps,
        text_guidance=GUIDANCE[1],
        text_draws=draws,
    )
    assert made is not None
    return model.reader.worded(made, motion).cpu()


def train(
    model: MoTe,
    generated: Generated,
    plain: Callable[[int, torch.Generator], Batch],
    out: Path,
    fitting: FitConfig,
    *,
    frozen: bool = False,
    critical: float = 0.0,
) -> None:
    """Fit the decoder on generated latents and, so that it forgets nothing, on sentences; save TED to `out`.

    Args:
        frozen: the decoder stays as it is, and only what takes the latents to it learns.
        critical: the weight of how badly its sentences agree with people's (`risk`).
    """
    config = TEDTraining()
    trainer = TEDTrainer(model.ted, decoder_only=True).to(model.device)
    model.ted.decoder.requires_grad_(not frozen)

    def batches(step: int, chance: torch.Generator) -> tuple[Batch, Tensor, Tensor]:
        rows = torch.randint(len(generated.written), (config.batch,), generator=chance)
        written = to_be_written(model.ted, [generated.written[row] for row in rows])
        return plain(step, chance), generated.latents[rows], written.to(model.device)

    def step_loss(
        trainer: TEDTrainer, batch: tuple[Batch, Tensor, Tensor], chance: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        sentences, latents, written = batch
        total, figures = loss(trainer, sentences, chance, config=config)
        entropy = writing_entropy(trainer.ted, latents, written, chance, config)
        total, figures = total + entropy, figures | {"generated": entropy.item()}
        if critical:
            rows = torch.randint(len(generated.said), (JUDGED,), generator=chance)
            said = [generated.said[row] for row in rows.tolist()]
            risked, figures["CIDEr"] = risk(trainer.ted, generated.latents[rows], said)
            total = total + critical * risked
        return total, figures

    trained = fit(trainer, batches, step_loss, config=fitting, out=out)
    on_main(save, trained.ted, out)
    on_main(trained.ted.save_tokenizer, out)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Read the model, make the latents of the training clips, and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds humanml3d and kit-ml")
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--models", type=Path, required=True, help="the folder of the stages med, ted and mtdm")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run that was stopped goes on")
    parser.add_argument("--frozen", action="store_true", help="only what takes the latents to the decoder learns")
    parser.add_argument(
        "--critical", type=float, default=0.0, help="the weight of how well its sentences agree with people's, by CIDEr"
    )
    parser.add_argument("--latents", type=int, help="how many latents of motions are made at most (default: all)")
    add_arguments(parser, minutes=10, lr=5e-4)
    options = parser.parse_args(arguments)
    if options.latents is not None and options.latents < 1:
        parser.error(f"--latents is at least 1, not {options.latents}")
    model = MoTe.from_pretrained(options.models, device=str(engine().device))
    pairs = Pairs(model.med, model.ted, Clips.load(options.prepared, "train"), trims=1)
    generated = generate(model, pairs, options.latents)
    own = text.clips(options.prepared, "train")
    plain = Batches(model.ted, text.human(options.data), own, None, TEDTraining())
    ema = CRITICAL_EMA if options.critical else FitConfig.ema
    fitting = FitConfig(**asked(options), precision="fp32", ema=ema)
    train(model, generated, plain, options.out, fitting, frozen=options.frozen, critical=options.critical)


if __name__ == "__main__":
    main()
