"""MED: the motion encoder-decoder, a transformer VAE (MoTe, section 3.1; after MLD, Chen et al. 2023).

Both halves start from a linear map between a latent token and its share of the clip, resampled to a few points, and
transformers add to it.  Training sets the linear maps by principal components, so that fast, small movements such as
a waving hand are in the latent from the start: a transformer alone finds them last.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from mote.models.layers import Block, sinusoid
from mote.motion.convention import LEGS
from mote.motion.features import LAYOUTS, Layout
from mote.motion.skeleton import BODIES, Skeleton

HEAD_REACH = 4
"""How many frames ahead the two convolutions of the head see."""

LENGTH_SCALE = 16.0
"""The last number of a latent token is the length over `max_frames` times this, so large as a principal component."""

LOG_VARIANCE = -4.0
"""Of a latent's noise in training where no transformer learns it, and where one starts."""


@dataclass(frozen=True, kw_only=True)
class MEDConfig:
    """The shape of a MED.

    `tokens` is the paper's l; `points` are the moments of a latent token's share of the clip; `stride` is how many
    frames one token of the trunk spans.  Without encoder layers the encoder is its linear map.

    `columns` tells the features apart: 263 are HumanML3D's, 22 joints at 20 frames a second, 251 KIT-ML's, 21 at 12.5.
    `lengths` are the bones of all bodies in them, a joint each, as the features measure: needed where the skeleton has
    none of its own, KIT-ML's.  `min_frames` and `max_frames` are of the clips that it was trained on.
    """

    columns: int = 263
    lengths: tuple[float, ...] = ()
    tokens: int = 8
    dim: int = 96
    points: int = 10
    width: int = 256
    heads: int = 4
    encoder_layers: int = 0
    decoder_layers: int = 4
    stride: int = 4
    head_width: int = 128
    min_frames: int = 30
    max_frames: int = 196

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", tuple(self.lengths))  # JSON has lists
        for name, value in vars(self).items():
            if name == "lengths":
                continue
            if not isinstance(value, int) or value < (name != "encoder_layers"):
                raise ValueError(f"{name} is a positive whole number, not {value!r}")
        if self.stride % 2:
            raise ValueError(f"stride is even, so that the patches overlap by half of it, not {self.stride}")
        if self.columns not in LAYOUTS:
            raise ValueError(f"columns are {' or '.join(map(str, LAYOUTS))}, not {self.columns}")
        skeleton = self.layout.skeleton
        if len(self.lengths) != (0 if skeleton.uniform else len(skeleton.names)):
            raise ValueError(f"{self.columns} columns go with bones of {len(skeleton.names)} joints, or none if known")

    @cached_property
    def layout(self) -> Layout:
        """What the columns are."""
        return LAYOUTS[self.columns]

    @cached_property
    def unit(self) -> float:
        """Metres in one of the features' lengths: those in which the legs are as long as HumanML3D's."""
        if not self.lengths:
            return 1.0
        return LEGS / sum(self.lengths[self.layout.skeleton.index(f"left {joint}")] for joint in ("knee", "ankle"))

    @cached_property
    def skeleton(self) -> Skeleton:
        """That of the motions, with its bone lengths in metres."""
        body = BODIES[len(self.layout.skeleton.names)]
        return replace(body, lengths=np.array(self.lengths) * self.unit) if self.lengths else body


class MED(nn.Module):
    """Motion features to a latent of l tokens x d, and back for any number of frames up to `max_frames`.

    Features are as the data has them, unnormalised: mean and deviation are buffers.  Latents are standardised likewise.
    """

    feature_mean: Tensor
    feature_std: Tensor
    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: MEDConfig) -> None:
        super().__init__()
        self.config = config
        width, stride = config.width, config.stride
        self.register_buffer("feature_mean", torch.zeros(config.columns))
        self.register_buffer("feature_std", torch.ones(config.columns))
        self.register_buffer("latent_mean", torch.zeros(config.tokens, config.dim))
        self.register_buffer("latent_std", torch.ones(config.tokens, config.dim))
        self.gather = nn.Linear(config.points * config.columns, config.dim - 1)
        self.spread = nn.Linear(config.dim - 1, config.points * config.columns)
        self.encoder = Trunk(config, config.encoder_layers) if config.encoder_layers else None
        self.to_latent = nn.Linear(width, 2 * (config.dim - 1)) if config.encoder_layers else None
        self.decoder = Trunk(config, config.decoder_layers)
        self.from_latent = nn.Linear(config.dim, width)
        self.unpatch = nn.ConvTranspose1d(width, config.head_width, 2 * stride, stride, padding=stride // 2)
        added = nn.Conv1d(config.head_width, config.columns, 5, padding=2)
        self.head = nn.Sequential(
            nn.GELU(approximate="tanh"),
            nn.Conv1d(config.head_width, config.head_width, 5, padding=2),
            nn.GELU(approximate="tanh"),
            added,
        )
        for layer in (self.to_latent, added):  # what the transformers add is nothing at the start
            for weight in () if layer is None else layer.parameters():
                nn.init.zeros_(weight)

    def posterior(
        self, features: Float[Tensor, "b frames columns"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b l d"], Float[Tensor, "b l d"]]:
        """Mean and log-variance of the latent before it is standardised."""
        normal = (features - self.feature_mean) / self.feature_std
        normal = normal.masked_fill(~frame_mask(lengths, features.shape[1])[..., None], 0.0)
        share = lengths[:, None, None].expand(-1, self.config.tokens, 1) / self.config.max_frames
        mean = torch.cat([self.gather(self.points(normal, lengths)), share * LENGTH_SCALE], dim=-1)  # (b, l, d)
        log_variance = torch.full_like(mean, LOG_VARIANCE)
        if self.encoder is not None and self.to_latent is not None:
            tokens, _ = self.encoder(normal, self.from_latent(mean), lengths)
            added = F.pad(rearrange(self.to_latent(tokens), "b l (two d) -> two b l d", two=2), (0, 1))
            mean, log_variance = mean + added[0], (log_variance + added[1]).clamp(-20, 10)
        return mean, log_variance

    def points(self, normal: Float[Tensor, "b frames columns"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b l pc"]:
        """Each latent token's share of the clip at its moments; where frames are dense, a moment is their mean."""
        count = self.config.tokens * self.config.points
        moment = (torch.arange(count, device=lengths.device) + 0.5) / count * lengths[:, None] - 0.5  # (b, count)
        frame = torch.arange(normal.shape[1], device=lengths.device)
        reach = (lengths / count).clamp(min=1.0)[:, None, None]
        weights = (1 - (frame - moment[..., None]).abs() / reach).clamp(min=0)  # (b, count, frames)
        weights = weights * frame_mask(lengths, normal.shape[1])[:, None]
        at_moments = (weights / weights.sum(-1, keepdim=True)) @ normal  # (b, count, columns)
        return rearrange(at_moments, "b (l p) c -> b l (p c)", l=self.config.tokens)

    def linear(self, latents: Float[Tensor, "b l d"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b frames c"]:
        """What the linear map makes of latents that are not standardised: normalised features between its moments."""
        at_moments = rearrange(self.spread(latents[..., :-1]), "b l (p c) -> b (l p) c", p=self.config.points)
        count = at_moments.shape[1]
        frame = torch.arange(int(lengths.max()), device=lengths.device) + 0.5
        place = (frame / lengths[:, None] * count - 0.5).clamp(0, count - 1)  # (b, frames)
        weights = (1 - (place[..., None] - torch.arange(count, device=lengths.device)).abs()).clamp(min=0)
        return (weights @ at_moments) * frame_mask(lengths, len(frame))[..., None]  # (b, frames, columns)

    def reconstruct(self, latents: Float[Tensor, "b l d"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b frames c"]:
        """Normalised features of latents that are not standardised; frames past a clip's length mean nothing."""
        linear = self.linear(latents, lengths)
        _, tokens = self.decoder(linear, self.from_latent(latents), lengths)  # (b, n, w)
        tokens = F.pad(tokens, (0, 0, 0, HEAD_REACH // self.config.stride + 1))  # the same end with and without padding
        return linear + self.head(self.unpatch(tokens.mT)).mT[:, : linear.shape[1]].float()  # (b, frames, columns)

    def encode(self, features: Float[Tensor, "b frames columns"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b l d"]:
        """The standardised mean latent of each clip."""
        return (self.posterior(features, lengths)[0] - self.latent_mean) / self.latent_std

    def decode(self, latents: Float[Tensor, "b l d"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b frames columns"]:
        """Features in their own units from standardised latents; zero past a clip's length."""
        normal = self.reconstruct(latents * self.latent_std + self.latent_mean, lengths)
        features = normal * self.feature_std + self.feature_mean
        return features * frame_mask(lengths, features.shape[1])[..., None]

    def predict_lengths(self, latents: Float[Tensor, "b l d"]) -> Int[Tensor, " b"]:
        """How many frames the motion of a standardised latent has: the last number of each token says so."""
        share = (latents * self.latent_std + self.latent_mean)[..., -1].mean(dim=1) / LENGTH_SCALE
        return (share * self.config.max_frames).round().long().clamp(1, self.config.max_frames)


class Trunk(nn.Module):
    """A transformer over latent tokens and tokens of a few frames each."""

    def __init__(self, config: MEDConfig, layers: int) -> None:
        super().__init__()
        self.config = config
        self.patch = nn.Conv1d(
            config.columns, config.width, 2 * config.stride, config.stride, padding=config.stride // 2
        )
        self.place = nn.Parameter(torch.randn(config.tokens, config.width) * 0.02)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(
        self, normal: Float[Tensor, "b frames columns"], latents: Float[Tensor, "b l w"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b l w"], Float[Tensor, "b n w"]]:
        """The latent tokens and the frames' tokens; features past a clip's length must be zero, as tokens there are."""
        normal = F.pad(normal, (0, 0, 0, -normal.shape[1] % self.config.stride))  # (b, n stride, columns)
        tokens = self.patch(normal.mT).mT  # (b, n, w)
        tokens = torch.cat([latents + self.place, tokens + self._places(tokens.shape[1], lengths)], dim=1)
        mask = frame_mask(-(-lengths // self.config.stride) + self.config.tokens, tokens.shape[1])  # (b, l + n)
        for block in self.blocks:
            tokens = block(tokens, mask)
        tokens = self.norm(tokens).masked_fill(~mask[..., None], 0.0)
        return tokens[:, : self.config.tokens], tokens[:, self.config.tokens :]

    def _places(self, count: int, lengths: Int[Tensor, " b"]) -> Float[Tensor, "b n w"]:
        """Where a token stands: half of the width says how far from the start, half how far from the end."""
        start = torch.arange(count, device=lengths.device) * self.config.stride
        half = self.config.width // 2
        from_start = repeat(sinusoid(start, half), "n w -> b n w", b=len(lengths))
        return torch.cat([from_start, sinusoid(lengths[:, None] - start, half)], dim=-1)


def frame_mask(lengths: Int[Tensor, " b"], count: int) -> Bool[Tensor, "b count"]:
    """True for the first `lengths` places of each row."""
    return torch.arange(count, device=lengths.device) < lengths[:, None]
