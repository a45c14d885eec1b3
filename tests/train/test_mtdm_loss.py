"""What the denoiser practises."""

from dataclasses import replace

import pytest
import torch

from mote.models.mtdm import MTDM, MTDMConfig
from train.mtdm import MTDMTraining, loss

CONFIG = MTDMConfig(motion_tokens=2, motion_dim=3, text_tokens=2, text_dim=4, width=16, layers=1, heads=2)
NONE = MTDMTraining(joint=1, text_to_motion=0, motion_to_text=0, motion=0, text=0)


def only(task: str) -> MTDMTraining:
    return replace(NONE, joint=0, **{task: 1})


def data(size: int = 64) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return (
        torch.randn(size, 2, 3, generator=generator),
        torch.randn(size, 2, 4, generator=generator),
        torch.arange(size),
    )


def run(training: MTDMTraining, config: MTDMConfig = CONFIG, seed: int = 0, reworded: torch.Tensor | None = None):
    """The loss's figures, and what the network was shown."""
    torch.manual_seed(0)
    model = MTDM(config)
    seen: list[tuple[torch.Tensor, ...]] = []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs))
    chance = torch.Generator().manual_seed(seed)
    total, figures = loss(model, config.schedule, *data(), chance, training, reworded=reworded)
    return total, figures, seen[0]


def test_given_is_clean_and_does_not_count():
    motion, text, _ = data()
    _, figures, (noisy_motion, noisy_text, motion_time, text_time, _) = run(only("text_to_motion"))
    assert torch.equal(noisy_text, text)
    assert not text_time.any()
    assert figures["text"] == 0
    assert figures["motion"] > 0
    assert len(motion_time.unique()) > 50
    assert (noisy_motion - motion).abs().amax(dim=(1, 2)).min() > 0


def test_other_words_are_given_and_never_to_be_made():
    other = -data()[1]
    assert torch.equal(run(only("text_to_motion"), reworded=other)[2][1], other)
    for task in ("motion_to_text", "text"):
        plain, reworded = run(only(task)), run(only(task), reworded=other)
        assert torch.equal(plain[0], reworded[0])
        assert torch.equal(plain[2][1], reworded[2][1])


@pytest.mark.parametrize("betas", ["cosine", "scaled-linear"])
def test_absent_is_nothing_but_noise(betas):
    _, text, _ = data()
    _, figures, (_, noisy_text, _, text_time, _) = run(only("motion"), replace(CONFIG, betas=betas))
    assert (text_time == 1000).all()
    assert figures["text"] == 0
    assert abs(torch.corrcoef(torch.stack([noisy_text.flatten(), text.flatten()]))[0, 1]) < 0.15
    other = run(only("motion"), replace(CONFIG, betas=betas), seed=1)[2][1]
    assert (noisy_text - other).abs().min() > 0


def test_joint_times_are_independent_and_uniform():
    _, _, (_, _, motion_time, text_time, _) = run(NONE)
    times = torch.stack([motion_time, text_time]).float()
    assert abs(torch.corrcoef(times)[0, 1]) < 0.3
    assert times.min() >= 1
    torch.testing.assert_close(times.mean(dim=1), torch.full((2,), 500.0), atol=120, rtol=0)


def test_length_is_withheld_as_often_as_asked():
    for share, least, most in ((0.0, 0, 1), (0.5, 20, 44), (1.0, 64, 64)):
        frames = run(replace(NONE, unknown_length=share))[2][4]
        assert least <= (frames == 0).sum() <= most
        assert ((frames == 0) | (frames == data()[2])).all()


def test_the_same_generator_gives_the_same_loss():
    first, second, other = (run(MTDMTraining(), seed=seed)[0] for seed in (4, 4, 5))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("prediction", ["epsilon", "x0", "v"])
def test_min_snr_weights_the_same_clean_error(prediction):
    """A network that answers zero is wrong by the target: check the weights against the paper's, sample by sample."""
    config = replace(CONFIG, prediction=prediction)
    training = replace(only("text_to_motion"), min_snr=5.0)
    motion, *_ = data()
    _, figures, (noisy, _, time, _, _) = run(training, config)
    schedule = config.schedule
    signal, spread = (level.float()[time][:, None, None] for level in schedule.levels)
    noise = (noisy - signal * motion) / spread
    snr = (signal / spread).flatten() ** 2
    weight = {"epsilon": snr.clamp(max=5) / snr, "x0": snr.clamp(max=5), "v": snr.clamp(max=5) / (snr + 1)}[prediction]
    expected = (schedule.target(motion, noise, time).square().mean(dim=(1, 2)) * weight).mean()
    assert figures["motion"] == pytest.approx(expected.item(), rel=1e-3)


def test_it_learns():
    torch.manual_seed(0)
    model, training = MTDM(CONFIG), MTDMTraining(text_weight=0.5)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    motion = torch.randn(64, 1, 1).expand(64, 2, 3)
    text = motion[..., :1].expand(64, 2, 4)
    values = []
    for step in range(150):
        chance = torch.Generator().manual_seed(step)
        total, _ = loss(model, CONFIG.schedule, motion, text, torch.ones(64, dtype=torch.long), chance, training)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        values.append(total.item())
    assert sum(values[-20:]) < 0.7 * sum(values[:20])


def test_shares_are_checked():
    for change in ({"joint": -1.0}, {"joint": 0.0}):
        with pytest.raises(ValueError, match="shares"):
            replace(NONE, **change)
