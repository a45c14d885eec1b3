"""From motions and sentences to the latents of the denoiser, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mote.models.med import MED, MEDConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.contact import level_floor, lifted, plant_feet
from mote.motion.features import from_motion, to_motion, trimmed
from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.retarget import canonical, fit
from mote.motion.skeleton import HUMANML3D
from mote.motion.tremble import steadied
from mote.sides import mirror_text

VIEWS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""A caption is the mean of a draw for each of these views of its motion, cut by so much of what may go at the start and
at the end (`trimmed`): many sentences fit a motion, and what they agree on is what it shows."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The seconds that a motion of a model lasts, least and most, and its frames a second."""

    least: float
    most: float
    fps: float

    @classmethod
    def of(cls, config: MEDConfig) -> Limits:
        """Those of the clips that a MED learned."""
        fps = config.skeleton.fps
        return cls(least=config.min_frames / fps, most=config.max_frames / fps, fps=fps)

    def __str__(self) -> str:
        return f"{self.least:.4g} to {self.most:.4g} s"

    def include(self, seconds: float, spare: float = 0.0) -> bool:
        """Whether a motion may last so long, or `spare` seconds less."""
        return self.least <= seconds <= self.most + spare


def encode_motions(med: MED, motions: Sequence[Motion]) -> tuple[Tensor, Tensor]:
    """Latents (b, views, l, d), the first of the whole motion, and lengths (b,) in frames.

    Raises:
        ValueError: a motion, of any frame rate and on either skeleton, is not within the model's limits.
    """
    config, limits, clips = med.config, Limits.of(med.config), []
    for motion in motions:
        clip = canonical(fit(motion, config.skeleton).resample(limits.fps))
        if not limits.include(clip.seconds, 2 / limits.fps):
            raise ValueError(
                f"the motion lasts {motion.seconds:.1f} s: the model takes {limits}; "
                "cut it, for example with motion[:frames]"
            )
        clips.append(torch.from_numpy(from_motion(clip, config.layout, config.unit)[: config.max_frames]))
    views = [trimmed(clip, *cut, least=config.min_frames) for clip in clips for cut in VIEWS]
    lengths = torch.tensor([len(view) for view in views], device=med.feature_mean.device)
    features = torch.nn.utils.rnn.pad_sequence(views, batch_first=True).to(med.feature_mean.device)
    latents = med.encode(features, lengths).float().unflatten(0, (-1, len(VIEWS)))
    return latents, lengths[:: len(VIEWS)]


def decode_motions(med: MED, latents: Tensor, frames: Tensor) -> list[Motion]:
    """The motions of latents (b, l, d), of so many frames each, (b,); 0 are as many as the latent says."""
    chosen = med.predict_lengths(latents).clamp(min=med.config.min_frames)
    lengths = torch.where(frames > 0, frames, chosen)
    features = med.decode(latents, lengths).float().cpu().numpy()
    return [_to_motion(clip[:length], med.config) for clip, length in zip(features, lengths.tolist(), strict=True)]


def decode_texts(ted: TextAutoencoder, latents: Tensor, count: int, each: int = 1) -> list[str]:
    """The sentences of the first `count` latents, the best `each` of one after another; any latents behind them are of
    the mirrored motions."""
    own, *mirrored = latents.split(count)
    texts = ted.decode(own, each)
    return with_sides(ted, texts, (own - mirrored[0]).repeat_interleave(each, dim=0)) if mirrored else texts


def with_sides(ted: TextAutoencoder, texts: list[str], difference: Tensor) -> list[str]:
    """Captions with left and right exchanged where a motion and its mirror image together say so.

    Which hand moves is what a caption of a motion gets wrong most easily.  What changes when left and right change
    in its words should change when the motion does: `difference` (b, k, d) is from its latent to that of its mirror
    image.
    """
    sided = {row: other for row, text in enumerate(texts) if (other := mirror_text(text)) != text}
    if not sided:
        return texts
    change = ted.encode([texts[row] for row in sided]) - ted.encode([*sided.values()])
    meant, _ = ted.parts(change.float())  # (sided, k, meaning)
    shown, _ = ted.parts(difference[[*sided]])  # (sided, k, meaning)
    agree = (meant * shown).sum(dim=(1, 2)).tolist()
    exchanged = {row: other for (row, other), value in zip(sided.items(), agree, strict=True) if value < 0}
    return [exchanged.get(row, text) for row, text in enumerate(texts)]


def _to_motion(features: np.ndarray, config: MEDConfig) -> Motion:
    """The motion of one clip's features, with even bones, trembling and sliding less, on one floor.

    KIT-ML's labels call a foot standing that is as good as still, 0.4 mm a frame: there is nothing to plant by.
    """
    made = to_motion(features, config.layout, config.unit)
    body = Motion(with_bone_lengths(steadied(made.joints, made.fps), config.skeleton), made.fps).on_floor()
    if config.skeleton.names == HUMANML3D.names:
        contacts = features[:, config.layout.contacts]
        planted = plant_feet(level_floor(body.joints, contacts), contacts)
        body = Motion(lifted(planted, planted[..., 1].min(axis=1), made.fps), made.fps)
    return canonical(body)
