"""The one training loop: optimiser, schedule, moving average, precision, log and resume, on any number of processes.

A step is made of parts: batches with chance of their own, and the mean of their losses. The processes share the parts
out, or one does them one after another; either way a part's batch, noise and dropout are the same, so that the losses
are. A loss over a batch as a whole, a contrast or a distance between sets, is one over a part.
"""

import argparse
import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from mote import device as devices
from train.engine import agreed, engine, gathered, is_main, own, prepared
from train.state import History
from train.storage import StoppedError

Model = TypeVar("Model", bound=nn.Module)
Loss = Callable[[Model, Any, torch.Generator], tuple[Tensor, dict[str, float]]]
Batches = Callable[[int, torch.Generator], Any]
Validate = Callable[[Model], dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How a stage is trained.  The rate warms up, then falls along a cosine to zero.

    The end is `steps` updates, or `minutes` of training where that comes first; the cosine ends with it.

    Args:
        shares: how much of the rate is for parameters whose names begin so: less for a part that was trained before.
        accumulate: batches of a step that each process does, one after another. What a run was begun with, times its
            processes, it keeps when it goes on, on any number of processes up to that.
        patience: steps in a row whose gradient is not finite, after which the run stops; they change nothing.
    """

    lr: float = 2e-4
    shares: Mapping[str, float] = field(default_factory=dict)
    steps: int = 100_000
    minutes: float | None = None
    warmup: int = 200
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    seed: int = 0
    accumulate: int = 1
    patience: int = 20
    log_every: int = 50
    save_every: int = 200
    validate_every: int = 1000

    def rate(self, step: int, seconds: float) -> float:
        """The learning rate at a step, `seconds` into the training."""
        done = step / self.steps
        if self.minutes is not None:
            done = max(done, seconds / (60 * self.minutes))
        warm = min(1.0, (step + 1) / max(1, self.warmup))
        return self.lr * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def add_arguments(parser: argparse.ArgumentParser, *, minutes: float, lr: float, steps: int = FitConfig.steps) -> None:
    """The options of FitConfig that every stage takes."""
    parser.add_argument("--minutes", type=float, default=minutes, help="of training (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=steps, help="of training, if they come first")
    parser.add_argument("--lr", type=float, default=lr, help="the highest learning rate (default: %(default)s)")
    parser.add_argument(
        "--accumulate", type=int, default=FitConfig.accumulate, help="batches of a step that a process does in turn"
    )


def add_fields(parser: argparse._ActionsContainer, usual: object, helps: Mapping[str, str]) -> None:
    """An option for each of some fields of a stage's training, with what `usual` has as its default."""
    for name, help_ in helps.items():
        default = getattr(usual, name)
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{help_} (default: %(default)s)")


def fields_asked(options: argparse.Namespace, helps: Mapping[str, str]) -> dict[str, Any]:
    """What `add_fields` read."""
    return {name: getattr(options, name) for name in helps}


def asked(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_arguments` read, for FitConfig."""
    return {name: getattr(options, name) for name in ("minutes", "steps", "lr", "accumulate")}


def seed_of(*numbers: int) -> int:
    """A seed for some numbers: torch looks at the last 32 bits of one, in which all numbers are mixed here."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def generator(seed: int, step: int, part: int = 0) -> torch.Generator:
    """The source of all chance of a part of a step, so that a resumed run, or another process, draws the same."""
    return torch.Generator().manual_seed(seed_of(seed, step, part))


def fit(
    model: Model,
    batches: Batches,
    loss: Loss[Model],
    *,
    config: FitConfig,
    out: Path,
    validate: Validate[Model] | None = None,
) -> Model:
    """Train `model` in place and return the moving average of its weights; resumes from `out` by itself.

    Args:
        batches: (step, generator) -> batch; all its chance comes from the generator.
        loss: (model, batch, generator) -> (loss, figures for the log). The step's is the mean of its parts': a part is
            a batch of clips of like length, and one of short clips counts as much as one of long clips.
        out: folder of the training state and of log.csv; where there are several machines, one that all see.
        validate: the averaged model -> figures for the log; all processes do it, and may share it out (`shared`).

    Raises:
        StoppedError: the run cannot go on; the sentence says why, and what to do.
    """
    half = devices.fast_bf16(engine().device) if config.precision == "auto" else config.precision == "bf16"
    objective = prepared(_Objective(model, batches, loss, config.seed), half=half)
    optimiser = torch.optim.AdamW(_groups(model, config), lr=config.lr, betas=(0.9, 0.99), fused=True)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema), use_buffers=False)
    averaged = cast(Model, average.module)
    history = History(out, model, average, optimiser)
    done = history.resume(config.accumulate * engine().num_processes)
    _check_processes(done.parts)
    patience = _Patience(out, config.patience)
    start, idle = time.monotonic() - done.seconds, time.process_time() - done.worked
    bar = tqdm(
        total=config.steps, initial=done.step, desc=out.name, unit="step", dynamic_ncols=True, disable=not is_main()
    )
    model.train()
    while done.step < config.steps and (config.minutes is None or done.seconds < 60 * config.minutes):
        rate = config.rate(done.step, done.seconds)
        parts = _differentiate(objective, done.step, done.parts)
        norm = engine().clip_grad_norm_(model.parameters(), config.clip)
        done.step += 1
        if patience.bears(done.step, norm, parts):
            _update(optimiser, rate)
            average.update_parameters(model)
        optimiser.zero_grad(set_to_none=True)
        done.seconds, done.worked = agreed(time.monotonic() - start), time.process_time() - idle
        bar.update()
        if done.step % config.log_every == 0 or done.step == 1:
            figures = _means(parts) | {"norm": norm.item()}
            bar.set_postfix(_remaining(config, done.seconds) | {"loss": f"{figures['loss']:.4f}"})
            history.log("train", done, figures | {"lr": rate})
        if validate is not None and done.step % config.validate_every == 0:
            history.log("validation", done, _validated(averaged, validate))
        if done.step % config.save_every == 0:
            history.save(done)
    bar.close()
    history.save(done)
    if validate is not None:
        history.log("validation", done, _validated(averaged, validate))
    engine().free_memory()
    return averaged.eval()


class _Objective(nn.Module):
    """The loss of a part of a step as a module's `forward`, which is what the engine wraps."""

    def __init__(self, model: Model, batches: Batches, loss: Loss[Model], seed: int) -> None:
        super().__init__()
        self.model, self.batches, self.loss, self.seed = model, batches, loss, seed

    def forward(self, step: int, part: int) -> tuple[Tensor, dict[str, float]]:
        chance = generator(self.seed, step, part)
        torch.manual_seed(seed_of(self.seed, step, part, 1))  # dropout
        value, figures = self.loss(self.model, self.batches(step, chance), chance)
        return value, {"loss": value.item(), **figures}


def _differentiate(objective: nn.Module, step: int, parts: int) -> dict[int, dict[str, float]]:
    """Add up the gradients of a step's parts; the figures of those that this process did."""
    run = engine()
    mine = own(range(parts))
    figures = {}
    for part in mine:
        with nullcontext() if part == mine[-1] else run.no_sync(objective):
            value, figures[part] = objective(step, part)
            run.backward(value * (run.num_processes / parts))  # the engine's is the mean over processes
    return figures


def _means(parts: dict[int, dict[str, float]]) -> dict[str, float]:
    """The mean of each figure over all parts that have it, of all processes; these come here together."""
    values: dict[str, list[float]] = {}
    for figures in gathered(parts):
        for name, value in figures.items():
            values.setdefault(name, []).append(value)
    return {name: sum(some) / len(some) for name, some in values.items()}


class _Patience:
    """Leaves out steps whose gradient is not finite, and gives a run up after so many in a row."""

    def __init__(self, out: Path, most: int) -> None:
        self.out, self.most, self.count = out, most, 0

    def bears(self, step: int, norm: Tensor, parts: dict[int, dict[str, float]]) -> bool:
        """Whether a step's gradient is good to use.

        Raises:
            StoppedError: it is not, nor were those of the steps before.
        """
        if torch.isfinite(norm):
            self.count = 0
            return True
        self.count += 1
        figures = ", ".join(name for name, mean in _means(parts).items() if not math.isfinite(mean)) or "the gradient"
        if is_main():
            tqdm.write(f"{self.out.name}: step {step} changes nothing, its {figures} is not finite")
        if self.count == self.most:
            raise StoppedError(
                f"{self.out.name}: in {self.most} steps in a row, up to step {step}, this was not finite: {figures}. "
                f"They changed nothing, and the last state is kept in {self.out}: the same command with a lower --lr "
                "goes on from it"
            )
        return False


def _update(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]
    optimiser.step()


def _check_processes(parts: int) -> None:
    """Every process needs a part of each step."""
    if engine().num_processes > parts:
        raise StoppedError(
            f"a step of this run has {parts} batches, as it was begun: go on with at most so many processes, not "
            f"{engine().num_processes}, or begin anew with another --out"
        )


def _groups(model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:
    """Weight decay for matrices alone: biases, norms and embeddings of places keep their size."""
    groups: dict[tuple[float, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            share = next((share for start, share in config.shares.items() if name.startswith(start)), 1.0)
            groups.setdefault((share, parameter.ndim >= 2), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": config.weight_decay if matrices else 0.0, "share": share}
        for (share, matrices), parameters in groups.items()
    ]


def _remaining(config: FitConfig, seconds: float) -> dict[str, str]:
    return {} if config.minutes is None else {"left": f"{config.minutes - seconds / 60:.1f}min"}


def _validated(model: Model, validate: Validate[Model]) -> dict[str, float]:
    model.eval()
    with torch.no_grad():
        return validate(model)
