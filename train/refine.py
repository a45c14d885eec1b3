"""Stage 4: the denoiser practises the whole way from noise to a clean latent, and is told how it ended.

Trained on noised clips alone, a denoiser never sees what it makes itself: its motions have half the variance of the
clips (train/NOTES.md), and a style or a striking hand is lost on the way.  Here a few steps of the sampler, guidance
included, are run with gradients (DRaFT, Clark et al. 2024, section 4), and what comes out is compared with the clips:

- by the energy score (Gneiting and Raftery 2007, section 4.3; De Bortoli et al. 2025), a proper score of a
  distribution: motions of one prompt should be as far from its clip as from each other;
- by what is told from latents (`train.claims`): what the prompt says should be seen in the motion, and in joint
  generation the same in both sides.

The loss of `train.mtdm` goes on beside them, on captions in other words (`Paraphraser`) as well.

Run as `python -m train.refine --prepared PREPARED --models MODELS --start MODELS/mtdm --out RUN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mote.checkpoint import load, load_ted, save
from mote.models.claims import ClaimReader, ClaimReaderConfig
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.pipeline import MOTION_RISE, PAPER_GUIDANCE
from mote.reading import LIKENED
from mote.sampling import sample_latents
from train import mtdm
from train.claims import LABELLED, NOISE, blurred, claimed, classes, entropies
from train.command import command
from train.data import Clips
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, add_fields, asked, fields_asked, fit
from train.mtdm import MTDMTraining
from train.pairs import Motions, encode_texts
from train.prepare.reading import read_caption


@dataclass(frozen=True, kw_only=True)
class RefineTraining:
    """What the denoiser practises, and how it is told.

    Args:
        prompts: of a walk to motions.
        draws: motions of each prompt.
        pairs: of a walk of `joint`.
        joint: how often the walk is one of `joint`.
        steps: of a walk, the least and the most.
        reworded: how often a prompt is a caption in other words.
        energy, claims: weights of the energy score and of the cross-entropies of what is claimed, of a walk to motions.
        joint_energy, agreement: the same of a walk to pairs. They make the gradients of all parts about equally long.
        kept: share of the weights that it began with in those that are saved (Wortsman et al. 2022, section 3): walks
            are few and their gradients rough, and halfway is better at everything than either end (train/NOTES.md).
        denoising: the batch and the roles of the loss of `train.mtdm`.

    Raises:
        ValueError: there are fewer than two draws, more prompts than clips, or the least steps are not the least.
    """

    prompts: int = 12
    draws: int = 2
    pairs: int = 16
    joint: float = 0.2
    steps: tuple[int, int] = (4, 5)
    reworded: float = 0.5
    energy: float = 0.5
    joint_energy: float = 0.5
    claims: float = 0.06
    agreement: float = 0.02
    kept: float = 0.5
    denoising: MTDMTraining = field(default_factory=lambda: MTDMTraining(batch=32))

    def __post_init__(self) -> None:
        if self.draws < 2:
            raise ValueError(f"draws of a prompt are compared with each other: 2 at least, not {self.draws}")
        if self.prompts > self.denoising.batch:
            raise ValueError(f"{self.prompts} prompts are of as many clips: the batch has {self.denoising.batch}")
        if not 1 <= self.steps[0] <= self.steps[1]:
            raise ValueError(f"a walk has 1 step at least, and no fewer at most than at least: {self.steps}")


SIZES = {
    "prompts": "prompts of a walk to motions",
    "draws": "motions of each prompt",
    "pairs": "of a walk to pairs",
    "joint": "how often the walk is one to pairs",
    "reworded": "how often a prompt is a caption in other words",
    "energy": "weight of the energy score",
    "claims": "weight of what a prompt says",
    "kept": "share of the weights that it begins with in those that are saved",
}
"""The fields of RefineTraining that are options of the command."""


@dataclass(frozen=True)
class Practice:
    """One step's clips: latents and lengths, latents of captions about them as they are and as prompts, and the classes
    that each prompt claims of what is LABELLED."""

    motion: Float[Tensor, "b l dm"]
    text: Float[Tensor, "b k dt"]
    prompt: Float[Tensor, "b k dt"]
    frames: Int[Tensor, " b"]
    claims: dict[str, Int[Tensor, " b"]]


class Practices:
    """Draws what each step practises on."""

    def __init__(self, motions: Motions, ted: TextAutoencoder, claims: ClaimReader, training: RefineTraining) -> None:
        self.motions, self.ted, self.training = motions, ted, training
        self.known = claims.among(ted.known_meanings())

    def __call__(self, step: int, chance: torch.Generator) -> Practice:
        """The practice of a step; all its chance is the generator's."""
        motions = self.motions
        drawn = motions.draw(self.training.denoising.batch, chance)
        captions = [motions.captions[row] for row in drawn.captions]
        prompts = motions.reworded(drawn, self.training.reworded, chance)
        text = encode_texts(self.ted, captions)
        prompt = self.ted.understand(prompts, LIKENED, self.known)
        claims = classes([claimed(read_caption(caption)) for caption in captions[: self.training.prompts]])
        where = engine().device
        return Practice(
            motions.motion[drawn.copies, drawn.clips].to(where),
            text.to(where),
            prompt.to(where),
            motions.frames[drawn.copies, drawn.clips].to(where),
            {kind: claims[kind].to(where) for kind in LABELLED},
        )


def energy_score(
    made: Float[Tensor, "b draws n d"], real: Float[Tensor, "b n d"], weights: Float[Tensor, "n d"]
) -> Float[Tensor, ""]:
    """The energy score of two draws or more against what was to be drawn, of whole latents and of each token; lower is
    better.

    Distances are root mean squares weighed by `weights`, whose mean is 1.
    """

    def distance(one: Tensor, other: Tensor) -> Tensor:
        squares = ((one - other).square() * weights).mean(dim=-1)  # (..., n)
        return ((squares + 1e-6).sqrt().mean(dim=-1) + (squares.mean(dim=-1) + 1e-6).sqrt()) / 2

    one, other = torch.combinations(torch.arange(made.shape[1], device=made.device)).T
    apart = distance(made[:, one], made[:, other]).mean(dim=1)  # (b,)
    return (distance(made, real[:, None]).mean(dim=1) - apart / 2).mean()


def energy_distance(made: Float[Tensor, "b n d"], real: Float[Tensor, "c n d"]) -> Float[Tensor, ""]:
    """The energy distance (Szekely and Rizzo 2013) of made latents to real ones, less what is constant in these."""
    size = len(made)
    between, within = (
        torch.cdist(made.flatten(1), other.flatten(1)) / made[0].numel() ** 0.5 for other in (real, made)
    )
    return between.mean() - within.sum() / (size * (size - 1)) / 2


def walk_to_motions(
    model: MTDM,
    claims: ClaimReader,
    practice: Practice,
    chance: torch.Generator,
    training: RefineTraining,
    weights: Tensor,
) -> dict[str, Tensor]:
    """Several motions of each prompt: their energy score, and how far they are from showing what the prompt says."""
    count, draws = training.prompts, training.draws
    prompt, frames, real = practice.prompt[:count], practice.frames[:count], practice.motion[:count]
    withheld = torch.rand(count, generator=chance) < training.denoising.unknown_length
    made, *_ = sample_latents(
        model,
        model.config.schedule,
        "text-to-motion",
        text=prompt.repeat_interleave(draws, dim=0),
        frames=frames.masked_fill(withheld.to(frames.device), 0).repeat_interleave(draws),
        seeds=torch.randint(2**31, (draws * count,), generator=chance).tolist(),
        steps=_steps(training, chance),
        motion_guidance=PAPER_GUIDANCE[0],
        motion_rise=MOTION_RISE,
    )
    assert made is not None
    wanted = {kind: rows.repeat_interleave(draws) for kind, rows in practice.claims.items()}
    seen = claims.shown(blurred(made, NOISE, chance))
    missed = entropies({kind: seen[kind] for kind in wanted}, wanted)
    energy = energy_score(made.unflatten(0, (-1, draws)), real, weights)
    return {"energy": energy, **{f"claimed {kind}": value for kind, value in missed.items()}}


def walk_to_pairs(
    model: MTDM,
    claims: ClaimReader,
    ted: TextAutoencoder,
    practice: Practice,
    chance: torch.Generator,
    training: RefineTraining,
) -> dict[str, Tensor]:
    """Pairs from nothing: the energy distance of both sides to real ones, and how far from telling the same."""
    size = training.pairs
    motion, text, _ = sample_latents(
        model,
        model.config.schedule,
        "joint",
        frames=torch.zeros(size, dtype=torch.long),
        seeds=torch.randint(2**31, (size,), generator=chance).tolist(),
        steps=_steps(training, chance),
        motion_guidance=PAPER_GUIDANCE[0],
        text_guidance=PAPER_GUIDANCE[1],
        motion_rise=MOTION_RISE,
    )
    assert motion is not None
    assert text is not None
    meaning, _ = ted.parts(text)
    return {
        "agreement": -claims.kept(blurred(motion, NOISE, chance), claims.meant(meaning)).mean(),
        "joint energy": energy_distance(motion, practice.motion) + energy_distance(text, practice.text),
    }


def _steps(training: RefineTraining, chance: torch.Generator) -> int:
    least, most = training.steps
    return int(torch.randint(least, most + 1, (), generator=chance))


def loss(
    model: MTDM,
    practice: Practice,
    chance: torch.Generator,
    *,
    claims: ClaimReader,
    ted: TextAutoencoder,
    importance: Tensor,
    training: RefineTraining,
) -> tuple[Tensor, dict[str, float]]:
    """The denoising loss and that of one walk."""
    total, figures = mtdm.loss(
        model,
        model.config.schedule,
        practice.motion,
        practice.text,
        practice.frames,
        chance,
        training.denoising,
        importance,
        practice.prompt,
    )
    if torch.rand((), generator=chance) < training.joint:
        ends = walk_to_pairs(model, claims, ted, practice, chance, training)
        total = total + training.agreement * ends["agreement"] + training.joint_energy * ends["joint energy"]
    else:
        ends = walk_to_motions(model, claims, practice, chance, training, importance)
        missed = torch.stack([value for name, value in ends.items() if name != "energy"]).sum()
        total = total + training.energy * ends["energy"] + training.claims * missed
    return total, figures | {name: value.item() for name, value in ends.items()}


def train(prepared: Path, models: Path, start: Path, out: Path, training: RefineTraining, fitting: FitConfig) -> MTDM:
    """Refine the denoiser in `start` on the latents of `models/med` and `models/ted`, told by `models/claims`, and
    save it to `out`."""
    where = engine().device
    med, ted = load(MED, MEDConfig, models / "med", where), load_ted(models / "ted", where)
    model, before = load(MTDM, MTDMConfig, start, where), load(MTDM, MTDMConfig, start, where)
    motions = Motions(med, Clips.load(prepared, "train"), trims=training.denoising.trims)
    claims = load(ClaimReader, ClaimReaderConfig, models / "claims", where).requires_grad_(False)
    importance = med.latent_std / med.latent_std.mean()
    step_loss = partial(loss, claims=claims, ted=ted, importance=importance, training=training)
    practices = Practices(motions, ted, claims, training)
    refined = fit(model.requires_grad_(True), practices, step_loss, config=fitting, out=out)
    with torch.no_grad():
        for weight, old in zip(refined.parameters(), before.parameters(), strict=True):
            weight.lerp_(old, training.kept)
    on_main(save, refined, out)
    return refined


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = mtdm.onward_parser(__doc__)
    add_arguments(parser, minutes=60, lr=1e-4, steps=20_000)
    usual = RefineTraining()
    sizes = parser.add_argument_group("what it practises; a GPU has room for far more than the defaults")
    add_fields(sizes, usual, SIZES)
    sizes.add_argument("--walk", type=int, nargs=2, default=usual.steps, help="the least and the most steps of a walk")
    sizes.add_argument("--batch", type=int, default=usual.denoising.batch, help="clips of the denoising loss")
    options = parser.parse_args(arguments)
    training = replace(
        usual,
        steps=tuple(options.walk),
        denoising=replace(usual.denoising, batch=options.batch),
        **fields_asked(options, SIZES),
    )
    fitting = FitConfig(**asked(options), warmup=50, ema=0.998, log_every=10, save_every=100)
    train(options.prepared, options.models, options.start, options.out, training, fitting)


if __name__ == "__main__":
    main()
