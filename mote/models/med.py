"""MED: the motion encoder-decoder, a transformer VAE (MoTe, section 3.1; after MLD, Chen et al. 2023).

Four frames make one token, so attention is cheap; a convolution that overlaps the tokens' edges writes the frames,
so that nothing can jump between two tokens.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from mote.models.layers import Block, sinusoid

HEAD_REACH = 4
"""How many frames ahead the two convolutions of the head see."""


@dataclass(frozen=True, kw_only=True)
class MEDConfig:
    """The shape of a MED.  `tokens` is the paper's l; `stride` is how many frames one token of the trunk spans."""

    columns: int = 263
    tokens: int = 8
    dim: int = 64
    width: int = 256
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 4
    stride: int = 4
    head_width: int = 128
    max_frames: int = 196

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is a positive whole number, not {value!r}")
        if self.stride % 2:
            raise ValueError(f"stride is even, so that the patches overlap by half of it, not {self.stride}")


class MED(nn.Module):
    """Motion features to a latent of l tokens x d, and back for any number of frames up to `max_frames`.

    Features are HumanML3D's, unnormalised: mean and deviation are buffers.  Latents are standardised likewise.
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
        self.patch = nn.Conv1d(config.columns, width, 2 * stride, stride, padding=stride // 2)
        self.queries = nn.Parameter(torch.randn(config.tokens, width) * 0.02)
        self.encoder = nn.ModuleList(Block(width, config.heads) for _ in range(config.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.to_latent = nn.Linear(width, 2 * config.dim)
        nn.init.constant_(self.to_latent.bias[config.dim :], -6.0)  # almost no noise at the start: the KL adds it
        self.from_latent = nn.Linear(config.dim, width)
        self.latent_place = nn.Parameter(torch.randn(config.tokens, width) * 0.02)
        self.decoder = nn.ModuleList(Block(width, config.heads) for _ in range(config.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.unpatch = nn.ConvTranspose1d(width, config.head_width, 2 * stride, stride, padding=stride // 2)
        self.head = nn.Sequential(
            nn.GELU(approximate="tanh"),
            nn.Conv1d(config.head_width, config.head_width, 5, padding=2),
            nn.GELU(approximate="tanh"),
            nn.Conv1d(config.head_width, config.columns, 5, padding=2),
        )
        self.length = nn.Linear(config.tokens * config.dim, 1)

    def posterior(
        self, features: Float[Tensor, "b frames columns"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b l d"], Float[Tensor, "b l d"]]:
        """Mean and log-variance of the latent before it is standardised."""
        valid = frame_mask(lengths, features.shape[1])
        normal = (features - self.feature_mean) / self.feature_std
        normal = normal.masked_fill(~valid[..., None], 0.0)
        normal = F.pad(normal, (0, 0, 0, -normal.shape[1] % self.config.stride))  # (b, 4n, columns)
        tokens = self.patch(normal.mT).mT  # (b, n, w)
        tokens = tokens + self._places(tokens.shape[1], lengths)
        mask = self._token_mask(lengths, self.config.tokens + tokens.shape[1])
        near = self._nearness(tokens.shape[1], lengths).masked_fill(~mask[:, None, self.config.tokens :], -torch.inf)
        queries = self.queries + near.softmax(dim=-1) @ tokens  # (b, l, w)
        tokens = torch.cat([queries, tokens], dim=1)  # (b, l + n, w)
        for block in self.encoder:
            tokens = block(tokens, mask)
        latent = self.to_latent(self.encoder_norm(tokens[:, : self.config.tokens])).float()  # (b, l, 2d)
        mean, log_variance = latent.chunk(2, dim=-1)
        return mean, log_variance.clamp(-20, 10)

    def reconstruct(self, latents: Float[Tensor, "b l d"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b frames c"]:
        """Normalised features of latents that are not standardised; frames past a clip's length mean nothing."""
        count = -(-int(lengths.max()) // self.config.stride)
        memory = self.from_latent(latents) + self.latent_place  # (b, l, w)
        frames = self._nearness(count, lengths).softmax(dim=1).mT @ memory + self._places(count, lengths)  # (b, n, w)
        tokens = torch.cat([memory, frames], dim=1)  # (b, l + n, w)
        mask = self._token_mask(lengths, tokens.shape[1])
        for block in self.decoder:
            tokens = block(tokens, mask)
        tokens = self.decoder_norm(tokens[:, self.config.tokens :])
        tokens = tokens.masked_fill(~mask[:, self.config.tokens :, None], 0.0)  # (b, n, w)
        tokens = F.pad(tokens, (0, 0, 0, HEAD_REACH // self.config.stride + 1))  # the same end with and without padding
        return self.head(self.unpatch(tokens.mT)).mT[:, : int(lengths.max())].float()  # (b, frames, columns)

    def encode(self, features: Float[Tensor, "b frames columns"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b l d"]:
        """The standardised mean latent of each clip."""
        return (self.posterior(features, lengths)[0] - self.latent_mean) / self.latent_std

    def decode(self, latents: Float[Tensor, "b l d"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b frames columns"]:
        """Features in their own units from standardised latents; zero past a clip's length."""
        normal = self.reconstruct(latents * self.latent_std + self.latent_mean, lengths)
        features = normal * self.feature_std + self.feature_mean
        return features * frame_mask(lengths, features.shape[1])[..., None]

    def predict_lengths(self, latents: Float[Tensor, "b l d"]) -> Int[Tensor, " b"]:
        """How many frames the motion of a standardised latent has: its encoder saw the length, so the latent knows."""
        share = self.length_share(latents * self.latent_std + self.latent_mean)
        return (share * self.config.max_frames).round().long().clamp(1, self.config.max_frames)

    def length_share(self, latents: Float[Tensor, "b l d"]) -> Float[Tensor, " b"]:
        """Length over `max_frames` of latents that are not standardised."""
        return self.length(rearrange(latents, "b l d -> b (l d)")).squeeze(-1)

    def _places(self, count: int, lengths: Int[Tensor, " b"]) -> Float[Tensor, "b n w"]:
        """Where a token stands: half of the width says how far from the start, half how far from the end."""
        start = torch.arange(count, device=lengths.device) * self.config.stride
        half = self.config.width // 2
        from_start = repeat(sinusoid(start, half), "n w -> b n w", b=len(lengths))
        return torch.cat([from_start, sinusoid(lengths[:, None] - start, half)], dim=-1)

    def _nearness(self, count: int, lengths: Int[Tensor, " b"]) -> Float[Tensor, "b l n"]:
        """Log-weights that are highest where a latent token and a token of frames stand at the same part of the clip.

        They only say where each token starts: from there attention may look anywhere.  Starting from nowhere in
        particular, ten times the training does not reach the same reconstruction.
        """
        centre = (torch.arange(count, device=lengths.device) + 0.5) * self.config.stride
        part = centre / lengths[:, None] * self.config.tokens  # (b, n)
        latent = torch.arange(self.config.tokens, device=lengths.device) + 0.5
        return -2 * (part[:, None] - latent[:, None]).square()

    def _token_mask(self, lengths: Int[Tensor, " b"], count: int) -> Bool[Tensor, "b l+n"]:
        tokens = -(-lengths // self.config.stride) + self.config.tokens
        return frame_mask(tokens, count)


def frame_mask(lengths: Int[Tensor, " b"], count: int) -> Bool[Tensor, "b count"]:
    """True for the first `lengths` places of each row."""
    return torch.arange(count, device=lengths.device) < lengths[:, None]
