"""Forward kinematics on a tree of joints, and its opposite: rotations that put the joints where they are."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy import ndarray

from mote.motion.rotation import between, from_matrix, inverse, multiply, normalise, rotate
from mote.motion.skeleton import Skeleton


def forward(rotations: ndarray, offsets: ndarray, parents: Sequence[int]) -> tuple[ndarray, ndarray]:
    """Global rotations (frames, joints, 4) and positions (frames, joints, 3) of a tree.

    Args:
        rotations: local rotations, (frames, joints, 4).
        offsets: of each joint from its parent in the parent's frame, (joints, 3) or (frames, joints, 3);
            the root's offset is its position.
        parents: the parent of each joint, -1 for the root; a parent stands before its children.
    """
    turned = np.array(rotations, dtype=np.float64)
    positions = np.array(np.broadcast_to(offsets, (*turned.shape[:-1], 3)), dtype=np.float64)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            positions[:, joint] = positions[:, parent] + rotate(turned[:, parent], positions[:, joint])
            turned[:, joint] = multiply(turned[:, parent], turned[:, joint])
    return turned, positions


def fit_rotations(
    positions: ndarray, offsets: ndarray, parents: Sequence[int], known: Mapping[int, ndarray]
) -> ndarray:
    """Local rotations (frames, joints, 4) with which `forward` meets the positions, without needless twist.

    A joint turns by the shortest way, seen from its parent, that points its first child of non-zero offset at
    that child's position.  Joints without such a child do not turn.

    Args:
        positions: (frames, joints, 3).
        offsets: rest offset of each joint from its parent, (joints, 3).
        parents: the parent of each joint, -1 for the root; a parent stands before its children.
        known: global rotations (frames, 4) of joints whose orientation is not to be fitted.
    """
    turned = np.zeros((*positions.shape[:2], 4))
    turned[..., 0] = 1.0
    local = turned.copy()
    upright = turned[:, 0].copy()
    for joint, parent in enumerate(parents):
        above = turned[:, parent] if parent >= 0 else upright
        aims = [child for child, owner in enumerate(parents) if owner == joint and offsets[child].any()]
        if joint in known:
            local[:, joint] = multiply(inverse(above), known[joint])
        elif aims:
            bone = rotate(inverse(above), positions[:, aims[0]] - positions[:, joint])
            still = np.linalg.norm(bone, axis=-1, keepdims=True) < 1e-9
            local[:, joint] = between(offsets[aims[0]], np.where(still, offsets[aims[0]], bone))
        turned[:, joint] = multiply(above, local[:, joint])
    return local


def orientation(left: ndarray, up: ndarray) -> ndarray:
    """Rotations (..., 4) that turn +X to `left` and +Y as near to `up` as that allows."""
    left = np.where((left == 0).all(-1, keepdims=True), [1.0, 0.0, 0.0], normalise(left))
    ahead = np.cross(left, up)
    spare = np.cross(left, np.eye(3)[np.abs(left).argmin(-1)])
    ahead = normalise(np.where(np.linalg.norm(ahead, axis=-1, keepdims=True) < 1e-9, spare, ahead))
    return from_matrix(np.stack([left, np.cross(ahead, left), ahead], axis=-1))


def with_bone_lengths(joints: ndarray, skeleton: Skeleton) -> ndarray:
    """The joints (..., joints, 3) rebuilt so that every bone keeps its direction and has the skeleton's length.

    The root stays where it is.  A bone of length zero has no direction and takes its rest direction.

    Raises:
        ValueError: the skeleton has no bone lengths of its own.
    """
    if not skeleton.uniform:
        raise ValueError("this skeleton has no bone lengths of its own")
    recorded = np.asarray(joints, dtype=np.float64)
    parents, offsets = skeleton.parents[1:], skeleton.offsets[1:]
    bones = normalise(recorded[..., 1:, :] - recorded[..., parents, :])
    still = (bones == 0).all(-1, keepdims=True)
    bones = np.where(still, offsets, bones * np.linalg.norm(offsets, axis=-1, keepdims=True))
    rebuilt = recorded.copy()
    for joint, parent in enumerate(parents, start=1):
        rebuilt[..., joint, :] = rebuilt[..., parent, :] + bones[..., joint - 1, :]
    return rebuilt.astype(joints.dtype)
