"""The training loop on a tiny network: resume, time budget, bad gradients, schedule, average and log."""

import csv
import time
from dataclasses import replace

import pytest
import torch
from torch import nn

from train.loop import FitConfig, fit
from train.state import LOG, STATE

CONFIG = FitConfig(lr=1e-2, steps=24, warmup=4, log_every=1, save_every=5, validate_every=8, precision="fp32")


class KilledError(Exception):
    """Stands for the kill of a run."""


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.3), nn.Tanh(), nn.Linear(16, 1))


def batches(step: int, chance: torch.Generator) -> torch.Tensor:
    return torch.randn(8, 4, generator=chance)


def loss(model: nn.Module, batch: torch.Tensor, chance: torch.Generator) -> tuple[torch.Tensor, dict[str, float]]:
    noise = 0.1 * torch.randn(len(batch), 1, generator=chance)
    value = (model(batch + noise) - batch.sum(dim=1, keepdim=True)).square().mean()
    return value, {"noise": noise.mean().item()}


def killed_at(last: int):
    def stopping(step: int, chance: torch.Generator) -> torch.Tensor:
        if step == last:
            raise KilledError
        return batches(step, chance)

    return stopping


def figures(out) -> dict[tuple[str, str, int], float]:
    """The log by kind, figure and step; of a step that was done twice, the second."""
    with (out / LOG).open(newline="") as file:
        return {(row["kind"], row["figure"], int(row["step"])): float(row["value"]) for row in csv.DictReader(file)}


def validate(model: nn.Module) -> dict[str, float]:
    return {"answer": model(torch.ones(1, 4)).item()}


@pytest.mark.parametrize("last", [3, 5, 13, 23])
def test_a_killed_run_goes_on_to_the_same_losses(tmp_path, last):
    whole = fit(network(), batches, loss, config=CONFIG, out=tmp_path / "whole", validate=validate)
    with pytest.raises(KilledError):
        fit(network(), killed_at(last), loss, config=CONFIG, out=tmp_path / "killed", validate=validate)
    resumed = fit(network(), batches, loss, config=CONFIG, out=tmp_path / "killed", validate=validate)
    assert figures(tmp_path / "killed") == figures(tmp_path / "whole")
    assert len([key for key in figures(tmp_path / "whole") if key[:2] == ("train", "loss")]) == CONFIG.steps
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight), name


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = fit(network(), batches, loss, config=CONFIG, out=tmp_path)
    again = fit(network(), killed_at(0), loss, config=CONFIG, out=tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_a_kill_while_the_state_is_written_leaves_the_old_one(tmp_path, monkeypatch):
    def torn(state, file):
        file.write(b"half a state")
        raise KilledError

    with pytest.raises(KilledError):
        fit(network(), killed_at(7), loss, config=CONFIG, out=tmp_path)
    before = (tmp_path / STATE).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", torn)
        with pytest.raises(KilledError):
            fit(network(), batches, loss, config=CONFIG, out=tmp_path)
    assert (tmp_path / STATE).read_bytes() == before
    fit(network(), batches, loss, config=CONFIG, out=tmp_path)
    assert torch.load(tmp_path / STATE, weights_only=True)["step"] == CONFIG.steps


def test_the_time_budget_stops_the_run_and_its_rate(tmp_path):
    config = replace(CONFIG, steps=10**7, minutes=0.01, save_every=10**6, validate_every=10**6)
    start = time.monotonic()
    fit(network(), batches, loss, config=config, out=tmp_path)
    assert 0.6 <= time.monotonic() - start < 60
    state = torch.load(tmp_path / STATE, weights_only=True)
    assert 0 < state["step"] < config.steps
    again = fit(network(), killed_at(state["step"]), loss, config=config, out=tmp_path)  # the budget is used up
    assert not again.training
    assert config.rate(state["step"], state["seconds"]) == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_with_bad_gradients_changes_nothing(tmp_path, bad):
    weights = []

    def sometimes(model, batch, chance):
        weights.append([weight.detach().clone() for weight in model.parameters()])
        value, parts = loss(model, batch, chance)
        return value * (bad if len(weights) == 4 else 1.0), parts

    averaged = fit(network(), batches, sometimes, config=replace(CONFIG, weight_decay=0.5), out=tmp_path)
    before, after, later = weights[3], weights[4], weights[5]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(after, later, strict=True))
    assert all(weight.isfinite().all() for weight in averaged.parameters())


def test_the_rate_warms_up_and_falls_to_zero():
    config = FitConfig(lr=1.0, steps=100, warmup=10)
    rates = [config.rate(step, 0.0) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[:9] == sorted(rates[:9])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[50] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0, abs=1e-12)


def test_time_and_steps_end_the_rate_whichever_comes_first():
    config = FitConfig(lr=1.0, steps=100, warmup=0, minutes=1)
    assert config.rate(10, 30) == pytest.approx(0.5)
    assert config.rate(50, 6) == pytest.approx(0.5)
    assert config.rate(10, 90) == 0


def test_the_result_is_the_average_of_the_weights(tmp_path):
    seen = []

    def watched(model, batch, chance):
        seen.append(model[0].weight.detach().clone())
        return loss(model, batch, chance)

    model = network()
    averaged = fit(model, batches, watched, config=replace(CONFIG, ema=0.9), out=tmp_path)
    trail = [*seen[1:], model[0].weight.detach()]  # after each update
    expected = trail[0]
    for weight in trail[1:]:
        expected = 0.9 * expected + 0.1 * weight
    torch.testing.assert_close(averaged[0].weight, expected)


def test_only_matrices_decay(tmp_path):
    model = nn.Linear(3, 3)
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()

    def nothing(model, batch, chance):
        return 0 * (model.weight.sum() + model.bias.sum()), {}

    fit(model, batches, nothing, config=replace(CONFIG, weight_decay=0.5), out=tmp_path)
    assert (model.weight.abs() < weight.abs()).all()
    assert torch.equal(model.bias, bias)


def test_a_part_may_learn_at_a_share_of_the_rate(tmp_path):
    before = network()
    still, slow, free = (
        fit(network(), batches, loss, config=replace(CONFIG, shares=shares, ema=0.0), out=tmp_path / name)
        for name, shares in (("still", {"0": 0.0}), ("slow", {"0": 0.1}), ("free", {}))
    )
    moved = [(model[0].weight - before[0].weight).abs().sum() for model in (still, slow, free)]
    assert moved[0] == 0
    assert 0 < moved[1] < moved[2]
    assert not torch.equal(still[-1].weight, before[-1].weight)


def test_it_learns_and_logs_it(tmp_path):
    config = replace(CONFIG, lr=3e-2, steps=150, log_every=50, save_every=100, validate_every=100, ema=0.9)
    fit(network(), batches, loss, config=config, out=tmp_path, validate=validate)
    log = figures(tmp_path)
    assert {step for kind, _, step in log if kind == "train"} == {1, 50, 100, 150}
    assert {step for kind, _, step in log if kind == "validation"} == {100, 150}
    assert {figure for kind, figure, _ in log if kind == "train"} == {"loss", "noise", "norm", "lr"}
    assert log["train", "loss", 150] < 0.5 * log["train", "loss", 1]
