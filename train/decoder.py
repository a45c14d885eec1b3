"""Stage 6: TED's decoder learns to write from the latents that the denoiser makes of motions.

Such a latent is no sentence's: it lies between those of several that fit.  Trained on the latents of sentences alone,
the decoder writes a blend of them; here it learns to write the nearest of the clip's own.  Latents stay as they are.

Run as `python -m train.decoder --data RAW --prepared PREPARED --models MODELS --out RUN`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mote.checkpoint import save
from mote.pipeline import GUIDANCE, VIEWS, MoTe
from mote.sampling import sample_latents
from train.command import command
from train.data import Clips
from train.engine import engine, on_main, shared
from train.loop import FitConfig, add_arguments, asked, fit
from train.pairs import Pairs
from train.prepare import text
from train.prepare.captions import read_caption
from train.sentences import Batch, Batches, to_be_written
from train.ted import TEDTrainer, TEDTraining, loss, writing_entropy

STEPS = 5
"""The mean of several draws is the same in 5 steps as in 20, and there are thousands to make."""


@dataclass(frozen=True)
class Generated:
    """Latents (n, k, d) of `TED.read`'s kind that the denoiser made, and the tokens of the sentence nearest to each."""

    latents: Tensor
    written: list[Tensor]


@torch.no_grad()
def generate(model: MoTe, pairs: Pairs, *, size: int = 256) -> Generated:
    """A latent for every clip in every copy, guided as the app does it, in fewer steps.

    Its sentence is the nearest in meaning of the clip's, of those that name a side where any does.
    """
    ted = model.ted
    tells = torch.tensor([read_caption(caption).side is not None for caption in pairs.captions])
    rows = [(copy, row) for copy in range(len(pairs.motion)) for row in range(pairs.motion.shape[1])]

    def make(start: int) -> tuple[Tensor, list[str]]:
        nearest = []
        copies, clips = torch.tensor(rows[start : start + size]).T
        _, made, _ = sample_latents(
            model.mtdm,
            model.mtdm.config.schedule,
            "motion-to-text",
            motion=pairs.motion[copies, clips].to(model.device),
            frames=pairs.frames[copies, clips],
            seeds=range(start, start + len(clips)),
            steps=STEPS,
            text_guidance=GUIDANCE[1],
            text_draws=len(VIEWS),
        )
        assert made is not None
        made = made.cpu()
        for latent, clip in zip(made, clips.tolist(), strict=True):
            own = slice(int(pairs.first[clip]), int(pairs.first[clip + 1]))
            difference, _ = ted.parts(pairs.text[0, own] - latent)
            distances = difference.square().sum(dim=(1, 2))
            if tells[own].any():
                distances[~tells[own]] = torch.inf
            nearest.append(pairs.captions[own.start + int(distances.argmin())])
        return made, nearest

    parts = shared(make, range(0, len(rows), size), name="generate")
    latents = torch.cat([made for made, _ in parts]).to(model.device) * ted.latent_std + ted.latent_mean
    return Generated(latents, ted.writing([sentence for _, nearest in parts for sentence in nearest]))


def train(
    model: MoTe,
    generated: Generated,
    plain: Callable[[int, torch.Generator], Batch],
    out: Path,
    fitting: FitConfig,
    *,
    frozen: bool = False,
) -> None:
    """Fit the decoder on generated latents and, so that it forgets nothing, on sentences; save TED to `out`.

    If `frozen`, the decoder stays as it is, and only what takes the latents to it learns.
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
        return total + entropy, figures | {"generated": entropy.item()}

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
    add_arguments(parser, minutes=10, lr=5e-4)
    options = parser.parse_args(arguments)
    model = MoTe.from_pretrained(options.models, device=str(engine().device))
    generated = generate(model, Pairs(model.med, model.ted, Clips.load(options.prepared, "train"), trims=1))
    own = text.clips(options.prepared, "train")
    plain = Batches(model.ted, text.human(options.data), own, None, TEDTraining())
    fitting = FitConfig(**asked(options), precision="fp32")
    train(model, generated, plain, options.out, fitting, frozen=options.frozen)


if __name__ == "__main__":
    main()
