"""Stage 1: the motion encoder-decoder, on features and on the joints that they make (MLD, equation 1)."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mote import device as devices
from mote.checkpoint import save
from mote.models.med import MED, MEDConfig, frame_mask
from mote.motion.features import LAYOUT, recover, trajectory
from train import sizes
from train.data import Batch, Clips, statistics
from train.loop import FitConfig, fit
from train.metrics_body import jitter


@dataclass(frozen=True, kw_only=True)
class MEDTraining:
    """Weights of the losses.  Lengths count in metres, so that a weight means the same for every motion."""

    batch: int = 32
    features: float = 1.0
    joints: float = 10.0
    velocity: float = 10.0
    acceleration: float = 2.0
    path: float = 1.0
    heading: float = 1.0
    kl: float = 1e-4
    rotations: float = 0.2
    """The 6D columns repeat what the positions say: they count less."""


def loss(model: MED, batch: Batch, chance: torch.Generator, weights: MEDTraining) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of all losses over the frames that are there, and each of them."""
    mean, log_variance = model.posterior(batch.features, batch.lengths)
    noise = torch.randn(mean.shape, generator=chance).to(mean.device)
    latent = mean + noise * (0.5 * log_variance).exp()
    normal = model.reconstruct(latent, batch.lengths)
    valid = frame_mask(batch.lengths, normal.shape[1])
    target = (batch.features - model.feature_mean) / model.feature_std
    column_weights = torch.ones(normal.shape[-1], device=normal.device)
    column_weights[LAYOUT.rotations] = weights.rotations
    made = normal * model.feature_std + model.feature_mean
    parts = {
        "features": _masked(F.smooth_l1_loss(normal, target, reduction="none") * column_weights, valid),
        "kl": -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).mean(),
        **_motion_losses(made, batch.features, valid),
    }
    total = sum((getattr(weights, name) * value for name, value in parts.items()), torch.zeros(()))
    return total, {name: value.item() for name, value in parts.items()}


def _motion_losses(made: Tensor, real: Tensor, valid: Tensor) -> dict[str, Tensor]:
    """Mean distances in metres of joints around the root, of their first and second differences, and of the path."""
    joints, real_joints = recover(_without_path(made)), recover(_without_path(real))
    difference = joints - real_joints
    velocity = difference[:, 1:] - difference[:, :-1]
    acceleration = velocity[:, 1:] - velocity[:, :-1]
    (heading, _), (real_heading, real_root) = trajectory(made), trajectory(real)
    _, root = trajectory(_with_turn(made, real))
    return {
        "joints": _masked(_distance(difference, 0.05), valid),
        "velocity": _masked(_distance(velocity, 0.02), valid[:, 1:]),
        "acceleration": _masked(_distance(acceleration, 0.02), valid[:, 2:]),
        "path": _masked(_distance(root - real_root, 0.1), valid),
        "heading": _masked(_distance((heading - real_heading)[..., None], 0.1), valid),
    }


def _without_path(features: Tensor) -> Tensor:
    """The features of the same poses on the spot, facing +Z."""
    features = features.clone()
    features[..., LAYOUT.turn] = 0
    features[..., LAYOUT.velocity] = 0
    return features


def _with_turn(made: Tensor, real: Tensor) -> Tensor:
    """The made features with the real turns: summed along a wrong heading, a path's gradient is mostly noise."""
    made = made.clone()
    made[..., LAYOUT.turn] = real[..., LAYOUT.turn]
    return made


def _distance(difference: Tensor, knee: float) -> Tensor:
    """Length of vectors beyond the knee, its square below (pseudo-Huber).

    A length that is sharp at zero draws every velocity to none, and training stops at the mean pose.
    """
    return (difference.square().sum(-1) + knee**2).sqrt() - knee


def _masked(values: Tensor, valid: Tensor) -> Tensor:
    """Mean over valid frames (b, frames) of values (b, frames, ...)."""
    weights = valid.view(*valid.shape, *[1] * (values.ndim - 2)).expand_as(values)
    return (values * weights).sum() / weights.sum()


ARMS = ("left elbow", "right elbow", "left wrist", "right wrist")
IMPORTANCE = (
    (LAYOUT.turn, 3.0),
    (LAYOUT.velocity, 3.0),
    (LAYOUT.height, 1.0),
    (LAYOUT.positions, 1.0),
    *((LAYOUT.position(joint), 2.0) for joint in ARMS),
)
"""What the principal components look at, in deviations of a column: an error of the root adds up along the path, and
hands say more with small movements than the rest of the body."""


@torch.no_grad()
def set_components(model: MED, clips: Clips, size: int = 64) -> None:
    """Set MED's linear maps: principal components of the clips' parts, and the best linear way back from them."""
    where = next(model.parameters()).device
    weights = torch.zeros(model.config.columns)
    for columns, weight in IMPORTANCE:
        weights[columns] = weight
    parts = []
    for rows in torch.from_numpy(clips.by_length.copy()).split(size):
        for mirrored in (False, True):
            batch = clips.batch(rows.tolist(), limit=model.config.max_frames, mirrored=mirrored).to(where)
            normal = (batch.features - model.feature_mean) / model.feature_std
            normal = normal * frame_mask(batch.lengths, normal.shape[1])[..., None]
            parts.append(model.points(normal, batch.lengths).flatten(0, 1).cpu())
    points = torch.cat(parts)  # (clips l, p c)
    mean = points.mean(0)
    points -= mean
    covariance = (points.T @ points / len(points)).double()  # (p c, p c)
    scale = weights.repeat(model.config.points).double()
    seen = scale.nonzero().squeeze(1)
    weighted = covariance[seen[:, None], seen] * scale[seen] * scale[seen, None]
    gather = torch.zeros(len(scale), model.config.dim - 1, dtype=torch.float64)  # (p c, d)
    gather[seen] = scale[seen, None] * torch.linalg.eigh(weighted).eigenvectors[:, 1 - model.config.dim :].flip(1)
    variance = gather.T @ covariance @ gather  # (d, d), diagonal
    model.gather.weight.copy_(gather.T)
    model.gather.bias.copy_(-mean.double() @ gather)
    model.spread.weight.copy_(covariance @ gather @ torch.linalg.inv(variance))
    model.spread.bias.copy_(mean)


@torch.no_grad()
def encode_all(
    model: MED, clips: Clips, *, mirrored: bool = False, trim: torch.Generator | None = None, size: int = 64
) -> tuple[Tensor, Tensor]:
    """The standardised latents (clips, l, d) of whole clips, or of clips a little trimmed, and their lengths (clips,)
    in frames, on the CPU."""
    where = next(model.parameters()).device
    latents = torch.empty(len(clips), model.config.tokens, model.config.dim)
    lengths = torch.empty(len(clips), dtype=torch.long)
    for rows in torch.from_numpy(clips.by_length.copy()).split(size):
        batch = clips.batch(rows.tolist(), limit=model.config.max_frames, mirrored=mirrored, trim=trim)
        latents[rows] = model.encode(batch.features.to(where), batch.lengths.to(where)).float().cpu()
        lengths[rows] = batch.lengths
    return latents, lengths


@torch.no_grad()
def errors(model: MED, clips: Clips, size: int = 64) -> dict[str, float]:
    """Mean joint error around the root and mean root error in millimetres, jitter over that of the real clips, and the
    mean square error of the normalised features."""
    where = next(model.parameters()).device
    sums: dict[str, list[float]] = {"joint_mm": [], "root_mm": [], "jitter": [], "real_jitter": [], "features": []}
    for rows in torch.from_numpy(clips.by_length.copy()).split(size):
        batch = clips.batch(rows.tolist(), limit=model.config.max_frames)
        features, lengths = batch.features.to(where), batch.lengths.to(where)
        decoded = model.decode(model.encode(features, lengths), lengths)
        made, real = recover(decoded), recover(features)
        squares = ((decoded - features) / model.feature_std).square().mean(dim=-1)  # (b, frames), zero past the end
        sums["features"] += (squares.sum(dim=1) / lengths).tolist()
        for one, other, length in zip(made, real, batch.lengths.tolist(), strict=True):
            one, other = one[:length], other[:length]
            local = (one - one[:, :1]) - (other - other[:, :1])
            sums["joint_mm"].append(local.norm(dim=-1).mean().item() * 1000)
            sums["root_mm"].append((one - other)[:, 0].norm(dim=-1).mean().item() * 1000)
            sums["jitter"].append(jitter(one.cpu().numpy()))
            sums["real_jitter"].append(jitter(other.cpu().numpy()))
    means = {name: sum(values) / len(values) for name, values in sums.items()}
    jitters = means.pop("jitter") / means.pop("real_jitter")
    return means | {"jitter": jitters}


def train(prepared: Path, out: Path, config: MEDConfig, training: MEDTraining, fitting: FitConfig) -> MED:
    """Fit a MED on the training split, standardise its latents, and save it to `out`."""
    clips, validation = Clips.load(prepared, "train"), Clips.load(prepared, "val")
    torch.manual_seed(fitting.seed)
    model = MED(config)
    model.feature_mean, model.feature_std = statistics(clips.features)
    model = model.to(devices.choose())
    set_components(model, clips)
    if model.encoder is None:  # the latents stay as they are, so that the denoiser can be trained meanwhile
        model.gather.requires_grad_(False)
        standardise(model, clips)
        save(model, out)

    def batches(_: int, chance: torch.Generator) -> Batch:
        return clips.sample(training.batch, chance, limit=config.max_frames, crop=True).to(devices.choose())

    model = fit(
        model,
        batches,
        lambda model, batch, chance: loss(model, batch, chance, training),
        config=fitting,
        out=out,
        validate=lambda model: errors(model, validation),
    )
    standardise(model, clips)
    save(model, out)
    return model


def standardise(model: MED, clips: Clips) -> None:
    """Set the latent's mean and deviation from the training clips and their mirror images."""
    model.latent_mean.zero_()
    model.latent_std.fill_(1)
    latents = torch.cat([encode_all(model, clips, mirrored=mirrored)[0] for mirrored in (False, True)])
    model.latent_mean.copy_(latents.mean(0))
    model.latent_std.copy_(latents.std(0).clamp_min(1e-3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, required=True)
    sizes.add_arguments(parser)
    parser.add_argument("--tokens", type=int, help="of the latent, l in the paper; those of the size if left out")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--lr", type=float, default=5e-4)
    args = parser.parse_args()
    fitting = FitConfig(lr=args.lr, minutes=args.minutes, steps=args.steps, validate_every=2000)
    fields = sizes.fields(args, "med", "tokens")
    if args.tokens:
        fields["points"] = MEDConfig.tokens * MEDConfig.points // args.tokens  # as many in all
    config = MEDConfig(**fields)
    model = train(args.data, args.out, config, MEDTraining(), fitting)
    print(errors(model, Clips.load(args.data, "test")))


if __name__ == "__main__":
    main()
