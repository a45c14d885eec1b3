"""Roles, guidance, seeds, and the loop on tiny real networks and on a Gaussian whose denoiser is known."""

from typing import get_args

import pytest
import torch

from mote.diffusion import Schedule
from mote.models.mtdm import MTDM, MTDMConfig
from mote.sampling import SIDES, TASKS, Choice, Guidance, Task, sample_latents, sides_made

CONFIG = MTDMConfig(motion_tokens=3, motion_dim=5, text_tokens=4, text_dim=6, width=16, layers=1, heads=2)
SHAPES = {"motion": (3, 5), "text": (4, 6)}
GUIDED = [task for task, stages in TASKS.items() if "absent" not in (stages[0].motion, stages[0].text)]


def untrained(config: MTDMConfig) -> MTDM:
    """One whose gates are open."""
    torch.manual_seed(0)
    model = MTDM(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    return model.eval()


@pytest.fixture(scope="module")
def model() -> MTDM:
    return untrained(CONFIG)


def given(task: Task, size: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    latents = {side: torch.randn(size, *shape, generator=generator) for side, shape in SHAPES.items()}
    return {side: latents[side] for side in SIDES if TASKS[task][0][side] == "given"}


def sample(model, task, seeds=(1, 2, 3), latents=None, **options):
    latents = given(task, len(seeds)) if latents is None else latents
    options = {"steps": 4, "frames": torch.full((len(seeds),), 60), **options}
    return sample_latents(model, model.config.schedule, task, seeds=seeds, **latents, **options)[:2]


def batches(model, **options) -> list[int]:
    """The batch sizes that the network sees."""
    sizes: list[int] = []
    hook = model.blocks[0].register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    sample(model, **options)
    hook.remove()
    return sizes


def test_the_table_has_the_seven_tasks():
    assert set(TASKS) == set(get_args(Task))
    assert len(TASKS) == 7
    for stages in TASKS.values():
        assert all(roles.generated for roles in stages)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_ends_with_its_sides(model, task):
    latents = given(task, 3)
    before = {side: latent.clone() for side, latent in latents.items()}
    result = dict(zip(SIDES, sample(model, task, latents=latents), strict=True))
    last = TASKS[task][-1]
    for side in SIDES:
        if last[side] == "absent":
            assert result[side] is None
            continue
        assert result[side].shape == (3, *SHAPES[side])
        assert torch.isfinite(result[side]).all()
        if side in before and last[side] == "given":
            assert torch.equal(result[side], before[side])
    assert all(torch.equal(latents[side], before[side]) for side in before), "what was given is left as it was"


@pytest.mark.parametrize("side", SIDES)
def test_a_variation_is_two_stages(model, side):
    """Its first stage is the other task: the same seeds give the same latent in between."""
    other = "text" if side == "motion" else "motion"
    first: Task = "motion-to-text" if side == "motion" else "text-to-motion"
    latents = given(first, 3)
    between = dict(zip(SIDES, sample(model, first, latents=latents), strict=True))
    varied = dict(zip(SIDES, sample(model, f"{side}-variation", latents=latents), strict=True))
    assert torch.equal(varied[other], between[other])
    assert (varied[side] - latents[side]).abs().max() > 1e-3


@pytest.mark.parametrize("task", TASKS)
def test_a_sample_depends_on_its_own_seed_alone(model, task):
    latents = given(task, 3)
    together = sample(model, task, (11, 12, 13), latents)
    alone = sample(model, task, (12,), {side: latent[1:2] for side, latent in latents.items()})
    others = sample(model, task, (21, 22, 23), latents)
    for side, many, one, other in zip(SIDES, together, alone, others, strict=True):
        if many is not None:
            torch.testing.assert_close(many[1:2], one, atol=1e-4, rtol=1e-4)
            if TASKS[task][-1][side] == "generate":
                assert (many - other).abs().amax(dim=(1, 2)).min() > 1e-3


@pytest.mark.parametrize("task", ["motion-to-text", "text-variation"])
def test_the_mean_of_several_draws_varies_less_and_belongs_to_its_seed(model, task):
    seeds = tuple(range(40))
    latents = {side: latent[:1].repeat(40, 1, 1) for side, latent in given(task, 1).items()}
    one, mean = (sample(model, task, seeds, latents, text_draws=draws) for draws in (1, 16))
    alone = sample(model, task, (7,), {side: latent[:1] for side, latent in latents.items()}, text_draws=16)
    for side, single, several, own in zip(SIDES, one, mean, alone, strict=True):
        if TASKS[task][-1][side] == "generate":
            assert several.shape == single.shape
            assert several.std(dim=0).mean() < 0.5 * single.std(dim=0).mean()
        torch.testing.assert_close(several[7:8], own, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("task", ["motion-to-text", "motion-variation"])
def test_each_draw_sees_its_own_view_of_the_motion(model, task):
    latents = given(task, 3)
    same, other = (latents["motion"][:, None] + shift * torch.arange(4)[:, None, None] for shift in (0, 0.3))
    plain, alike, varied = (
        sample(model, task, latents=latents, text_draws=4, motion_views=views)[1] for views in (None, same, other)
    )
    assert torch.equal(plain, alike)
    assert (plain - varied).abs().max() > 1e-3
    first = {"motion_views": other[:, :1], "text_draws": 1}
    torch.testing.assert_close(sample(model, task, latents=latents, **first), sample(model, task, latents=latents))


def test_what_is_not_a_text_about_a_motion_is_one_draw(model):
    assert batches(model, task="joint", text_draws=4) == [9] * 4 + [24] * 4
    assert batches(model, task="text", text_draws=4) == [3] * 4
    assert batches(model, task="text-to-motion", text_draws=4) == [6] * 4


@pytest.mark.parametrize("task", TASKS)
def test_guidance_is_one_batch_and_one_is_none(model, task):
    sides = [len(roles.generated) for roles in TASKS[task] for _ in range(4)]
    assert batches(model, task=task) == [3 * (1 + count) if task in GUIDED else 3 for count in sides]
    assert batches(model, task=task, motion_guidance=1, text_guidance=1) == [3] * len(sides)


@pytest.mark.parametrize("task", ["text-to-motion", "motion-to-text"])
def test_guidance_is_a_line_through_two_predictions(model, task):
    """In one DDIM step to time 0 the result is the clean latent itself, which is affine in the guidance."""
    side = TASKS[task][0].generated[0]
    name, place = f"{side}_guidance", SIDES.index(side)
    latents = given(task, 3)
    unguided, plain, double, far = (
        sample(model, task, latents=latents, steps=1, solver="ddim", **{name: value})[place] for value in (0, 1, 2, 7.5)
    )
    assert (plain - unguided).abs().max() > 1e-3
    torch.testing.assert_close(double, 2 * plain - unguided, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(far, unguided + 7.5 * (plain - unguided), atol=1e-4, rtol=1e-4)


def test_guidance_zero_forgets_what_was_given(model):
    first, second = (
        sample(model, "text-to-motion", latents={"text": torch.full((3, 4, 6), value)}, motion_guidance=0)[0]
        for value in (-1.0, 1.0)
    )
    torch.testing.assert_close(first, second, atol=1e-4, rtol=1e-4)


def test_guidance_that_rises_is_none_in_pure_noise_and_full_without():
    rising = Guidance(5.0, rise=1.0)
    strengths = [rising.at(signal) for signal in (0.0, 0.25, 0.5, 1.0)]
    assert strengths == [1.0, 2.0, 3.0, 5.0]
    assert {Guidance(5.0).at(signal) for signal in (0.0, 0.5, 1.0)} == {5.0}


def test_the_motion_alone_rises(model):
    """One step is taken in pure noise, where guidance that rises is no guidance."""
    latents = given("text-to-motion", 3)
    options = {"latents": latents, "steps": 1, "solver": "ddim"}
    plain, risen = (
        sample(model, "text-to-motion", **options, motion_guidance=strength, motion_rise=rise)[0]
        for strength, rise in ((1, 0.0), (7.5, 1.0))
    )
    torch.testing.assert_close(risen, plain, atol=0.05, rtol=0)
    latents = given("motion-to-text", 3)
    same, again = (
        sample(model, "motion-to-text", latents=latents, steps=1, solver="ddim", motion_rise=rise)[1]
        for rise in (0.0, 1.0)
    )
    assert torch.equal(same, again)


@pytest.mark.parametrize("task", TASKS)
def test_callback_counts_the_steps_of_all_stages(model, task):
    calls = []
    sample(model, task, callback=lambda step, steps: calls.append((step, steps)))
    total = 4 * len(TASKS[task])
    assert calls == [(step, total) for step in range(1, total + 1)]


def test_what_is_missing_or_too_much_is_named(model):
    with pytest.raises(ValueError, match="needs a text latent"):
        sample(model, "text-to-motion", latents={})
    with pytest.raises(ValueError, match="takes no motion latent"):
        sample(model, "joint", latents={"motion": torch.zeros(3, 3, 5)})
    with pytest.raises(ValueError, match="seeds"):
        sample(model, "text-to-motion", latents={"text": torch.zeros(2, 4, 6)})
    for task, options in (("motion-to-text", {"text_draws": 2}), ("joint", {})):
        with pytest.raises(ValueError, match="views"):
            sample(model, task, motion_views=torch.zeros(3, 1, 3, 5), **options)
    with pytest.raises(ValueError, match="steps"):
        sample(model, "joint", steps=0)


class Gaussian(torch.nn.Module):
    """The exact denoiser of two numbers, motion ~ N(1, 0.5 ** 2) and text ~ N(-1, 1) with correlation 0.8."""

    mean = torch.tensor([1.0, -1.0])
    covariance = torch.tensor([[0.25, 0.4], [0.4, 1.0]])

    def __init__(self, config: MTDMConfig) -> None:
        super().__init__()
        self.config = config
        self.motion_position = torch.nn.Parameter(torch.zeros(1, 1))

    def conditions(self, motion_time, text_time, frames):
        return motion_time[:, None, None], text_time[:, None, None]

    def denoise(self, motion, text, motion_condition, text_condition):
        motion_time, text_time = motion_condition[:, 0, 0], text_condition[:, 0, 0]
        levels = (level.float() for level in self.config.schedule.levels)
        signal, spread = (level[torch.stack([motion_time, text_time], dim=-1)] for level in levels)  # (b, 2)
        noisy = torch.cat([motion, text], dim=-1)[:, 0]  # (b, 2)
        seen = signal[:, :, None] * self.covariance * signal[:, None] + torch.diag_embed(spread**2)  # (b, 2, 2)
        surprise = torch.linalg.solve(seen, noisy - signal * self.mean)  # (b, 2)
        clean = self.mean + (self.covariance @ (signal * surprise)[..., None])[..., 0]  # (b, 2)
        noise = (noisy - signal * clean) / spread.clamp(min=1e-6)
        predictions = {"x0": clean, "epsilon": noise, "v": signal * noise - spread * clean}
        prediction = predictions[self.config.prediction]
        return prediction[:, None, :1], prediction[:, None, 1:]


@pytest.mark.parametrize("prediction", ["epsilon", "x0", "v"])
@pytest.mark.parametrize(("solver", "steps"), [("ddim", 100), ("dpm-solver++", 50)])
class TestGaussian:
    def draw(self, prediction, solver, steps, task, **latents):
        config = MTDMConfig(motion_tokens=1, motion_dim=1, text_tokens=1, text_dim=1, prediction=prediction)
        options = {"solver": solver, "steps": steps, "motion_guidance": 1, "text_guidance": 1}
        result = sample(Gaussian(config), task, range(3000), latents, **options)
        return [None if side is None else side.flatten() for side in result]

    def test_joint(self, prediction, solver, steps):
        """The text is drawn anew from the motion, so the errors of two walks add up."""
        both = torch.stack(self.draw(prediction, solver, steps, "joint"))
        torch.testing.assert_close(both.mean(dim=1), Gaussian.mean, atol=0.06, rtol=0)
        torch.testing.assert_close(both.cov(), Gaussian.covariance, atol=0.1, rtol=0)

    def test_marginal(self, prediction, solver, steps):
        motion, text = self.draw(prediction, solver, steps, "motion")
        assert text is None
        assert motion.mean() == pytest.approx(1, abs=0.06)
        assert motion.std() == pytest.approx(0.5, abs=0.04)

    def test_conditional(self, prediction, solver, steps):
        motion, text = self.draw(prediction, solver, steps, "text-to-motion", text=torch.ones(3000, 1, 1))
        assert (text == 1).all()
        assert motion.mean() == pytest.approx(1 + 0.4 * 2, abs=0.06)
        assert motion.std() == pytest.approx(0.3, abs=0.04)


def test_schedule_of_the_config_is_the_one_asked_for():
    config = MTDMConfig(**{**vars(CONFIG), "betas": "scaled-linear", "prediction": "x0", "train_steps": 500})
    assert config.schedule == Schedule(betas="scaled-linear", prediction="x0", train_steps=500)


def test_the_sentence_of_a_pair_is_written_anew_from_its_motion():
    assert sides_made("joint") == SIDES
    assert TASKS["joint"][-1] == TASKS["motion-to-text"][-1]
    assert sides_made("motion-variation") == ("motion",)
    assert sides_made("text-variation") == ("text",)


@pytest.mark.parametrize("task", ["text-to-motion", "joint"])
def test_of_several_draws_of_a_motion_the_one_that_fits_its_text_best_is_kept(model, task):
    seen: list[torch.Tensor] = []

    def fits(motions: torch.Tensor, texts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        seen.extend((motions, texts))
        return motions.sum(dim=(1, 2))

    latents = given(task, 3)
    motion, _ = sample(model, task, latents=latents, motion_choice=Choice(fits))
    motions, texts = seen
    assert motions.shape == (12, *SHAPES["motion"])
    assert texts.shape == (12, *SHAPES["text"])
    assert torch.equal(motion.sum(dim=(1, 2)), motions.sum(dim=(1, 2)).unflatten(0, (3, 4)).amax(dim=1))
    assert (motions[0] - motions[1]).abs().amax() > 0.01, "each draw has noise of its own"
    if "text" in latents:
        assert torch.equal(texts, latents["text"].repeat_interleave(4, dim=0))


def test_each_draw_is_told_a_length_where_none_is_asked_for_and_that_of_the_kept_one_comes_back(model, monkeypatch):
    told: list[torch.Tensor] = []
    conditions = model.conditions
    monkeypatch.setattr(model, "conditions", lambda *times: (told.append(times[2]), conditions(*times))[1])
    lengths = torch.tensor([[30, 40, 50, 60], [31, 41, 51, 61]])
    choice = Choice(lambda motions, *_: (torch.arange(len(motions)) % 4 == 2).float(), frames=lengths)
    options = {"frames": torch.tensor([0, 45]), "steps": 3, "motion_choice": choice}
    *_, kept = sample_latents(
        model, model.config.schedule, "text-to-motion", seeds=(1, 2), **given("text-to-motion", 2), **options
    )
    assert kept.tolist() == [50, 45]
    assert set(told[0].tolist()) == {30, 40, 45, 50, 60}
    *_, unknown = sample_latents(model, model.config.schedule, "motion", seeds=(1, 2), **options)
    assert unknown.tolist() == [0, 45], "nothing is chosen"


def test_of_several_pairs_the_one_whose_sides_fit_best_when_all_is_done_is_kept(model):
    seen: list[torch.Tensor] = []

    def fits(motions: torch.Tensor, texts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        seen.append(texts)
        return texts.sum(dim=(1, 2))

    motion, text = sample(model, "joint", latents={}, motion_choice=Choice(fits, (), 3), text_draws=2)
    assert seen[-1].shape == (9, *SHAPES["text"]), "three pairs of each of three seeds, a sentence each"
    assert torch.equal(text.sum(dim=(1, 2)), seen[-1].sum(dim=(1, 2)).unflatten(0, (3, 3)).amax(dim=1))
    assert motion.shape == (3, *SHAPES["motion"])
    (three, _), (one, _) = (sample(model, "text-to-motion", motion_choice=Choice(fits, (), pairs)) for pairs in (3, 1))
    assert torch.equal(three, one), "what is made for something given is no pair"


@pytest.mark.parametrize("task", ["text-to-motion", "joint"])
def test_draws_that_are_not_kept_are_not_taken_to_their_end(model, task):
    def fits(motions: torch.Tensor, texts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        return (torch.arange(len(motions)) % 4 == 2).float()

    unguided = {"motion_guidance": 1, "text_guidance": 1}
    early, late = (
        sample(model, task, latents=given(task, 3), motion_choice=Choice(fits, after), **unguided)[0]
        for after in ((0.5, 0.5), (1.0, 1.0))
    )
    torch.testing.assert_close(early, late, atol=1e-4, rtol=1e-4)
    for after, draws in (((0.5, 0.5), [4, 4, 1, 1]), ((0.25, 0.75), [4, 2, 2, 1]), ((0.5,), [2, 2, 1, 1])):
        rows = batches(model, task=task, motion_choice=Choice(fits, after), **unguided)[:4]
        assert rows == [count * 3 for count in draws]


def test_while_there_are_several_draws_for_a_text_what_guidance_changes_serves_for_three_steps(model):
    def fits(motions: torch.Tensor, texts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        return motions.sum(dim=(1, 2))

    options = {"steps": 8, "motion_choice": Choice(fits, (0.5, 0.75))}
    alone, together = (batches(model, task=task, **options)[:8] for task in ("text-to-motion", "joint"))
    assert alone == [3 * rows for rows in (8, 4, 4, 8, 2, 2, 2, 1)]
    assert together == [3 * rows for rows in (12, 12, 12, 12, 6, 6, 3, 3)]
    fewer = batches(model, task="text-to-motion", **{**options, "steps": 5})[:5]
    assert fewer == [3 * rows for rows in (8, 8, 4, 4, 2)], "three of eight are one of five"


def test_a_text_of_several_draws_is_read_once_until_it_meets_their_motions():
    model = untrained(MTDMConfig(**{**vars(CONFIG), "layers": 2}))
    chance = torch.Generator().manual_seed(0)
    motion, text = (torch.randn(size, *SHAPES[side], generator=chance) for side, size in (("motion", 6), ("text", 2)))
    times = torch.full((6,), 400), torch.zeros(6, dtype=torch.long), torch.full((6,), 60)
    of_motion, of_text = model.conditions(*times)
    read: list[int] = []
    hook = model.blocks[0].text.register_forward_hook(lambda _, inputs, __: read.append(len(inputs[0])))
    with torch.no_grad():
        few = model.denoise(motion, text, of_motion, of_text[::3])
        hook.remove()
        every = model.denoise(motion, text.repeat_interleave(3, dim=0), of_motion, of_text)
    assert read == [2]
    for one, other in zip(few, every, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_what_served_for_three_steps_is_exact_where_it_stays_the_same(monkeypatch, model):
    """A text that is given changes every prediction of this denoiser by the same."""

    def denoise(motion, text, motion_condition, text_condition):
        there = (text_condition == 0).all(dim=(1, 2)).repeat_interleave(len(motion) // len(text))[:, None, None]
        return 0.3 * motion + 0.1 * there, text

    def conditions(motion_time, text_time, frames):
        return motion_time[:, None, None], text_time[:, None, None]

    def fits(motions: torch.Tensor, texts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        return (torch.arange(len(motions)) % 4 == 2).float()

    monkeypatch.setattr(model, "denoise", denoise)
    monkeypatch.setattr(model, "conditions", conditions)
    early, late = (
        sample(model, "text-to-motion", latents=given("text-to-motion", 3), motion_choice=Choice(fits, after))[0]
        for after in ((0.1, 0.1), (1.0, 1.0))
    )
    torch.testing.assert_close(early, late, atol=1e-4, rtol=1e-4)


def test_the_better_half_goes_on_and_of_it_the_better_one():
    choice = Choice(lambda motions, *_: motions[:, 0, 0], (0.25, 0.5))
    assert [choice.kept(number, 4) for number in (1, 2, 3)] == [2, 1, 1]
    latents = torch.tensor([1.0, 4, 3, 2, 7, 5, 8, 6])[:, None, None]  # two samples of four draws
    rows = choice.best({"motion": latents, "text": latents}, torch.zeros(4), 4, 2)
    assert rows.tolist() == [1, 2, 6, 4]
    assert choice.best({"motion": latents[rows], "text": latents[rows]}, torch.zeros(4), 2, 1).tolist() == [0, 2]


def test_guidance_that_has_not_begun_to_rise_costs_nothing_and_begins_later_for_a_text_that_is_given(model):
    alone, together = (
        batches(model, task=task, motion_rise=1.0, text_guidance=1, steps=8)[:8] for task in ("text-to-motion", "joint")
    )
    assert alone == [3, 3, *[6] * 6]
    assert together == [3, *[6] * 7]


@pytest.mark.parametrize("task", ["motion", "motion-to-text", "text"])
def test_nothing_is_chosen_where_no_motion_is_made_for_a_text(model, task):
    def fits(motions: torch.Tensor, texts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        raise AssertionError("there is nothing to fit")

    latents = given(task, 3)
    chosen = sample(model, task, latents=latents, motion_choice=Choice(fits))
    for one, other in zip(chosen, sample(model, task, latents=latents), strict=True):
        assert (one is None and other is None) or torch.equal(one, other)
