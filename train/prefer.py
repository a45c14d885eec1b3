"""Stage 5: of what the denoiser makes of a prompt, it learns to prefer what does what was asked.

Several motions of each prompt, and its clip beside them (as in self-play, Chen et al. 2024), are told apart by a
verifier of joints (`train.verifier`) and by what is measured of them. Then the denoiser should find it likelier that it
made the best than another, by direct preference optimization (Wallace et al. 2024, equation 14), while the loss of
`train.mtdm` on the clips goes on. That is one round; the next begins from what came of it, and draws more for what
failed. A critic that gradients flow through is led astray by numbers that no body shows (`train.refine`); here none do.

Run as `python -m train.prefer --prepared PREPARED --models MODELS --start MODELS/refined --out RUN`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from safetensors.torch import load_file, save
from torch import Tensor

from mote import checkpoint
from mote.checkpoint import CONFIG, load, load_ted
from mote.coding import decode_motions
from mote.models.claims import ClaimReader, ClaimReaderConfig
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.facts import Facts, measure
from mote.motion.features import to_features
from mote.pipeline import MOTION_RISE, STEPS
from mote.reading import LIKENED
from mote.sampling import sample_latents
from train import mtdm, verifier
from train.command import command
from train.data import Clips
from train.engine import agreed, engine, on_main, shared
from train.evaluator import EvaluatorConfig
from train.loop import FitConfig, add_arguments, add_fields, asked, fields_asked, fit, generator
from train.mtdm import MTDMTraining
from train.observe import Fact, kept, named_side, shown_side
from train.pairs import Draw, Motions, PairBatch, Pairs
from train.prepare.actions import ACTIONS, find_action
from train.prepare.reading import Claims, read_caption
from train.storage import StoppedError, whole
from train.verifier import Verifier

EASY = 0.1
"""Added to the share of motions that failed, for how often a kind of clip is drawn for: what does not fail is, too."""
UNTOLD = 0.1
"""How often the length is left to the denoiser. The app tells one (`mote.draws.LASTING`)."""
UNLIKELY = -4.0
"""The least logarithm of a probability that counts: beyond, the verifier is sure."""
MISSED: Mapping[Fact | Literal["side"], float] = {**dict.fromkeys(get_args(Fact), 1.0), "side": 3.0, "turn": 3.0}
"""What a claim that is measured costs where it is not kept, beside the logarithms. What costs 1 makes no pair by itself
(`PreferTraining.margin`); it decides among motions that are as good otherwise."""
BATCH, BATCHES = 40, 8
"""Prompts that are drawn for together, and how many such batches are shared out at a time."""


@dataclass(frozen=True, kw_only=True)
class PreferTraining:
    """What is drawn in each round, and how it is learned from.

    Args:
        rounds: of drawing and learning.
        prompts: of each round, at most; drawing takes about half of a round's time, at most.
        draws: motions of each prompt.
        styled: share of the prompts that name a style.
        reworded: how often a prompt is a caption in other words.
        guidance: of the motions that are drawn.
        pairs: of a better and a worse motion in each step.
        margin: by how much the scores of the two differ at least; the better has none worse than minus this.
        sharpness: how strongly a difference of errors is taken for a preference, beta T in the paper.
        falling: weight of the better one's error where it rises, in that difference: both may grow less likely
            otherwise (Pal et al. 2024, equation 3).
        better: weight of the better one's own error.
        denoising: the batch and the roles of the loss of `train.mtdm`.

    Raises:
        ValueError: there is no round, or there are fewer than two draws.
    """

    rounds: int = 3
    prompts: int = 5000
    draws: int = 4
    styled: float = 0.4
    reworded: float = 0.65
    guidance: float = 6.5
    pairs: int = 48
    margin: float = 1.0
    sharpness: float = 300.0
    falling: float = 2.0
    better: float = 0.2
    denoising: MTDMTraining = field(default_factory=lambda: MTDMTraining(batch=48, trims=2, rewordings=1))

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.draws < 2:
            raise ValueError(f"1 round and 2 draws at least, not {self.rounds} and {self.draws}")


OPTIONS = {
    "rounds": "of drawing and learning",
    "prompts": "of each round, at most",
    "draws": "motions of each prompt",
    "styled": "share of the prompts that name a style",
    "reworded": "how often a prompt is a caption in other words",
    "guidance": "of the motions that are drawn",
}
"""The fields of PreferTraining that are options of the command."""


@dataclass(frozen=True)
class Drawn:
    """The clip of each prompt; its motions, the last of them the clip's; its latent, the length asked for (0 = none),
    and how well each motion does what the prompt says: 0 is all of it, each thing missed costs."""

    clips: Int[Tensor, " prompts"]
    motion: Float[Tensor, "prompts draws l d"]
    prompt: Float[Tensor, "prompts k d"]
    frames: Int[Tensor, " prompts"]
    score: Float[Tensor, "prompts draws"]

    @classmethod
    def joined(cls, parts: Sequence[Drawn]) -> Drawn:
        """All in one."""
        return cls(*(torch.cat([getattr(part, one.name) for part in parts]) for one in fields(cls)))

    @classmethod
    def read(cls, path: Path) -> Drawn:
        return cls(**load_file(path))

    def write(self, path: Path) -> None:
        """As safetensors, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as file:
            file.write(save({name: value.contiguous() for name, value in vars(self).items()}))

    def telling(self, margin: float) -> Int[Tensor, " telling"]:
        """The prompts with a motion that does what was asked and another that does not."""
        best, worst = self.score.amax(dim=1), self.score.amin(dim=1)
        return ((best > -margin) & (best - worst > margin)).nonzero()[:, 0]


@dataclass(frozen=True)
class Practice:
    """A step's clips, and of some prompts a better and a worse motion."""

    clips: PairBatch
    better: Float[Tensor, "b l d"]
    worse: Float[Tensor, "b l d"]
    prompt: Float[Tensor, "b k d"]
    frames: Int[Tensor, " b"]


class Drawer:
    """Makes motions of training prompts as the app does, and has them verified."""

    def __init__(
        self,
        med: MED,
        ted: TextAutoencoder,
        claims: ClaimReader,
        verified_by: Verifier,
        motions: Motions,
        training: PreferTraining,
    ) -> None:
        self.med, self.ted, self.verifier, self.motions, self.training = med, ted, verified_by, motions, training
        self.known = claims.among(ted.known_meanings())
        self.weights = motions.weights

    def seek(self, drawn: Drawn) -> None:
        """From now on draw more for clips of such an action, style and side as most motions failed at."""
        kinds = [(record["action"], record["style"], record["side"]) for record in self.motions.records]
        failed: dict[tuple[str | None, ...], list[float]] = defaultdict(list)
        missed = (drawn.score[:, :-1] < -self.training.margin).float().mean(dim=1)
        for clip, share in zip(drawn.clips.tolist(), missed.tolist(), strict=True):
            failed[kinds[clip % len(kinds)]].append(share)
        shares = torch.tensor([(EASY + sum(failed[kind])) / (1 + len(failed[kind])) for kind in kinds])
        self.weights = self.motions.weights * (EASY + shares).repeat(len(self.motions.weights) // len(kinds))

    def draw(self, model: MTDM, seed: int, minutes: float | None) -> Drawn:
        """The motions of a round; all processes come here together."""
        start, most = time.monotonic(), -(-self.training.prompts // BATCH)
        parts: list[Drawn] = []
        while len(parts) < most and (minutes is None or agreed(time.monotonic() - start) < 60 * minutes or not parts):
            batches = range(len(parts), min(len(parts) + BATCHES, most))
            parts += shared(lambda number: self._batch(model, generator(seed, number)), batches, name="draws")
        return Drawn.joined(parts)

    @torch.inference_mode()
    def _batch(self, model: MTDM, chance: torch.Generator) -> Drawn:
        """The motions of BATCH prompts, most of the length of the prompt's clip."""
        where, draws = engine().device, self.training.draws
        drawn = self._prompts(chance)
        records = [self.motions.records[row % len(self.motions.records)] for row in drawn.clips.tolist()]
        claims = [read_caption(self.motions.captions[row]) for row in drawn.captions.tolist()]
        prompts = self.motions.reworded(drawn, self.training.reworded, chance)
        prompt = self.ted.understand(prompts, LIKENED, self.known).float()
        free = torch.rand(BATCH, generator=chance) < UNTOLD
        frames = self.motions.frames[0, drawn.clips].masked_fill(free, 0).to(where)
        made, *_ = sample_latents(
            model,
            model.config.schedule,
            "text-to-motion",
            text=prompt.repeat_interleave(draws, dim=0),
            frames=frames.repeat_interleave(draws),
            seeds=torch.randint(2**31, (BATCH * draws,), generator=chance).tolist(),
            steps=STEPS,
            motion_guidance=self.training.guidance,
            motion_rise=MOTION_RISE,
        )
        assert made is not None
        real = self.motions.motion[0, drawn.clips].to(made)
        made = torch.cat([made.unflatten(0, (BATCH, draws)), real[:, None]], dim=1)  # (BATCH, draws + 1, l, d)
        each = draws + 1
        motions = decode_motions(self.med, made.flatten(0, 1).float(), frames.repeat_interleave(each))
        logits = self.verifier.logits([to_features(motion.joints) for motion in motions])
        actions, styles = (part.log_softmax(dim=-1) for part in logits)
        scores = [
            score(claims[row // each], records[row // each], measure(motion), action, style, self.verifier.config)
            for row, (motion, action, style) in enumerate(zip(motions, actions, styles, strict=True))
        ]
        return Drawn(
            drawn.clips,
            made.half().cpu(),
            prompt.half().cpu(),
            frames.cpu(),
            torch.tensor(scores).unflatten(0, (BATCH, each)),
        )

    def _prompts(self, chance: torch.Generator) -> Draw:
        """BATCH captions of clips as they are; so many of them name a style, where that many are found."""
        drawn = self.motions.draw(20 * BATCH, chance, self.weights)
        rows = [*zip(drawn.clips.tolist(), drawn.captions.tolist(), strict=True)]
        plain, more = rows[:BATCH], rows[BATCH:]
        styled = [row for row in more if self._names_style(*row)][: round(self.training.styled * BATCH)]
        clips, captions = torch.tensor(styled + plain[: BATCH - len(styled)]).T
        return Draw(clips, torch.zeros_like(clips), captions)

    def _names_style(self, clip: int, caption: int) -> bool:
        """Whether a caption says of a clip how it is done."""
        if self.motions.records[clip % len(self.motions.records)]["style"] is None:
            return False
        return read_caption(self.motions.captions[caption]).style not in (None, "normal")


def score(
    claims: Claims,
    record: Mapping[str, Any],
    facts: Facts,
    actions: Float[Tensor, " actions"],
    styles: Float[Tensor, " styles"],
    config: EvaluatorConfig,
) -> float:
    """How well a motion does what a sentence about a clip says, at most 0: the logarithms of the verifier's
    probabilities of the action and the style that are named, and what is MISSED of what can be measured."""
    total = 0.0
    for named, names, logarithms in ((claims.action, config.actions, actions), (claims.style, config.styles, styles)):
        if named in names:
            total += logarithms[names.index(named)].clamp(min=UNLIKELY).item()
    side, kind = named_side(claims, ACTIONS[find_action(record["action"])[0]].kind)
    missed: list[Fact | Literal["side"]] = [what for what, right in kept(claims, facts).items() if right is False]
    if side is not None and shown_side(kind, facts) != side:
        missed.append("side")
    return total - sum(MISSED[what] for what in missed)


class Practices:
    """Draws what each step learns from.

    Raises:
        StoppedError: no prompt has a motion that does what was asked, and another that does not.
    """

    def __init__(self, pairs: Pairs, drawn: Drawn, training: PreferTraining) -> None:
        self.pairs, self.drawn, self.training = pairs, drawn, training
        self.telling = drawn.telling(training.margin)
        if not len(self.telling):
            raise StoppedError(
                f"of {len(drawn.score)} prompts none has a motion that does what was asked and another that does not: "
                "draw for more prompts (--prompts, --minutes), begin from a better denoiser, or leave this stage out"
            )

    def __call__(self, step: int, chance: torch.Generator) -> Practice:
        """The practice of a step; all its chance is the generator's."""
        size, margin, where = self.training.pairs, self.training.margin, engine().device
        clips = self.pairs.sample(self.training.denoising.batch, chance)
        rows = self.telling[torch.randint(len(self.telling), (size,), generator=chance)]
        scores = self.drawn.score[rows]  # (b, draws + 1)
        dice = torch.rand(scores.shape, generator=chance)
        better = (scores + 1e-3 * dice).argmax(dim=1)  # of several that are as good, any
        worse = (dice * (scores < scores.amax(dim=1, keepdim=True) - margin)).argmax(dim=1)
        motion, prompt, frames = self.drawn.motion[rows], self.drawn.prompt[rows], self.drawn.frames[rows]
        each = torch.arange(size)
        return Practice(
            clips,
            motion[each, better].float().to(where),
            motion[each, worse].float().to(where),
            prompt.float().to(where),
            frames.to(where),
        )


def loss(
    model: MTDM,
    practice: Practice,
    chance: torch.Generator,
    *,
    before: MTDM,
    importance: Float[Tensor, "l d"],
    training: PreferTraining,
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The denoising loss on clips, and that of preference: the better motion's error should have fallen further, since
    the denoiser was `before`, than that of the worse at the same time and under the same noise."""
    schedule, clips, where = model.config.schedule, practice.clips, practice.better.device
    sides = clips.motion, clips.text, clips.frames
    total, figures = mtdm.loss(model, schedule, *sides, chance, training.denoising, importance, clips.reworded)
    size = len(practice.better)
    noise = torch.randn(practice.better.shape, generator=chance).to(where).repeat(2, 1, 1)
    times = torch.randint(1, schedule.train_steps + 1, (size,), generator=chance).to(where).repeat(2)
    clean = torch.cat([practice.better, practice.worse])
    noisy, wanted = schedule.add_noise(clean, noise, times), schedule.target(clean, noise, times)
    text, frames = practice.prompt.repeat(2, 1, 1), practice.frames.repeat(2)

    def errors(denoiser: MTDM) -> Float[Tensor, " 2b"]:
        predicted, _ = denoiser(noisy, text, times, torch.zeros_like(times), frames)
        return ((predicted.float() - wanted).square() * importance).mean(dim=(1, 2))

    now = errors(model)
    with torch.no_grad():
        then = errors(before)
    better, worse = (now - then).split(size)
    preferred = better - worse + training.falling * F.relu(better)
    preference = -F.logsigmoid(-training.sharpness * preferred).mean()
    told = {"preference": preference, "preferred": (better < worse).float().mean(), "rise": better.mean()}
    return total + preference + training.better * now[:size].mean(), figures | {
        name: value.item() for name, value in told.items()
    }


def train(prepared: Path, models: Path, start: Path, out: Path, training: PreferTraining, fitting: FitConfig) -> MTDM:
    """Teach the denoiser in `start` preferences among its motions of prompts, and save it to `out`.

    What a round draws is kept beside its run, so that a run that was stopped goes on.
    """
    where = engine().device
    med, ted = load(MED, MEDConfig, models / "med", where), load_ted(models / "ted", where)
    model = load(MTDM, MTDMConfig, start, where)
    if not (out / "verifier" / CONFIG).exists():
        verifier.train(
            prepared, out / "verifier", replace(verifier.FITTING, minutes=fitting.minutes and fitting.minutes / 10)
        )
    claims = load(ClaimReader, ClaimReaderConfig, models / "claims", where)
    verified_by = load(Verifier, EvaluatorConfig, out / "verifier", where).eval()
    practice, clips = training.denoising, Clips.load(prepared, "train")
    pairs = Pairs(med, ted, clips, trims=practice.trims, rewordings=practice.rewordings)
    drawer = Drawer(med, ted, claims, verified_by, pairs, training)
    importance = med.latent_std / med.latent_std.mean()
    minutes = fitting.minutes and fitting.minutes / training.rounds / 2
    for number in range(training.rounds):
        folder = out / f"round-{number + 1}"
        path = folder / "draws.safetensors"
        if not path.exists():
            drawn = drawer.draw(model.eval(), fitting.seed + number, minutes)
            on_main(drawn.write, path)
        drawn = Drawn.read(path)
        drawer.seek(drawn)
        before = deepcopy(model).requires_grad_(False).eval()
        model = fit(
            model.requires_grad_(True),
            Practices(pairs, drawn, training),
            partial(loss, before=before, importance=importance, training=training),
            config=replace(fitting, minutes=minutes),
            out=folder,
        )
    on_main(checkpoint.save, model, out)
    return model


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = mtdm.onward_parser(__doc__)
    add_arguments(parser, minutes=36, lr=7e-5, steps=500)
    usual = PreferTraining()
    group = parser.add_argument_group("what is drawn; --minutes are of all rounds, --steps of each")
    add_fields(group, usual, OPTIONS)
    options = parser.parse_args(arguments)
    training = replace(usual, **fields_asked(options, OPTIONS))
    fitting = FitConfig(**asked(options), warmup=30, ema=0.99, log_every=10, save_every=100)
    train(options.prepared, options.models, options.start, options.out, training, fitting)


if __name__ == "__main__":
    main()
