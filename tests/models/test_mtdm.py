"""Layers, interactions and MTDM on tiny real networks."""

from dataclasses import replace

import pytest
import torch

from mote.models.interaction import INTERACTIONS
from mote.models.layers import Attention, Block, Mlp, sinusoid
from mote.models.mtdm import MTDM, MTDMConfig

TINY = MTDMConfig(motion_tokens=3, motion_dim=5, text_tokens=4, text_dim=6, width=16, layers=2, heads=2)


def shaken(module: torch.nn.Module) -> torch.nn.Module:
    """The module with every weight moved, since gates and outputs start at zero and would hide everything."""
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return module.eval()


def inputs(batch: int) -> list[torch.Tensor]:
    torch.manual_seed(0)
    latents = [torch.randn(batch, 3, 5), torch.randn(batch, 4, 6)]
    return [*latents, torch.randint(1000, (batch,)), torch.randint(1000, (batch,)), torch.randint(1, 196, (batch,))]


def test_sinusoid_is_cosines_then_sines():
    values = sinusoid(torch.tensor([0, 3]), 8)
    assert torch.equal(values[0], torch.tensor([1.0] * 4 + [0.0] * 4))
    torch.testing.assert_close(
        values[1, [0, 4]], torch.tensor([3.0, 3.0]).cos() * torch.tensor([1, 0]) + torch.tensor([0, 3.0]).sin()
    )
    with pytest.raises(ValueError, match="even"):
        sinusoid(torch.tensor([0]), 7)


def test_attention_agrees_with_torch():
    ours, theirs = Attention(16, 2), torch.nn.MultiheadAttention(16, 2, batch_first=True)
    theirs.in_proj_weight, theirs.in_proj_bias = ours.qkv.weight, ours.qkv.bias
    theirs.out_proj = ours.out
    tokens, memory = torch.randn(2, 5, 16), torch.randn(2, 7, 16)
    mask = torch.tensor([[True] * 7, [True] * 3 + [False] * 4])
    expected = theirs(tokens, memory, memory, key_padding_mask=~mask)[0]
    torch.testing.assert_close(ours(tokens, mask, memory), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours(tokens), theirs(tokens, tokens, tokens)[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("gated", [False, True])
def test_padding_changes_nothing(gated):
    block = shaken(Block(16, 2, cross=True, modulated=True, gated=gated))
    tokens, memory, condition = torch.randn(2, 6, 16), torch.randn(2, 5, 16), torch.randn(2, 9, 16)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    memory_mask = torch.tensor([[True] * 5, [True] * 2 + [False] * 3])
    padded = block(tokens, mask, memory=memory, memory_mask=memory_mask, condition=condition)
    alone = block(tokens[1:, :4], memory=memory[1:, :2], condition=condition[1:])
    torch.testing.assert_close(padded[1:, :4], alone, atol=1e-5, rtol=1e-4)


def test_block_starts_as_identity_and_wants_its_inputs():
    block = Block(16, 2, modulated=True)
    tokens = torch.randn(2, 3, 16)
    assert torch.equal(block(tokens, condition=torch.zeros(2, 6, 16)), tokens)
    with pytest.raises(ValueError, match="modulated"):
        block(tokens)
    with pytest.raises(ValueError, match="memory"):
        Block(16, 2)(tokens, memory=tokens)


def test_gated_mlp_is_about_as_large():
    plain, gated = (sum(weight.numel() for weight in Mlp(48, gated=gated).parameters()) for gated in (False, True))
    assert abs(gated / plain - 1) < 0.02


@pytest.mark.parametrize("interaction", [name for name in INTERACTIONS if name != "none"])
class TestInteractions:
    def test_starts_at_zero(self, interaction):
        motion, text = MTDM(replace(TINY, interaction=interaction))(*inputs(2))
        assert motion.shape == (2, 3, 5)
        assert text.shape == (2, 4, 6)
        assert not motion.any()
        assert not text.any()

    def test_a_sample_is_the_same_alone_and_in_a_batch(self, interaction):
        model = shaken(MTDM(replace(TINY, interaction=interaction)))
        batch = inputs(5)
        for together, alone in zip(model(*batch), model(*(values[3:4] for values in batch)), strict=True):
            torch.testing.assert_close(together[3:4], alone, atol=1e-5, rtol=1e-4)

    def test_every_side_sees_the_other(self, interaction):
        model = shaken(MTDM(replace(TINY, interaction=interaction)))
        motion, text, *rest = inputs(2)
        motion.requires_grad_()
        text.requires_grad_()
        motion_prediction, text_prediction = model(motion, text, *rest)
        (to_text,) = torch.autograd.grad(motion_prediction[0].square().sum(), text, retain_graph=True)
        (to_motion,) = torch.autograd.grad(text_prediction[0].square().sum(), motion)
        for gradient in (to_text, to_motion):
            assert (gradient[0].abs().sum(dim=-1) > 1e-6).all(), "every token of the other side counts"
            assert not gradient[1].any(), "another sample never does"

    def test_both_times_and_the_length_count_on_both_sides(self, interaction):
        model = shaken(MTDM(replace(TINY, interaction=interaction)))
        batch = inputs(2)
        before = model(*batch)
        for changed in (2, 3, 4):
            after = model(*(values + 50 if place == changed else values for place, values in enumerate(batch)))
            assert all((new - old).abs().max() > 1e-4 for new, old in zip(after, before, strict=True))

    def test_every_weight_learns(self, interaction):
        model = shaken(MTDM(replace(TINY, interaction=interaction)))
        *batch, frames = inputs(3)
        frames[0] = 0
        sum(prediction.square().sum() for prediction in model(*batch, frames)).backward()
        for name, weight in model.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.abs().max() > 0, name


def test_without_interaction_no_side_sees_the_other_in_as_many_weights():
    model, other = (shaken(MTDM(replace(TINY, interaction=interaction))) for interaction in ("none", "in-context"))
    motion, text, *rest = inputs(2)
    made_motion, made_text = model(motion, text, *rest)
    assert torch.equal(model(motion, text + 1, *rest)[0], made_motion)
    assert torch.equal(model(motion + 1, text, *rest)[1], made_text)
    assert sum(weight.numel() for weight in model.parameters()) == sum(weight.numel() for weight in other.parameters())


def test_unknown_length_is_a_condition_of_its_own():
    model = shaken(MTDM(TINY))
    *batch, frames = inputs(2)
    unknown, known = model(*batch, frames * 0)[0], model(*batch, frames * 0 + 1)[0]
    assert (unknown - known).abs().max() > 1e-4
    assert torch.equal(model(*batch, frames * 0 + 196)[0], model(*batch, frames * 0 + 500)[0])


def test_bf16_is_near():
    model = shaken(MTDM(TINY))
    batch = inputs(2)
    with torch.autocast("cpu", torch.bfloat16):
        half = model(*batch)
    for near, exact in zip(half, model(*batch), strict=True):
        assert (near.float() - exact).abs().max() < 0.1 * exact.abs().max()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"motion_tokens": 0}, "motion_tokens is at least 1"),
        ({"heads": 3}, "multiple of heads"),
        ({"interaction": "telepathy"}, "interaction is one of"),
        ({"ratio": 0.0}, "ratio"),
        ({"dropout": 1.0}, "dropout"),
        ({"prediction": "score"}, "prediction is one of"),
        ({"betas": "linear"}, "betas is one of"),
        ({"train_steps": 0}, "train_steps"),
    ],
)
def test_config_says_what_is_wrong(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(TINY, **change)
