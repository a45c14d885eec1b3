"""The seven tasks as a table of roles, guidance, and the denoising loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from mote.diffusion import SOLVERS, Earlier, Schedule, Solver
from mote.models.mtdm import MTDM

Task = Literal["text-to-motion", "motion-to-text", "joint", "motion", "text", "motion-variation", "text-variation"]
Role = Literal["given", "generate", "absent"]
Side = Literal["motion", "text"]
Latents = dict[Side, Tensor]

SIDES: tuple[Side, Side] = ("motion", "text")
OTHER: dict[Side, Side] = {"motion": "text", "text": "motion"}
NEGLIGIBLE = 0.01
"""Up to this share of its strength guidance asks for no second prediction: in pure noise it has hardly begun."""
NEGLIGIBLE_FOR_GIVEN = 0.25
"""The same where the other side is given: two sides that look for each other need their guidance earlier."""
SERVES = 3
"""Steps that a second prediction serves where a motion is chosen among draws for a text, of eight and more; of fewer it
serves the same share. It is as dear as the first (train/NOTES.md)."""


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What each side is during one stage: given (clean, time 0), generate (time t), or absent (noise, time T)."""

    motion: Role
    text: Role

    def __getitem__(self, side: Side) -> Role:
        return self.motion if side == "motion" else self.text

    @property
    def generated(self) -> tuple[Side, ...]:
        """The sides that this stage makes."""
        return tuple(side for side in SIDES if self[side] == "generate")


TASKS: dict[Task, tuple[Roles, ...]] = {
    "text-to-motion": (Roles(motion="generate", text="given"),),
    "motion-to-text": (Roles(motion="given", text="generate"),),
    "joint": (Roles(motion="generate", text="generate"), Roles(motion="given", text="generate")),
    "motion": (Roles(motion="generate", text="absent"),),
    "text": (Roles(motion="absent", text="generate"),),
    "motion-variation": (Roles(motion="given", text="generate"), Roles(motion="generate", text="given")),
    "text-variation": (Roles(motion="generate", text="given"), Roles(motion="given", text="generate")),
}
"""The stages of every task; what one stage generates, the next is given.

A pair made together has the two sides of one thought, but its sentence is a blend of several; so `joint` writes it anew
from the motion.
"""


def sides_made(task: Task) -> tuple[Side, ...]:
    """The sides that a task ends with: what its last stage makes, and what was made together with the other side."""
    stages = TASKS[task]
    together = any(roles.generated == SIDES for roles in stages)
    return SIDES if together else stages[-1].generated


def sample_latents(
    denoiser: MTDM,
    schedule: Schedule,
    task: Task,
    *,
    motion: Float[Tensor, "b l dm"] | None = None,
    text: Float[Tensor, "b k dt"] | None = None,
    frames: Int[Tensor, " b"],
    seeds: Sequence[int],
    steps: int = 20,
    motion_guidance: float = 7.5,
    text_guidance: float = 7.0,
    motion_rise: float = 0.0,
    text_draws: int = 1,
    motion_views: Float[Tensor, "b draws l dm"] | None = None,
    motion_choice: Choice | None = None,
    solver: Solver = "dpm-solver++",
    callback: Callable[[int, int], None] | None = None,
) -> tuple[Float[Tensor, "b l dm"] | None, Float[Tensor, "b k dt"] | None, Int[Tensor, " b"]]:
    """The latents of motion and text that a task ends with: generated, or given and unchanged, or None where absent;
    and the length that each motion was told, 0 = none.

    Gradients flow through all of it, unless the caller turns them off.

    Args:
        motion, text: the clean, standardised latents that the first stage is given.
        frames: length of each motion, 0 = unknown.
        seeds: one a sample. All of a sample's noise comes from its own seed, drawn on the CPU, so that it does not
            depend on the rest of the batch, the guidance or the device.
        motion_guidance, text_guidance: 1 is no guidance; the defaults are the paper's best (section 4).
        motion_rise: power of the signal's level with which the motion's guidance beyond 1 grows as the noise falls; 0
            keeps it the same at all times, as in the paper. Guidance in the worst noise does the most harm
            (Kynkaanniemi et al. 2024, section 4).
        text_draws: a text made from a motion is the mean of so many draws: what all that fits agrees on.
        motion_views: latents of the given motion a little changed, one for each of these draws.
        motion_choice: a motion made from a text, or with one, is the best of several draws, as this tells.
        callback: called after each step with the steps done and the steps of all stages.

    Raises:
        ValueError: a latent that the task needs is missing, or one is given that it does not take; the batch sizes
            differ; there are not as many views as draws; or the number of steps is out of range.
    """
    stages = TASKS[task]
    device = denoiser.motion_position.device
    given = {"motion": motion, "text": text}
    latents: Latents = {side: latent for side in SIDES if (latent := given[side]) is not None}
    _check_given(task, latents, frames, len(seeds), motion_views, text_draws)
    pairs = motion_choice.pairs if motion_choice and stages[0].generated == SIDES else 1
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    guidance: dict[Side, Guidance] = {
        "motion": Guidance(motion_guidance, motion_rise),
        "text": Guidance(text_guidance),
    }
    frames, times = frames.to(device).repeat_interleave(pairs), schedule.times(steps)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if callback is not None:
            callback(done, steps * len(stages))

    for roles in stages:
        choice = motion_choice if roles.motion == "generate" and roles.text != "absent" else None
        draws = text_draws if roles.motion == "given" else choice.draws if choice else 1
        start, absent = (_noise(denoiser, generators, device, pairs * draws) for _ in range(2))
        if roles.text != "generate":
            absent["text"] = absent["text"][::draws]
        known = _drawn_for(latents, roles, draws, motion_views)
        rows: dict[Role, Latents] = {"given": known, "generate": start, "absent": absent}
        noisy: Latents = {side: rows[roles[side]][side] for side in SIDES}
        told = frames.repeat_interleave(draws)
        if choice and choice.frames is not None:
            told = torch.where(told > 0, told, choice.frames.to(device).flatten())
        predict = _Predictor(denoiser, schedule, roles, absent, told, guidance, times)
        made, told = _denoise(predict, noisy, solver=solver, count=count, choice=choice)
        latents |= {side: made[side].unflatten(0, (len(frames), -1)).mean(dim=1) for side in roles.generated}
        frames = told.unflatten(0, (len(frames), -1))[:, 0]
    if motion_choice and pairs > 1:
        best = motion_choice.best(latents, frames, pairs, 1)
        latents, frames = {side: one[best] for side, one in latents.items()}, frames[best]
    return latents.get("motion"), latents.get("text"), frames


def _check_given(task: Task, latents: Latents, frames: Tensor, samples: int, views: Tensor | None, draws: int) -> None:
    """Raise the ValueErrors of `sample_latents` about what it is given."""
    for side in SIDES:
        if (side in latents) != (TASKS[task][0][side] == "given"):
            raise ValueError(f"the task {task!r} {'takes no' if side in latents else 'needs a'} {side} latent")
    if any(len(rows) != samples for rows in (frames, *latents.values())):
        raise ValueError(f"{samples} seeds need as many frames and latents")
    if views is not None and ("motion" not in latents or views.shape[:2] != (samples, draws)):
        raise ValueError(f"views are of a given motion, {draws} of each for as many draws of its text")


def _drawn_for(latents: Latents, roles: Roles, draws: int, views: Tensor | None) -> Latents:
    """What is given, for each draw: a motion's views or the same again; a text is that of all draws, and stays one."""
    if roles.motion != "given":
        return latents
    return latents | {
        "motion": latents["motion"].repeat_interleave(draws, dim=0) if views is None else views.flatten(0, 1)
    }


def _denoise(
    predict: _Predictor, latents: Latents, *, solver: Solver, count: Callable[[], None], choice: Choice | None = None
) -> tuple[Latents, Int[Tensor, " b"]]:
    """One stage: the latents with every generated side taken from noise to time 0, and the lengths that they were told;
    those of the draws that are kept."""
    step, schedule, steps = SOLVERS[solver], predict.schedule, len(predict.times) - 1
    latents = dict(latents)
    earlier: dict[Side, Earlier] = {}
    changes: Latents = {}
    guided, serves = 0, SERVES * min(steps, 8) // 8 if choice and predict.other_given else 1
    draws = choice.draws if choice else 1
    for number, (time, following) in enumerate(pairwise(predict.times), start=1):
        predictions, made = predict(latents, time, changes if number < guided + serves else {})
        changes, guided = (made, number) if made else (changes, guided)
        for side, prediction in predictions.items():
            noisy = latents[side]
            clean = schedule.to_clean(prediction, noisy, torch.full((len(noisy),), time))
            latents[side] = step(schedule, noisy, clean, time, following, earlier.get(side))
            earlier[side] = (clean, time)
        if choice and (kept := choice.kept(number, steps)) < draws:
            drawn = latents | {side: clean for side, (clean, _) in earlier.items()}
            rows = choice.best(drawn, predict.frames, draws, kept)
            latents |= {side: latents[side][rows] for side in earlier}
            changes = {side: one[rows] for side, one in changes.items()}
            earlier = {side: (clean[rows], then) for side, (clean, then) in earlier.items()}
            predict, draws = predict.rest(rows, steps - number), kept
        count()
    return latents, predict.frames


@dataclass(frozen=True)
class Choice:
    """A motion is drawn several times for its text, and the draw that fits best is taken to its end.

    Args:
        fits: latents of motions (b, l, dm) and of their texts (b, k, dt), and the motions' lengths (b,), 0 = unknown
            -> how well the two fit, (b,).
        after: shares of the steps, after each of which half of the draws are given up, by what they will become as far
            as the denoiser can tell; so there are two draws for one share, four for two.
        pairs: where both sides are made together, so many are, and the best is kept when all stages are done.
        frames: the length of each sample's draws (b, draws) where the sample's own is unknown; None leaves them so.
    """

    fits: Callable[[Tensor, Tensor, Tensor], Tensor]
    after: tuple[float, ...] = (1.0, 1.0)
    pairs: int = 1
    frames: Int[Tensor, "b draws"] | None = None

    @property
    def draws(self) -> int:
        return 2 ** len(self.after)

    def kept(self, number: int, steps: int) -> int:
        """The draws of each sample that go on after a step, the first of which is 1."""
        return 2 ** sum(number < max(1, round(share * steps)) for share in self.after)

    def best(self, drawn: Latents, frames: Int[Tensor, " b_draws"], draws: int, kept: int) -> Int[Tensor, " b_kept"]:
        """The rows of the draws that fit best, so many for each sample of (b draws, n, d); a text may be of all."""
        motion, text = drawn["motion"], drawn["text"]
        text = text.repeat_interleave(len(motion) // len(text), dim=0)
        fit = self.fits(motion, text, frames).unflatten(0, (-1, draws))  # (b, draws)
        first = draws * torch.arange(len(fit), device=fit.device)
        return (first[:, None] + fit.topk(kept, dim=1).indices).flatten()


@dataclass(frozen=True)
class Guidance:
    """How strongly a side is guided: 1 + (strength - 1) * signal ** rise."""

    strength: float
    rise: float = 0.0

    def at(self, signal: float) -> float:
        """The strength where a noisy latent holds so much of the clean one, from 0 to 1."""
        return 1 + (self.strength - 1) * signal**self.rise


@dataclass(frozen=True)
class _Predictor:
    """The guided prediction of every generated side.

    Guidance is ``u + g * (c - u)`` with u the prediction that has the other side absent. For one noisy latent, noise,
    clean latent and v are affine in each other, so guiding the network's own prediction is guiding any of them.

    Where there are several draws to choose from and the other side is given, c - u serves for SERVES steps.
    """

    denoiser: MTDM
    schedule: Schedule
    roles: Roles
    absent: Latents
    frames: Int[Tensor, " b"]
    guidance: dict[Side, Guidance]
    times: Sequence[int]

    def __call__(self, latents: Latents, time: int, changes: Latents) -> tuple[Latents, Latents]:
        """The guided predictions, and the c - u that were made for them; those in `changes` are from the last step."""
        asked = [] if changes else self._guided(time)
        inputs = [latents] + [{**latents, OTHER[side]: self.absent[OTHER[side]]} for side in asked]
        outputs = self._forward(inputs, time)  # sides x (variants, b, n, d)
        predictions: Latents = {side: outputs[side][0] for side in self.roles.generated}
        made: Latents = {side: predictions[side] - outputs[side][row] for row, side in enumerate(asked, start=1)}
        for side, change in (changes | made).items():
            predictions[side] = predictions[side] + (self._strength(side, time) - 1) * change
        return predictions, made

    def rest(self, rows: Int[Tensor, " b"], steps: int) -> _Predictor:
        """The same of some rows alone, for the last so many steps."""
        each = len(self.frames)
        absent: Latents = {side: one[rows] if len(one) == each else one for side, one in self.absent.items()}
        return replace(self, absent=absent, frames=self.frames[rows], times=self.times[-1 - steps :])

    @property
    def other_given(self) -> bool:
        """Whether a side is made for one that is there already."""
        return "given" in (self.roles.motion, self.roles.text)

    def _strength(self, side: Side, time: int) -> float:
        return self.guidance[side].at(self.schedule.level(time)[0])

    def _guided(self, time: int) -> list[Side]:
        """The sides that are predicted a second time, with the other side absent."""
        sides = [side for side in self.roles.generated if self.roles[OTHER[side]] != "absent"]
        least = NEGLIGIBLE_FOR_GIVEN if self.other_given else NEGLIGIBLE
        full = {side: abs(self.guidance[side].strength - 1) for side in sides}
        return [side for side in sides if abs(self._strength(side, time) - 1) > least * full[side]]

    def _side_times(self, time: int) -> list[dict[Side, int]]:
        """Both sides' times in each variant."""
        role_times: dict[Role, int] = {"given": 0, "generate": time, "absent": self.schedule.train_steps}
        times: dict[Side, int] = {side: role_times[self.roles[side]] for side in SIDES}
        return [times] + [{**times, OTHER[side]: self.schedule.train_steps} for side in self._guided(time)]

    @cached_property
    def _conditions(self) -> tuple[dict[int, tuple[Tensor, ...]], Tensor]:
        """What tells the denoiser each time, 2 x (variants, lengths, 11, w), and the place of each sample's length.

        It is made once: as much work for all steps together as for any of them.
        """
        lengths, places = self.frames.unique(return_inverse=True)  # (lengths,), (b,)
        times = self.times[:-1]
        variants = [self._side_times(time) for time in times]
        motion_time, text_time = (
            torch.tensor([sides[side] for each in variants for sides in each], device=lengths.device) for side in SIDES
        )  # (times variants)
        every = self.denoiser.conditions(
            motion_time.repeat_interleave(len(lengths)),
            text_time.repeat_interleave(len(lengths)),
            lengths.repeat(len(motion_time)),
        )
        parts = [rearrange(part, "(v f) c w -> v f c w", f=len(lengths)).split([*map(len, variants)]) for part in every]
        return dict(zip(times, zip(*parts, strict=True), strict=True)), places

    def _forward(self, inputs: list[Latents], time: int) -> Latents:
        """A time's variants, or the first of them alone, in one batch."""
        motion, text = (
            torch.cat([latents[side] for latents in inputs]) for side in SIDES
        )  # (variants b or texts, n, d)
        conditions, places = self._conditions
        of_sides = (places[:: len(motion) // len(tokens)] for tokens in (motion, text))  # a text is told no length
        told = (part[: len(inputs), rows].flatten(0, 1) for part, rows in zip(conditions[time], of_sides, strict=True))
        outputs = self.denoiser.denoise(motion, text, *told)  # told: 2 x (variants b or texts, 11, w)
        return {
            side: output.float().unflatten(0, (len(inputs), -1)) for side, output in zip(SIDES, outputs, strict=True)
        }


def _noise(denoiser: MTDM, generators: list[torch.Generator], device: torch.device, draws: int) -> Latents:
    """Fresh noise for both sides, `draws` rows a sample, from each sample's own generator."""
    config = denoiser.config
    shapes: dict[Side, tuple[int, int]] = {
        "motion": (config.motion_tokens, config.motion_dim),
        "text": (config.text_tokens, config.text_dim),
    }
    return {
        side: torch.cat([torch.randn(draws, *shape, generator=generator) for generator in generators]).to(device)
        for side, shape in shapes.items()
    }
