"""The noise schedule, what a network may predict, and two solvers.

A time is a whole number from 0 (clean) to `train_steps` (noise). A noisy latent is
``signal * clean + spread * noise`` with ``signal ** 2 + spread ** 2 = 1`` (Ho et al. 2020, equation 4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

Betas = Literal["cosine", "scaled-linear"]
Prediction = Literal["epsilon", "x0", "v"]
Solver = Literal["ddim", "dpm-solver++"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How much noise there is at each time, and what the network predicts.

    Args:
        betas: "cosine" (Nichol and Dhariwal 2021, equation 17; its last time is noise to 5e-5), or "scaled-linear"
            (latent diffusion's: square roots of the betas evenly spaced from 0.00085 to 0.012).
        prediction: the noise, the clean latent, or ``v = signal * noise - spread * clean`` (Salimans and Ho 2022,
            appendix D).

    Raises:
        ValueError: train_steps is not positive, or betas or prediction is not one of the names.
    """

    train_steps: int = 1000
    betas: Betas = "cosine"
    prediction: Prediction = "v"

    def __post_init__(self) -> None:
        if self.train_steps < 1:
            raise ValueError(f"train_steps is at least 1, not {self.train_steps}")
        if self.betas not in get_args(Betas):
            raise ValueError(f"betas is one of {', '.join(get_args(Betas))}, not {self.betas!r}")
        if self.prediction not in get_args(Prediction):
            raise ValueError(f"prediction is one of {', '.join(get_args(Prediction))}, not {self.prediction!r}")

    @cached_property
    def levels(self) -> tuple[Float[Tensor, " times"], Float[Tensor, " times"]]:
        """Signal and spread at the times 0, 1, ..., train_steps, in float64."""
        if self.betas == "cosine":
            at = torch.linspace(0, 1, self.train_steps + 1, dtype=torch.float64)
            kept = torch.cos((at + 0.008) / 1.008 * math.pi / 2) ** 2
            beta = (1 - kept[1:] / kept[:-1]).clamp(max=0.999)
        else:
            beta = torch.linspace(0.00085**0.5, 0.012**0.5, self.train_steps, dtype=torch.float64) ** 2
        signal_squared = torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, dim=0)])
        return signal_squared.sqrt(), (1 - signal_squared).sqrt()

    def level(self, time: int) -> tuple[float, float]:
        """Signal and spread at one time."""
        signal, spread = self.levels
        return float(signal[time]), float(spread[time])

    def times(self, steps: int) -> list[int]:
        """The steps + 1 times that a solver visits: evenly spaced, noise first, 0 last ("trailing", Lin et al. 2024).

        A network that predicts the noise starts at the last time with a half log-SNR above -5.1, since its prediction
        is divided by the signal there.

        Raises:
            ValueError: steps is below 1 or more than there are times.
        """
        first = self.train_steps
        if self.prediction == "epsilon":
            signal, spread = self.levels
            first = max(1, int((signal > spread * math.exp(-5.1)).sum()) - 1)
        if not 1 <= steps <= first:
            raise ValueError(f"the number of steps is from 1 to {first}, not {steps}")
        return [round(first - step * first / steps) for step in range(steps + 1)]

    def add_noise(
        self, clean: Float[Tensor, "b n d"], noise: Float[Tensor, "b n d"], time: Int[Tensor, " b"]
    ) -> Float[Tensor, "b n d"]:
        """The noisy latent at each sample's time."""
        signal, spread = self._at(time, clean)
        return signal * clean + spread * noise

    def target(
        self, clean: Float[Tensor, "b n d"], noise: Float[Tensor, "b n d"], time: Int[Tensor, " b"]
    ) -> Float[Tensor, "b n d"]:
        """What the network learns to predict."""
        if self.prediction == "epsilon":
            return noise
        if self.prediction == "x0":
            return clean
        signal, spread = self._at(time, clean)
        return signal * noise - spread * clean

    def to_clean(
        self, prediction: Float[Tensor, "b n d"], noisy: Float[Tensor, "b n d"], time: Int[Tensor, " b"]
    ) -> Float[Tensor, "b n d"]:
        """The clean latent that a prediction stands for."""
        if self.prediction == "x0":
            return prediction
        signal, spread = self._at(time, noisy)
        if self.prediction == "epsilon":
            return (noisy - spread * prediction) / signal
        return signal * noisy - spread * prediction

    def snr(self, time: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Signal-to-noise ratio, (signal / spread) ** 2; infinite at time 0."""
        signal, spread = (level.to(time.device)[time] for level in self.levels)
        return ((signal / spread) ** 2).float()

    def _at(self, time: Int[Tensor, " b"], like: Tensor) -> tuple[Float[Tensor, "b 1 1"], Float[Tensor, "b 1 1"]]:
        signal, spread = (rearrange(level[time.cpu()], "b -> b 1 1").to(like) for level in self.levels)
        return signal, spread


Earlier = tuple[Float[Tensor, "b n d"], int]
"""The clean latent predicted a step before, and the time of that step."""

Step = Callable[[Schedule, Float[Tensor, "b n d"], Float[Tensor, "b n d"], int, int, Earlier | None], Tensor]
"""(schedule, noisy latent, clean latent predicted from it, its time, the next time, earlier) -> next noisy latent."""


def ddim(
    schedule: Schedule,
    noisy: Float[Tensor, "b n d"],
    clean: Float[Tensor, "b n d"],
    time: int,
    following: int,
    earlier: Earlier | None = None,
) -> Float[Tensor, "b n d"]:
    """DDIM with no added noise (Song et al. 2021, equation 12 with sigma = 0)."""
    signal, spread = schedule.level(time)
    next_signal, next_spread = schedule.level(following)
    noise = (noisy - signal * clean) / spread
    return next_signal * clean + next_spread * noise


def dpm_solver_pp(
    schedule: Schedule,
    noisy: Float[Tensor, "b n d"],
    clean: Float[Tensor, "b n d"],
    time: int,
    following: int,
    earlier: Earlier | None = None,
) -> Float[Tensor, "b n d"]:
    """DPM-Solver++(2M) (Lu et al. 2022, algorithm 2); the first step and the step to time 0 are of first order."""
    if following == 0:
        return clean  # the limit of infinite h
    signal, spread = schedule.level(time)
    next_signal, next_spread = schedule.level(following)
    here = math.log(signal / spread)
    h = math.log(next_signal / next_spread) - here
    if earlier is not None:
        earlier_clean, earlier_time = earlier
        earlier_signal, earlier_spread = schedule.level(earlier_time)
        r = (here - math.log(earlier_signal / earlier_spread)) / h
        clean = torch.lerp(earlier_clean, clean, 1 + 1 / (2 * r))
    return (next_spread / spread) * noisy - next_signal * math.expm1(-h) * clean


SOLVERS: dict[Solver, Step] = {"ddim": ddim, "dpm-solver++": dpm_solver_pp}
