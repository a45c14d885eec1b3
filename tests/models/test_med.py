"""MED on a tiny real model: shapes, padding, every length, statistics, and that it can learn."""

from dataclasses import replace

import pytest
import torch

from mote.models.med import MED, MEDConfig, frame_mask

TINY = MEDConfig(
    columns=263, tokens=3, dim=4, width=16, heads=2, encoder_layers=2, decoder_layers=2, head_width=8, max_frames=196
)


@pytest.fixture(scope="module")
def med() -> MED:
    """A tiny MED with every weight moved and statistics that are not trivial."""
    torch.manual_seed(1)
    model = MED(TINY)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
        for name in ("feature_mean", "latent_mean"):
            getattr(model, name).normal_()
        for name in ("feature_std", "latent_std"):
            getattr(model, name).uniform_(0.5, 2)
    return model.eval()


def clips(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (b, longest, 263) with rubbish past each clip's length, and the lengths."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(len(lengths), max(lengths), 263, generator=generator)
    counts = torch.tensor(lengths)
    return features.masked_fill(~frame_mask(counts, max(lengths))[..., None], 1e6), counts


@pytest.mark.parametrize("length", [1, 3, 4, 30, 45, 61, 195, 196])
@torch.inference_mode()
def test_padding_never_changes_a_latent(med, length):
    features, lengths = clips(length, 196, 80)
    alone = med.encode(features[:1, :length], lengths[:1])
    assert alone.shape == (1, 3, 4)
    torch.testing.assert_close(med.encode(features, lengths)[:1], alone, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_what_stands_in_the_padding_does_not_matter(med):
    features, lengths = clips(33, 90)
    broken = features.masked_fill(features == 1e6, torch.nan)
    assert torch.equal(med.encode(broken, lengths), med.encode(features, lengths))


@pytest.mark.parametrize("length", [1, 3, 4, 30, 45, 61, 194, 196])
@torch.inference_mode()
def test_padding_never_changes_a_decoded_motion(med, length):
    latents = torch.randn(3, 3, 4, generator=torch.Generator().manual_seed(2))
    alone = med.decode(latents[:1], torch.tensor([length]))
    together = med.decode(latents, torch.tensor([length, 196, 77]))
    assert together.shape == (3, 196, 263)
    torch.testing.assert_close(together[:1, :length], alone, atol=1e-4, rtol=1e-4)
    assert not together[0, length:].any()
    assert not together[2, 77:].any()


@torch.inference_mode()
def test_any_number_of_frames_decodes(med):
    latents = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(3))
    for length in range(30, 197):
        features = med.decode(latents, torch.tensor([length]))
        assert features.shape == (1, length, 263)
        assert features.isfinite().all()


@pytest.mark.parametrize("tokens", [1, 2, 8, 16])
@torch.inference_mode()
def test_any_number_of_latent_tokens(tokens):
    torch.manual_seed(0)
    model = MED(replace(TINY, tokens=tokens)).eval()
    features, lengths = clips(30, 47)
    latents = model.encode(features, lengths)
    assert latents.shape == (2, tokens, 4)
    assert model.decode(latents, lengths).shape == (2, 47, 263)


@torch.inference_mode()
def test_lengths_are_whole_and_within_what_the_model_can_hold(med):
    latents = 50 * torch.randn(200, 3, 4, generator=torch.Generator().manual_seed(4))
    lengths = med.predict_lengths(latents)
    assert lengths.shape == (200,)
    assert lengths.dtype == torch.long
    assert lengths.min() == 1
    assert lengths.max() == TINY.max_frames


@torch.inference_mode()
def test_latents_are_standardised_by_the_buffers(med):
    features, lengths = clips(40, 60)
    mean, _ = med.posterior(features, lengths)
    torch.testing.assert_close(med.encode(features, lengths) * med.latent_std + med.latent_mean, mean)
    shifted = med.reconstruct(mean, lengths) * med.feature_std + med.feature_mean
    decoded = med.decode(med.encode(features, lengths), lengths)
    torch.testing.assert_close(decoded[0, :40], shifted[0, :40], atol=1e-4, rtol=1e-4)


def test_the_statistics_are_part_of_the_checkpoint(med):
    assert {"feature_mean", "feature_std", "latent_mean", "latent_std"} <= set(med.state_dict())


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"tokens": 0}, "tokens is a positive"), ({"dim": 2.5}, "dim is a positive"), ({"stride": 3}, "stride is even")],
)
def test_a_wrong_config_is_told_so(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY, **changes)


def test_it_learns_clips_and_knows_their_lengths():
    torch.manual_seed(0)
    model = MED(TINY)
    time = torch.arange(60)[None, :, None] / 10
    features = torch.sin(time * torch.tensor([1.0, 2, 3, 4])[:, None, None] + torch.arange(263))  # (4, 60, 263)
    lengths = torch.tensor([40, 46, 52, 60])
    valid = frame_mask(lengths, 60)[..., None]
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    errors = []
    for _ in range(120):
        mean, _ = model.posterior(features, lengths)
        error = ((model.reconstruct(mean, lengths) - features) * valid).square().sum() / valid.sum() / 263
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    assert errors[-1] < 0.3 * errors[0]
    model.eval()
    with torch.inference_mode():
        told = model.predict_lengths(model.encode(features, lengths))
    assert torch.equal(told, lengths)
