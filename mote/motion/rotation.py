"""Rotations as unit quaternions (..., 4) in the order w, x, y, z, vectorised over every leading axis."""

from functools import reduce

import numpy as np
from numpy import ndarray

AXES = {"X": 0, "Y": 1, "Z": 2}


def multiply(a: ndarray, b: ndarray) -> ndarray:
    """The rotation that applies `b` first, then `a` (Hamilton product)."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def inverse(q: ndarray) -> ndarray:
    """The opposite rotation of a unit quaternion."""
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(q: ndarray, v: ndarray) -> ndarray:
    """Vectors (..., 3) turned by unit quaternions (..., 4)."""
    axis = q[..., 1:]
    twice = 2 * np.cross(axis, v)
    return v + q[..., :1] * twice + np.cross(axis, twice)


def normalise(v: ndarray) -> ndarray:
    """Vectors scaled to length 1; a zero vector stays zero."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / np.where(length == 0, 1.0, length)


def between(a: ndarray, b: ndarray) -> ndarray:
    """The shortest rotation that turns direction `a` (..., 3) into direction `b`; half a turn for opposites."""
    a, b = np.broadcast_arrays(normalise(a), normalise(b))
    w = 1 + (a * b).sum(-1, keepdims=True)
    q = np.concatenate([w, np.cross(a, b)], axis=-1)
    least = np.eye(3)[np.abs(a).argmin(-1)]  # the axis most nearly at right angles to a
    half_turn = np.concatenate([np.zeros_like(w), np.cross(a, least)], axis=-1)
    return normalise(np.where(w < 1e-9, half_turn, q))


def about(axis: str, angle: ndarray) -> ndarray:
    """Rotations by `angle` (...) radians about the axis `X`, `Y` or `Z`."""
    q = np.zeros((*np.shape(angle), 4))
    q[..., 0] = np.cos(np.asarray(angle) / 2)
    q[..., 1 + AXES[axis]] = np.sin(np.asarray(angle) / 2)
    return q


def from_euler(degrees: ndarray, order: str) -> ndarray:
    """Intrinsic Euler angles (..., len(order)) in degrees, as BVH has them: 'ZXY' is Rz Rx Ry."""
    turns = [about(axis, np.radians(degrees[..., i])) for i, axis in enumerate(order)]
    return reduce(multiply, turns)


def to_euler(q: ndarray, order: str) -> ndarray:
    """Intrinsic Euler angles (..., 3) in degrees of three different axes, e.g. 'ZXY', middle one within 90 degrees."""
    i, j, k = (AXES[axis] for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    m = to_matrix(q)
    middle = np.arcsin(np.clip(sign * m[..., i, k], -1, 1))
    locked = np.abs(m[..., i, k]) > 1 - 1e-9  # the outer axes coincide: the whole turn goes to the first
    first = np.where(
        locked,
        np.arctan2(sign * m[..., k, j], m[..., j, j]),
        np.arctan2(-sign * m[..., j, k], m[..., k, k]),
    )
    last = np.where(locked, 0.0, np.arctan2(-sign * m[..., i, j], m[..., i, i]))
    return np.degrees(np.stack([first, middle, last], axis=-1))


def to_matrix(q: ndarray) -> ndarray:
    """Rotation matrices (..., 3, 3) whose columns are the turned axes."""
    return np.stack([rotate(q, axis) for axis in np.eye(3)], axis=-1)


def from_matrix(m: ndarray) -> ndarray:
    """Unit quaternions of proper rotation matrices (..., 3, 3), w >= 0 (Shepperd 1978)."""
    diagonal = np.stack([m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]], axis=-1)
    trace = diagonal.sum(-1, keepdims=True)
    squares = np.concatenate([1 + trace, 1 + 2 * diagonal - trace], axis=-1)  # 4 w2, 4 x2, 4 y2, 4 z2
    skew = np.stack([m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]], axis=-1)
    mixed = m + np.swapaxes(m, -1, -2)
    rows = np.empty((*m.shape[:-2], 4, 4))
    rows[..., 0, 0] = squares[..., 0]
    rows[..., 0, 1:] = rows[..., 1:, 0] = skew
    rows[..., 1:, 1:] = mixed
    for axis in range(3):
        rows[..., 1 + axis, 1 + axis] = squares[..., 1 + axis]
    best = squares.argmax(-1)[..., None, None]
    q = normalise(np.take_along_axis(rows, best, axis=-2)[..., 0, :])
    return np.where(q[..., :1] < 0, -q, q)


def to_6d(q: ndarray) -> ndarray:
    """The first two columns of the rotation matrix, (..., 6) (Zhou et al. 2019)."""
    return np.concatenate([rotate(q, np.eye(3)[0]), rotate(q, np.eye(3)[1])], axis=-1)


def from_vectors(v: ndarray) -> ndarray:
    """Rotations (..., 4) about vectors (..., 3) by as many radians as they are long: SMPL's poses."""
    angle = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.concatenate([np.cos(angle / 2), np.sin(angle / 2) * normalise(v)], axis=-1)
