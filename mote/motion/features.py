"""HumanML3D's 263 features of a frame and KIT-ML's 251 (Guo et al. 2022, section 3), from joints and back.

The columns stand in `Layout` and nowhere else.  A frame's velocities lead to the next frame, so `frames` positions
make `frames - 1` rows of features.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

from mote.motion.motion import Motion
from mote.motion.rotation import between, inverse, multiply, normalise, rotate, to_6d
from mote.motion.skeleton import HUMANML3D, KIT, Skeleton

Rows = TypeVar("Rows", np.ndarray, Tensor)

TRIM = 0.05
"""The share of a clip that may be cut off at either end without a word of its captions becoming wrong."""

SMOOTHING = 20.0
"""Standard deviation in frames of the Gaussian that steadies the facing direction, as in Guo et al.'s code."""


@dataclass(frozen=True)
class Layout:
    """Where each kind of feature stands among the columns; slices of the last axis."""

    skeleton: Skeleton

    @cached_property
    def _ends(self) -> list[int]:
        bones = len(self.skeleton.names) - 1
        widths = (1, 2, 1, 3 * bones, 6 * bones, 3 * bones + 3, 2, 2)
        return [0, *np.cumsum(widths).tolist()]

    def _slice(self, number: int) -> slice:
        return slice(self._ends[number], self._ends[number + 1])

    @property
    def turn(self) -> slice:
        """Half the root's turn about Y to the next frame, in radians (1)."""
        return self._slice(0)

    @property
    def velocity(self) -> slice:
        """The root's step to the next frame along X and Z of the body, in metres (2)."""
        return self._slice(1)

    @property
    def height(self) -> slice:
        """The root's height in metres (1)."""
        return self._slice(2)

    @property
    def positions(self) -> slice:
        """Joints other than the root as seen from the point below the root, facing +Z, in metres (3 a joint)."""
        return self._slice(3)

    def position(self, joint: str) -> slice:
        """The position of one joint other than the root (3)."""
        start = self.positions.start + 3 * (self.skeleton.names.index(joint) - 1)
        return slice(start, start + 3)

    @property
    def rotations(self) -> slice:
        """Rotations of the bones as 6D (6 a joint other than the root)."""
        return self._slice(4)

    @property
    def velocities(self) -> slice:
        """Every joint's step to the next frame in the body's frame, in metres (3 a joint)."""
        return self._slice(5)

    @property
    def contacts(self) -> slice:
        """1 where left ankle, left toe, right ankle, right toe stand still (4)."""
        return slice(self._ends[6], self._ends[8])

    @property
    def columns(self) -> int:
        return self._ends[-1]

    @cached_property
    def mirrored(self) -> tuple[np.ndarray, np.ndarray]:
        """(order, signs), each (columns,): `features[:, order] * signs` are those of the mirrored motion."""
        order, signs = np.arange(self.columns), np.ones(self.columns)
        signs[self.turn] = -1
        signs[self.velocity] = [-1, 1]
        joints = np.array(self.skeleton.mirrored)
        for part, width, flips in (
            (self.positions, 3, [-1, 1, 1]),
            (self.rotations, 6, [1, -1, -1, -1, 1, 1]),
            (self.velocities, 3, [-1, 1, 1]),
        ):
            columns = np.arange(part.start, part.stop).reshape(-1, width)
            partner = joints if len(columns) == len(joints) else joints[1:] - 1
            order[part] = columns[partner].ravel()
            signs[part] = np.tile(flips, len(columns))
        order[self.contacts] = np.roll(np.arange(self.contacts.start, self.contacts.stop), 2)
        return order, signs


LAYOUT = Layout(HUMANML3D)
KIT_LAYOUT = Layout(KIT)
LAYOUTS: dict[int, Layout] = {layout.columns: layout for layout in (LAYOUT, KIT_LAYOUT)}
"""The layout of features with so many columns."""


def smooth(values: np.ndarray, deviation: float) -> np.ndarray:
    """Gaussian smoothing along the first axis, edges repeated, the kernel cut at four deviations."""
    reach = int(4 * deviation + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    padded = np.pad(values, [(reach, reach), (0, 0)], mode="edge")
    return sliding_window_view(padded, len(kernel), axis=0) @ (kernel / kernel.sum())


def headings(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Rotations (frames, 4) about Y that turn the body to face +Z.

    The hips count against the shoulders, as in Guo et al.'s code, which exchanges the two hips here; every published
    feature file has it so.
    """
    first_hip, second_hip, first_shoulder, second_shoulder = (joints[:, j] for j in skeleton.facing)
    across = normalise(second_hip - first_hip + first_shoulder - second_shoulder)
    forward = smooth(np.cross([0.0, 1.0, 0.0], across), SMOOTHING)
    turns = between(forward, np.array([0.0, 0.0, 1.0]))
    turns[0] = [1.0, 0.0, 0.0, 0.0]  # the published files take the first frame as it stands
    return turns


def bone_rotations(joints: np.ndarray, root: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Rotations (frames, joints, 4) that turn each chain's rest directions into the recorded ones, root first."""
    rotations = np.empty((*joints.shape[:2], 4))
    rotations[:, 0] = root
    for chain in skeleton.chains:
        turned = root
        for parent, child in itertools.pairwise(chain):
            world = between(skeleton.directions[child], joints[:, child] - joints[:, parent])
            rotations[:, child] = multiply(inverse(turned), world)
            turned = world
    return rotations


def contacts(joints: np.ndarray, skeleton: Skeleton = HUMANML3D) -> np.ndarray:
    """Whether left ankle, left toe, right ankle, right toe stand still: (frames - 1, 4) bool of (frames, joints, 3)."""
    feet = joints[:, [*skeleton.left_foot, *skeleton.right_foot]]
    return ((feet[1:] - feet[:-1]) ** 2).sum(-1) < skeleton.contact_speed


def to_features(joints: np.ndarray, layout: Layout = LAYOUT) -> np.ndarray:
    """Features (frames - 1, 263) float32 of joints (frames, 22, 3) on the floor, facing +Z at the start; KIT alike.

    Raises:
        ValueError: fewer than two frames, or another number of joints.
    """
    skeleton = layout.skeleton
    joints = np.asarray(joints, dtype=np.float64)
    if joints.ndim != 3 or joints.shape[1:] != (len(skeleton.names), 3) or len(joints) < 2:
        raise ValueError(f"features need at least 2 frames of {len(skeleton.names)} joints, not {joints.shape}")
    heading = headings(joints, skeleton)
    steps = joints[1:] - joints[:-1]
    turns = multiply(heading[1:], inverse(heading[:-1]))
    local = rotate(heading[:, None], joints - joints[:, :1] * [1, 0, 1])
    features = np.empty((len(joints) - 1, layout.columns))
    features[:, layout.turn] = np.arcsin(turns[:, 2:3])
    features[:, layout.velocity] = rotate(heading[1:], steps[:, 0])[:, [0, 2]]
    features[:, layout.height] = local[:-1, 0, 1:2]
    features[:, layout.positions] = local[:-1, 1:].reshape(len(steps), -1)
    features[:, layout.rotations] = to_6d(bone_rotations(joints, heading, skeleton)[:-1, 1:]).reshape(len(steps), -1)
    features[:, layout.velocities] = rotate(heading[:-1, None], steps).reshape(len(steps), -1)
    features[:, layout.contacts] = contacts(joints, skeleton)
    return features.astype(np.float32)


def trajectory(
    features: Float[Tensor, "*batch frames columns"], layout: Layout = LAYOUT
) -> tuple[Float[Tensor, "*batch frames"], Float[Tensor, "*batch frames 2"]]:
    """The root's heading in radians about Y and its X and Z in metres, summed up from its velocities."""
    turn = features[..., layout.turn].squeeze(-1)
    heading = torch.cumsum(torch.nn.functional.pad(turn[..., :-1], (1, 0)), dim=-1) * 2
    step = torch.nn.functional.pad(features[..., :-1, layout.velocity], (0, 0, 1, 0))
    return heading, torch.cumsum(_turn_about_y(step, heading), dim=-2)


def recover(
    features: Float[Tensor, "*batch frames columns"], layout: Layout = LAYOUT
) -> Float[Tensor, "*batch frames joints 3"]:
    """Joints in metres from the position columns, differentiable (`recover_from_ric` of Guo et al.)."""
    heading, root = trajectory(features, layout)
    local = rearrange(features[..., layout.positions], "... frames (joints axes) -> ... frames joints axes", axes=3)
    ground = _turn_about_y(local[..., [0, 2]], heading.unsqueeze(-1)) + root.unsqueeze(-2)
    others = torch.stack([ground[..., 0], local[..., 1], ground[..., 1]], dim=-1)
    pelvis = torch.stack([root[..., 0], features[..., layout.height].squeeze(-1), root[..., 1]], dim=-1)
    return torch.cat([pelvis.unsqueeze(-2), others], dim=-2)


def to_joints(features: np.ndarray, layout: Layout = LAYOUT) -> np.ndarray:
    """Joints (frames, 22, 3) float32 of features (frames, 263); (frames, 21, 3) of KIT's 251."""
    return recover(torch.from_numpy(np.asarray(features, dtype=np.float64)), layout).float().numpy()


def from_motion(motion: Motion, layout: Layout = LAYOUT, unit: float = 1.0) -> np.ndarray:
    """Features (frames - 1, columns) of a motion of the layout's joints; one of their lengths is `unit` metres."""
    return to_features(motion.joints * _handed(layout) / unit, layout)


def to_motion(features: np.ndarray, layout: Layout = LAYOUT, unit: float = 1.0) -> Motion:
    """The motion of features (frames, columns), at the layout's frame rate; one of their lengths is `unit` metres."""
    return Motion(to_joints(features, layout) * _handed(layout) * unit, layout.skeleton.fps)


def _handed(layout: Layout) -> np.ndarray:
    """What turns the layout's coordinates into a motion's, and back."""
    return np.array([-1 if layout.skeleton.left_handed else 1, 1, 1], np.float32)


def trimmed(features: Rows, start: float, end: float, *, least: int) -> Rows:
    """The features (frames, columns) of a clip without `start` and `end`, shares of the most that may go at either end.

    That is `TRIM` of the clip, and so little that at least `least` frames stay, or all where there are fewer.
    """
    most = min(TRIM * len(features), max(0, len(features) - least) / 2)
    return features[round(start * most) : len(features) - round(end * most)]


def _turn_about_y(ground: Tensor, heading: Tensor) -> Tensor:
    """X and Z of the body's frame turned back to the world's: the inverse of a turn by `heading` about Y."""
    cos, sin = torch.cos(heading), torch.sin(heading)
    x, z = ground[..., 0], ground[..., 1]
    return torch.stack([cos * x - sin * z, sin * x + cos * z], dim=-1)
