"""The one training loop: optimiser, schedule, moving average, precision, log and resume."""

import csv
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from mote import device as devices

STATE = "training_state.pt"
LOG = "log.csv"

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


def generator(seed: int, step: int) -> torch.Generator:
    """The source of all chance of one step, so that a resumed run draws what the killed one would have drawn."""
    return torch.Generator().manual_seed((seed << 32) + step)


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
        loss: (model, batch, generator) -> (loss, figures for the log).
        out: folder of the training state and of log.csv.
        validate: the averaged model -> figures for the log.
    """
    out.mkdir(parents=True, exist_ok=True)
    optimiser = torch.optim.AdamW(_groups(model, config), lr=config.lr, betas=(0.9, 0.99), fused=True)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema), use_buffers=False)
    averaged = cast(Model, average.module)
    step, spent = _resume(out / STATE, model, average, optimiser)
    where = next(model.parameters()).device
    half = devices.fast_bf16(where) if config.precision == "auto" else config.precision == "bf16"
    start = time.monotonic() - spent
    bar = tqdm(total=config.steps, initial=step, desc=out.name, unit="step", dynamic_ncols=True)
    model.train()
    while step < config.steps and (config.minutes is None or time.monotonic() - start < 60 * config.minutes):
        chance = generator(config.seed, step)
        torch.manual_seed(config.seed + step)  # dropout
        rate = config.rate(step, time.monotonic() - start)
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"]
        with torch.autocast(where.type, torch.bfloat16, enabled=half):
            value, figures = loss(model, batches(step, chance), chance)
        value.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        if torch.isfinite(norm):
            optimiser.step()
            average.update_parameters(model)
        optimiser.zero_grad(set_to_none=True)
        step += 1
        bar.update()
        if step % config.log_every == 0 or step == 1:
            figures = {"loss": value.item(), **figures, "norm": norm.item()}
            bar.set_postfix(_remaining(config, time.monotonic() - start) | {"loss": f"{figures['loss']:.4f}"})
            _log(out, "train", step, time.monotonic() - start, figures | {"lr": rate})
        if validate is not None and step % config.validate_every == 0:
            _log(out, "validation", step, time.monotonic() - start, _validated(averaged, validate))
        if step % config.save_every == 0:
            _save(out / STATE, model, average, optimiser, step, time.monotonic() - start)
    bar.close()
    _save(out / STATE, model, average, optimiser, step, time.monotonic() - start)
    if validate is not None:
        _log(out, "validation", step, time.monotonic() - start, _validated(averaged, validate))
    return averaged.eval()


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


def _save(
    path: Path, model: nn.Module, average: AveragedModel, optimiser: torch.optim.Optimizer, step: int, seconds: float
) -> None:
    """Write beside, then rename: a kill leaves either the old state or the new."""
    state = {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
    partial = path.with_suffix(".partial")
    torch.save(state | {"step": step, "seconds": seconds}, partial)
    partial.replace(path)


def _resume(
    path: Path, model: nn.Module, average: AveragedModel, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Steps and seconds already trained."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=next(model.parameters()).device, weights_only=True)
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["seconds"]


def _log(out: Path, kind: str, step: int, seconds: float, figures: dict[str, float]) -> None:
    """One row a figure, so that every stage shares the same columns."""
    path = out / LOG
    new = not path.exists()
    with path.open("a", newline="") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["kind", "step", "seconds", "figure", "value"])
        rows.writerows([kind, step, f"{seconds:.1f}", name, f"{value:.6g}"] for name, value in figures.items())
