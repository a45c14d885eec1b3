"""Stage 1: the motion encoder-decoder, on features and on the joints that they make (MLD, equation 1)."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mote.checkpoint import load, save
from mote.models.med import MED, MEDConfig, frame_mask
from mote.motion.features import Layout, recover, trajectory
from mote.motion.quality import jitter
from train import sizes
from train.command import command
from train.data import Batch, Clips, statistics
from train.engine import engine, on_main, shared
from train.loop import FitConfig, add_arguments, add_fields, asked, fields_asked, fit


@dataclass(frozen=True, kw_only=True)
class MEDTraining:
    """Weights of the losses.  Lengths count in metres, so that a weight means the same for every motion.

    Args:
        arms: how much more elbows and wrists count than other joints: a wave or a punch is short, and theirs alone.
        rotations: weight of the 6D columns, which repeat what the positions say.
        even: the principal components look at all columns alike, not at what moves a body most.
    """

    batch: int = 32
    features: float = 1.0
    joints: float = 10.0
    velocity: float = 10.0
    acceleration: float = 2.0
    path: float = 1.0
    heading: float = 1.0
    kl: float = 1e-4
    arms: float = 1.0
    rotations: float = 0.2
    even: bool = False


def loss(model: MED, batch: Batch, chance: torch.Generator, weights: MEDTraining) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of all losses over the frames that are there, and each of them."""
    mean, log_variance = model.posterior(batch.features, batch.lengths)
    noise = torch.randn(mean.shape, generator=chance).to(mean.device)
    latent = mean + noise * (0.5 * log_variance).exp()
    normal = model.reconstruct(latent, batch.lengths)
    valid = frame_mask(batch.lengths, normal.shape[1])
    target = (batch.features - model.feature_mean) / model.feature_std
    column_weights = torch.ones(normal.shape[-1], device=normal.device)
    column_weights[model.config.layout.rotations] = weights.rotations
    made = normal * model.feature_std + model.feature_mean
    parts = {
        "features": _masked(F.smooth_l1_loss(normal, target, reduction="none") * column_weights, valid),
        "kl": -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).mean(),
        **_motion_losses(made, batch.features, valid, model.config, weights.arms),
    }
    total = sum((getattr(weights, name) * value for name, value in parts.items()), torch.zeros(()))
    return total, {name: value.item() for name, value in parts.items()}


def _motion_losses(made: Tensor, real: Tensor, valid: Tensor, config: MEDConfig, arms: float) -> dict[str, Tensor]:
    """Mean distances in metres of joints around the root, of their first and second differences, and of the path."""
    layout, unit = config.layout, config.unit
    joints, real_joints = (recover(_without_path(part, layout), layout) for part in (made, real))
    difference = (joints - real_joints) * unit
    velocity = difference[:, 1:] - difference[:, :-1]
    acceleration = velocity[:, 1:] - velocity[:, :-1]
    weights = torch.ones(joints.shape[-2], device=joints.device)
    weights[[layout.skeleton.names.index(joint) for joint in ARMS]] = arms
    weights /= weights.mean()
    (heading, _), (real_heading, real_root) = trajectory(made, layout), trajectory(real, layout)
    _, root = trajectory(_with_turn(made, real, layout), layout)
    return {
        "joints": _masked(_distance(difference, 0.05) * weights, valid),
        "velocity": _masked(_distance(velocity, 0.02) * weights, valid[:, 1:]),
        "acceleration": _masked(_distance(acceleration, 0.02) * weights, valid[:, 2:]),
        "path": _masked(_distance((root - real_root) * unit, 0.1), valid),
        "heading": _masked(_distance((heading - real_heading)[..., None], 0.1), valid),
    }


def _without_path(features: Tensor, layout: Layout) -> Tensor:
    """The features of the same poses on the spot, facing +Z."""
    features = features.clone()
    features[..., layout.turn] = 0
    features[..., layout.velocity] = 0
    return features


def _with_turn(made: Tensor, real: Tensor, layout: Layout) -> Tensor:
    """The made features with the real turns: summed along a wrong heading, a path's gradient is mostly noise."""
    made = made.clone()
    made[..., layout.turn] = real[..., layout.turn]
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


WEIGHTS = {
    "arms": "how much more elbows and wrists count than other joints",
    "velocity": "weight of the differences from frame to frame",
}
"""The fields of MEDTraining that are options of the command."""
ARMS = ("left elbow", "right elbow", "left wrist", "right wrist")


def importance(layout: Layout, *, even: bool = False) -> Tensor:
    """What the principal components look at, in deviations of a column, (columns,): all alike, or what moves a body.

    An error of the root adds up along the path, and hands say more with small movements than the rest of the body.
    """
    if even:
        return torch.ones(layout.columns)
    weights = torch.zeros(layout.columns)
    weights[layout.turn] = weights[layout.velocity] = 3.0
    weights[layout.height] = weights[layout.positions] = 1.0
    for joint in ARMS:
        weights[layout.position(joint)] = 2.0
    return weights


@torch.no_grad()
def set_components(model: MED, clips: Clips, size: int = 64, *, even: bool = False) -> None:
    """Set MED's linear maps: principal components of the clips' parts, and the best linear way back from them."""
    where = next(model.parameters()).device
    count, total = 0, torch.zeros(model.gather.in_features, dtype=torch.float64)
    squares = torch.zeros(len(total), len(total), dtype=torch.float64)
    for rows in torch.from_numpy(clips.by_length.copy()).split(size):
        for mirrored in clips.sides:
            batch = clips.batch(rows.tolist(), limit=model.config.max_frames, mirrored=mirrored).to(where)
            normal = (batch.features - model.feature_mean) / model.feature_std
            normal = normal * frame_mask(batch.lengths, normal.shape[1])[..., None]
            points = model.points(normal, batch.lengths).flatten(0, 1)  # (b l, p c)
            count += len(points)
            total += points.sum(0).cpu()
            squares += (points.T @ points).cpu()
    mean = total / count
    covariance = squares / count - mean[:, None] * mean  # (p c, p c)
    scale = importance(model.config.layout, even=even).repeat(model.config.points).double()
    seen = scale.nonzero().squeeze(1)
    weighted = covariance[seen[:, None], seen] * scale[seen] * scale[seen, None]
    gather = torch.zeros(len(scale), model.config.dim - 1, dtype=torch.float64)  # (p c, d)
    vectors = torch.linalg.eigh(weighted).eigenvectors[:, 1 - model.config.dim :].flip(1)
    vectors *= vectors.gather(0, vectors.abs().argmax(0, keepdim=True)).sign()  # else the number of threads decides it
    gather[seen] = scale[seen, None] * vectors
    variance = gather.T @ covariance @ gather  # (d, d), diagonal
    model.gather.weight.copy_(gather.T)
    model.gather.bias.copy_(-mean @ gather)
    model.spread.weight.copy_(covariance @ gather @ torch.linalg.pinv(variance, hermitian=True))
    model.spread.bias.copy_(mean)


@torch.no_grad()
def encode_all(
    model: MED, clips: Clips, *, mirrored: bool = False, trim: torch.Generator | None = None, size: int = 64
) -> tuple[Tensor, Tensor]:
    """The standardised latents (clips, l, d) of whole clips, or of clips a little trimmed, and their lengths (clips,)
    in frames, on the CPU. All processes come here together, and share the clips out."""
    where = next(model.parameters()).device
    parts = torch.from_numpy(clips.by_length.copy()).split(size)
    seeds = None if trim is None else torch.randint(2**31, (len(parts),), generator=trim).tolist()

    def encode(place: int) -> tuple[Tensor, Tensor]:
        chance = None if seeds is None else torch.Generator().manual_seed(seeds[place])
        batch = clips.batch(parts[place].tolist(), limit=model.config.max_frames, mirrored=mirrored, trim=chance)
        return model.encode(batch.features.to(where), batch.lengths.to(where)).float().cpu(), batch.lengths

    latents = torch.empty(len(clips), model.config.tokens, model.config.dim)
    lengths = torch.empty(len(clips), dtype=torch.long)
    for rows, made in zip(parts, shared(encode, range(len(parts))), strict=True):
        latents[rows], lengths[rows] = made
    return latents, lengths


@torch.no_grad()
def errors(model: MED, clips: Clips, size: int = 64) -> dict[str, float]:
    """Mean joint error around the root and mean root error in millimetres, jitter over that of the real clips, and the
    mean square error of the normalised features. All processes come here together, and share the clips out."""
    parts = torch.from_numpy(clips.by_length.copy()).split(size)
    rows = [row for part in shared(lambda part: _errors(model, clips, part.tolist()), parts) for row in part]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    jitters = means.pop("jitter") / means.pop("real_jitter")
    return means | {"jitter": jitters}


def _errors(model: MED, clips: Clips, rows: list[int]) -> list[dict[str, float]]:
    """The figures of `errors` of each of some clips."""
    where = next(model.parameters()).device
    batch = clips.batch(rows, limit=model.config.max_frames)
    features, lengths = batch.features.to(where), batch.lengths.to(where)
    decoded = model.decode(model.encode(features, lengths), lengths)
    made, real = (recover(part, model.config.layout) * model.config.unit for part in (decoded, features))
    squares = ((decoded - features) / model.feature_std).square().mean(dim=-1)  # (b, frames), zero past the end
    found = []
    for one, other, length, square in zip(made, real, batch.lengths.tolist(), squares.sum(dim=1), strict=True):
        one, other = one[:length], other[:length]
        local = (one - one[:, :1]) - (other - other[:, :1])
        figures = {"features": square.item() / length}
        figures["joint_mm"] = local.norm(dim=-1).mean().item() * 1000
        figures["root_mm"] = (one - other)[:, 0].norm(dim=-1).mean().item() * 1000
        figures["jitter"], figures["real_jitter"] = (jitter(joints.cpu().numpy()) for joints in (one, other))
        found.append(figures)
    return found


def train(
    prepared: Path,
    out: Path,
    config: MEDConfig,
    training: MEDTraining,
    fitting: FitConfig,
    start: Path | None = None,
) -> MED:
    """Fit a MED of the data's columns on the training split, standardise its latents, and save it to `out`.

    From the one in `start` its decoder goes on, and its latents stay as they are.
    """
    clips, validation = Clips.load(prepared, "train"), Clips.load(prepared, "val")
    torch.manual_seed(fitting.seed)
    form, columns = clips.form, clips.layout.columns
    if start:
        model = load(MED, MEDConfig, start, engine().device).requires_grad_(False)
        if model.config.columns != columns:
            raise ValueError(f"{start} is of {model.config.columns} columns, the clips in {prepared} have {columns}")
        read_too = [model.from_latent] if model.encoder is None else []  # an encoder reads by it
        for part in (model.spread, model.decoder, model.unpatch, model.head, *read_too):
            part.requires_grad_(True)
    else:
        model = MED(replace(config, columns=columns, lengths=form.lengths, min_frames=form.min_frames))
        model.feature_mean, model.feature_std = statistics(clips.features)
        model = model.to(engine().device)
        set_components(model, clips, even=training.even)
    if model.encoder is None and not start:  # the latents stay, so that the denoiser can be trained meanwhile
        model.gather.requires_grad_(False)
        standardise(model, clips)
        on_main(save, model, out)

    def batches(_: int, chance: torch.Generator) -> Batch:
        return clips.sample(training.batch, chance, limit=config.max_frames, crop=True).to(engine().device)

    model = fit(
        model,
        batches,
        lambda model, batch, chance: loss(model, batch, chance, training),
        config=fitting,
        out=out,
        validate=lambda model: errors(model, validation),
    )
    if not start:
        standardise(model, clips)
    on_main(save, model, out)
    return model


def standardise(model: MED, clips: Clips) -> None:
    """Set the latent's mean and deviation from the training clips and their mirror images."""
    model.latent_mean.zero_()
    model.latent_std.fill_(1)
    latents = torch.cat([encode_all(model, clips, mirrored=mirrored)[0] for mirrored in clips.sides])
    model.latent_mean.copy_(latents.mean(0))
    model.latent_std.copy_(latents.std(0).clamp_min(1e-3))


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--out", type=Path, required=True)
    sizes.add_arguments(parser)
    parser.add_argument("--tokens", type=int, help="of the latent, l in the paper; those of the size if left out")
    parser.add_argument("--dim", type=int, help="numbers of a token, likewise")
    parser.add_argument("--points", type=int, help="moments of a token's share of the clip; fewer for more tokens")
    parser.add_argument("--even", action="store_true", help="components of all columns alike, not what moves a body")
    parser.add_argument("--start", type=Path, help="a trained MED: its decoder goes on, its latents stay as they are")
    add_fields(parser, MEDTraining(), WEIGHTS)
    add_arguments(parser, minutes=60, lr=5e-4)
    args = parser.parse_args(arguments)
    fitting = FitConfig(**asked(args), validate_every=2000)
    fields = sizes.fields(args, "med", "tokens", "dim", "points")
    if args.tokens and not args.points:
        fields["points"] = MEDConfig.tokens * MEDConfig.points // args.tokens  # as many in all
    config = MEDConfig(**fields)
    training = MEDTraining(**fields_asked(args, WEIGHTS), even=args.even)
    model = train(args.data, args.out, config, training, fitting, args.start)
    on_main(print, errors(model, Clips.load(args.data, "test")))


if __name__ == "__main__":
    main()
