"""The schedule and the solvers, step by step against diffusers."""

from itertools import pairwise

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

from mote.diffusion import Schedule, ddim, dpm_solver_pp

BETAS = {
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    "scaled-linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
}
PREDICTIONS = {"epsilon": "epsilon", "x0": "sample", "v": "v_prediction"}
CASES = [(betas, prediction) for betas in BETAS for prediction in PREDICTIONS]


def pair(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    clean, noise = torch.randn(2, 3, 4, 5, generator=generator, dtype=torch.float64)
    return clean, noise


def network(noisy: torch.Tensor, time: int) -> torch.Tensor:
    """A smooth stand-in that depends on its input and on the time."""
    return torch.tanh(noisy * 0.7 + 0.3) + 0.001 * time


@pytest.mark.parametrize(("betas", "prediction"), CASES)
def test_adding_noise_and_the_target_agree_with_diffusers(betas, prediction):
    schedule = Schedule(betas=betas, prediction=prediction)
    theirs = DDIMScheduler(prediction_type=PREDICTIONS[prediction], **BETAS[betas])
    clean, noise = pair(0)
    time = torch.tensor([1, 400, 1000])
    noisy = schedule.add_noise(clean, noise, time)
    torch.testing.assert_close(noisy, theirs.add_noise(clean, noise, time - 1), atol=1e-4, rtol=1e-4)
    expected = {"epsilon": noise, "x0": clean, "v": theirs.get_velocity(clean, noise, time - 1)}[prediction]
    torch.testing.assert_close(schedule.target(clean, noise, time), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("betas", "prediction"), CASES)
def test_the_target_leads_back_to_clean(betas, prediction):
    schedule = Schedule(betas=betas, prediction=prediction)
    clean, noise = pair(1)
    time = torch.tensor([0, 1, 900])
    noisy = schedule.add_noise(clean, noise, time)
    torch.testing.assert_close(schedule.to_clean(schedule.target(clean, noise, time), noisy, time), clean)
    assert torch.equal(noisy[0], clean[0])


def test_the_last_time_of_cosine_is_noise():
    signal, spread = Schedule().level(1000)
    assert signal < 1e-4
    assert spread == pytest.approx(1)
    assert torch.isfinite(Schedule().snr(torch.tensor([1, 1000]))).all()


@pytest.mark.parametrize("steps", [5, 10, 20, 50])
@pytest.mark.parametrize(("betas", "prediction"), [case for case in CASES if case != ("cosine", "epsilon")])
def test_ddim_agrees_with_diffusers(betas, prediction, steps):
    schedule = Schedule(betas=betas, prediction=prediction)
    theirs = DDIMScheduler(
        prediction_type=PREDICTIONS[prediction], clip_sample=False, timestep_spacing="trailing", **BETAS[betas]
    )
    theirs.set_timesteps(steps)
    times = schedule.times(steps)
    assert [time - 1 for time in times[:-1]] == theirs.timesteps.tolist()
    ours = expected = pair(2)[1]
    for time, following in pairwise(times):
        clean = schedule.to_clean(network(ours, time), ours, torch.full((3,), time))
        ours = ddim(schedule, ours, clean, time, following)
        expected = theirs.step(network(expected, time), time - 1, expected).prev_sample
        torch.testing.assert_close(ours, expected, atol=2e-4, rtol=2e-4)
    assert torch.equal(ours, clean)


@pytest.mark.parametrize("steps", [5, 7, 10, 20, 50])
@pytest.mark.parametrize(("betas", "prediction"), CASES)
def test_dpm_solver_agrees_with_diffusers(betas, prediction, steps):
    schedule = Schedule(betas=betas, prediction=prediction)
    theirs = DPMSolverMultistepScheduler(
        prediction_type=PREDICTIONS[prediction], final_sigmas_type="zero", lower_order_final=False, **BETAS[betas]
    )
    times = schedule.times(steps)
    theirs.set_timesteps(timesteps=[time - 1 for time in times[:-1]])
    ours = expected = pair(3)[1]
    earlier = None
    for time, following in pairwise(times):
        clean = schedule.to_clean(network(ours, time), ours, torch.full((3,), time))
        ours = dpm_solver_pp(schedule, ours, clean, time, following, earlier)
        earlier = (clean, time)
        expected = theirs.step(network(expected, time), time - 1, expected).prev_sample
        torch.testing.assert_close(ours, expected, atol=1e-3, rtol=1e-3)
    assert torch.equal(ours, clean)


@pytest.mark.parametrize("solver", [ddim, dpm_solver_pp])
def test_solvers_find_the_latent_that_a_perfect_network_knows(solver):
    schedule = Schedule()
    clean, noise = pair(4)
    noisy, earlier = noise, None
    times = schedule.times(20)
    for time, following in pairwise(times):
        noisy = solver(schedule, noisy, clean, time, following, earlier)
        earlier = (clean, time)
        if following:
            expected = schedule.add_noise(clean, noise, torch.full((3,), following))
            torch.testing.assert_close(noisy, expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(noisy, clean)


def test_times_run_from_noise_to_clean():
    assert Schedule().times(4) == [1000, 750, 500, 250, 0]
    first = Schedule(prediction="epsilon").times(4)[0]
    signal, spread = Schedule().level(first)
    assert 0.006 < signal / spread < 0.01
    for steps in (0, 1001):
        with pytest.raises(ValueError, match="steps"):
            Schedule().times(steps)
