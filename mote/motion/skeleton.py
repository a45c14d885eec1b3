"""The two skeletons of the field: HumanML3D's 22 joints and KIT-ML's 21 (Guo et al. 2022, section 3)."""

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Skeleton:
    """Joints as a tree, in the order of the data set that the skeleton belongs to.

    `directions` (joints, 3) are the unit rest directions of the bone that ends in each joint, for a
    person who faces +Z with Y up; `lengths` (joints,) are metres, NaN where the data
    set keeps each person's own.  The root's entries are zero.
    `chains` are the paths along which HumanML3D's inverse kinematics walks.
    `facing` names the four joints (hip, hip, shoulder, shoulder) that tell where the body faces.
    """

    names: tuple[str, ...]
    chains: tuple[tuple[int, ...], ...]
    directions: np.ndarray
    lengths: np.ndarray
    facing: tuple[int, int, int, int]
    left_foot: tuple[int, int]
    right_foot: tuple[int, int]
    contact_speed: float  # squared distance a foot may move in a frame and still stand
    fps: float
    left_handed: bool = False  # +X is the right of a body that faces +Z

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """The parent of each joint, -1 for the root."""
        parents = [-1] * len(self.names)
        for chain in self.chains:
            for parent, child in itertools.pairwise(chain):
                parents[child] = parent
        return tuple(parents)

    @cached_property
    def offsets(self) -> np.ndarray:
        """Rest offset of each joint from its parent, (joints, 3) in metres."""
        return self.directions * self.lengths[:, None]

    @cached_property
    def mirrored(self) -> tuple[int, ...]:
        """The joint of the other side for each joint; joints of the trunk map to themselves."""
        swap = {"left": "right", "right": "left"}
        other = [" ".join(swap.get(word, word) for word in name.split()) for name in self.names]
        return tuple(self.names.index(name) for name in other)

    @property
    def uniform(self) -> bool:
        """Whether every body on this skeleton has the same bone lengths."""
        return bool(np.isfinite(self.lengths).all())

    def measured(self, joints: np.ndarray) -> "Skeleton":
        """The same skeleton with the mean bone lengths of joints (..., joints, 3)."""
        bones = np.linalg.norm(joints - joints[..., list(self.parents), :], axis=-1)
        lengths = bones.reshape(-1, len(self.names)).mean(axis=0)
        lengths[0] = 0.0
        return replace(self, lengths=lengths)

    def index(self, name: str) -> int:
        return self.names.index(name)


def _directions(rows: str) -> np.ndarray:
    """Unit vectors from letters: + x is `L`, - x is `R`, + y is `U`, - y is `D`, + z is `F`, none is `.`."""
    vectors = {".": (0, 0, 0), "L": (1, 0, 0), "R": (-1, 0, 0), "U": (0, 1, 0), "D": (0, -1, 0), "F": (0, 0, 1)}
    return np.array([vectors[letter] for letter in rows], dtype=np.float64)


HUMANML3D = Skeleton(
    names=(
        "pelvis", "left hip", "right hip", "spine1", "left knee", "right knee", "spine2", "left ankle",
        "right ankle", "spine3", "left foot", "right foot", "neck", "left collar", "right collar", "head",
        "left shoulder", "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist",
    ),
    chains=(
        (0, 2, 5, 8, 11), (0, 1, 4, 7, 10), (0, 3, 6, 9, 12, 15), (9, 14, 17, 19, 21), (9, 13, 16, 18, 20),
    ),
    directions=_directions(".LRUDDUDDUFFULRFDDDDDD"),
    lengths=np.array([
        0.0, 0.103074, 0.109883, 0.131568, 0.393623, 0.390188, 0.143190, 0.432433, 0.425643, 0.057365, 0.143382,
        0.149419, 0.219360, 0.137487, 0.143383, 0.103039, 0.131614, 0.122984, 0.256840, 0.263092, 0.266012, 0.269876,
    ]),
    facing=(2, 1, 17, 16),
    left_foot=(7, 10),
    right_foot=(8, 11),
    contact_speed=0.002,
    fps=20.0,
)  # fmt: skip
"""Uniform bone lengths as read off HumanML3D's own processed sample 012314."""

KIT = Skeleton(
    names=(
        "pelvis", "spine", "chest", "lower neck", "upper neck", "left shoulder", "left elbow", "left wrist",
        "right shoulder", "right elbow", "right wrist", "left hip", "left knee", "left ankle", "left heel",
        "left toe", "right hip", "right knee", "right ankle", "right heel", "right toe",
    ),
    chains=((0, 11, 12, 13, 14, 15), (0, 16, 17, 18, 19, 20), (0, 1, 2, 3, 4), (3, 5, 6, 7), (3, 8, 9, 10)),
    directions=_directions(".UUUULDDRDDLDDFFRDDFF"),
    lengths=np.full(21, np.nan),
    facing=(11, 16, 5, 8),
    left_foot=(19, 20),
    right_foot=(14, 15),
    contact_speed=0.05,
    fps=12.5,
    left_handed=True,
)  # fmt: skip
"""The Master Motor Map's joints as the 251 features order and measure them.  KIT's coordinates are left-handed and in
units of their own, and Guo et al.'s code calls the joints 11 to 15 the right leg; names here are the body's own sides,
`facing` and feet follow the code."""

KIT_BODY = replace(
    KIT,
    facing=(16, 11, 8, 5),
    left_foot=(13, 15),
    right_foot=(18, 20),
    contact_speed=HUMANML3D.contact_speed * (HUMANML3D.fps / KIT.fps) ** 2,
    left_handed=False,
)
"""The same joints as a `Motion` has them: in metres, right-handed, and every side the body's own."""

BODIES: dict[int, Skeleton] = {len(body.names): body for body in (HUMANML3D, KIT_BODY)}
"""The skeleton of a `Motion` with so many joints."""
