"""Feet that stand where they stand, all on one floor: legs moved under a body that keeps its way.

Each foot is moved along the floor by the smallest and smoothest shift that holds its toe in one place while it stands,
and the leg follows. How surely it stands is a matter of degree, so nothing has to say where a stance begins.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Float
from numpy.lib.stride_tricks import sliding_window_view

from mote.motion.rotation import normalise
from mote.motion.skeleton import HUMANML3D, Skeleton

GRAVITY = 9.81
"""Metres per second squared."""
SURE = (0.4, 1.0)
"""The contact label up to which a toe does not stand, and from which it does; in between it does by degrees. A model's
labels are often between 0 and 1, and too high for feet that slide on."""
LOW = (0.06, 0.09)
"""Metres over the floor up to which a toe may stand, and from which it does not."""
SLOW = (0.05, 0.1)
"""Metres along the floor in a frame up to which a toe may stand, and from which it does not, whatever its label."""
LOWEST = (0.02, 0.05)
"""Metres over the lowest joint up to which a toe may carry the body, and from which it does not."""
FALLS = (-0.7, -0.3)
"""Times gravity that a body falls ever faster up to which nothing carries it, and from which something does: at the top
of a jump a foot is as slow as one that stands."""
TREAD = 0.03
"""Metres over the floor where a toe that carries the body is put: lower, and the toe that swings past would drag."""
CLIMB = (0.25, 0.4)
"""Metres up to which a floor that rises or falls is a drift to be taken away, and from which the body climbs."""
DRIFT = 1e5
"""What the second difference of a drift costs beside a metre of error under a foot: it comes and goes within a second,
so that a hop stays a hop."""
LIFT = 0.5
"""Seconds before and after what would be under the floor in which a body is lifted and let down."""
FLAT = 1e-4
"""The same of a drift itself: without a foot on the floor nothing is known of it."""
REST = 1e-3
"""What a square metre of shift costs beside one of a standing toe's step: what slides for seconds is let go."""
BEND = 0.05
"""The same of the shift's second difference: with `REST`, a shift comes and goes within three frames."""
FARTHEST = 0.15
"""Metres that no shift exceeds: a foot that goes farther while it is said to stand really moves."""
STRAIGHT = 0.99
"""The share of its length to which a leg may be stretched. One that is straighter already is not stretched at all."""
SHARPNESS = 3
"""How suddenly a shift or a stretching ends at its most."""


def level_floor(
    joints: Float[np.ndarray, "frames joints 3"],
    contacts: Float[np.ndarray, "frames 4"],
    skeleton: Skeleton = HUMANML3D,
) -> Float[np.ndarray, "frames joints 3"]:
    """The joints, in metres, raised and lowered as a whole so that the feet carry the body at one height.

    A body whose feet come to stand much higher than before, as on stairs, stays as it is (`CLIMB`); so does one that
    its feet do not carry. Joints but those of the feet are never under the floor at 0: where one would be, the body is
    lifted, and let down again.

    Args:
        contacts: as `plant_feet` takes them.
    """
    if len(joints) < 3:
        return joints.copy()
    toes = np.asarray(joints[:, [skeleton.left_foot[1], skeleton.right_foot[1]]], dtype=np.float64)
    height = toes[..., 1]
    rests = _sure(contacts[:-1, 1::2]) * _below(np.linalg.norm(np.diff(toes, axis=0), axis=-1), *SLOW)
    carries = np.pad(rests, [(0, 1), (0, 0)], mode="edge") * _below(height - joints[..., 1].min(1)[:, None], *LOWEST)
    rise = np.diff(joints[..., 1].mean(axis=1, dtype=np.float64), n=2) * skeleton.fps**2 / GRAVITY
    carries *= 1 - _below(np.pad(rise, 1, mode="edge"), *FALLS)[:, None]
    bends = np.full(len(joints) - 2, DRIFT)
    shift = _solve(
        FLAT + carries.sum(axis=1) + np.convolve(bends, [1, 4, 1]),
        -np.convolve(bends, [2, 2]),
        bends,
        (carries * (TREAD - height)).sum(axis=1),
    ).real
    level = joints.copy()
    level[..., 1] += (_below(np.ptp(shift), *CLIMB) * shift)[:, None]
    others = np.delete(level[..., 1], [*skeleton.left_foot, *skeleton.right_foot], axis=1)
    return lifted(level, others.min(axis=1), skeleton.fps)


def lifted(
    joints: Float[np.ndarray, "frames joints 3"], lowest: Float[np.ndarray, " frames"], fps: float
) -> Float[np.ndarray, "frames joints 3"]:
    """The joints with a body that is lifted where what is lowest of it would be under the floor at 0, and let down
    again, within LIFT seconds before and after."""
    reach = 2 * round(LIFT * fps / 2)
    window = np.hanning(reach + 3)[1:-1]
    under = np.pad(np.maximum(0, -lowest), reach, mode="edge")
    rise = np.convolve(sliding_window_view(under, len(window)).max(axis=1), window / window.sum(), mode="valid")
    return (joints + rise[:, None, None] * [0.0, 1.0, 0.0]).astype(joints.dtype)


def plant_feet(
    joints: Float[np.ndarray, "frames joints 3"],
    contacts: Float[np.ndarray, "frames 4"],
    skeleton: Skeleton = HUMANML3D,
) -> Float[np.ndarray, "frames joints 3"]:
    """The joints, in metres over a floor at 0, with feet that stay in one place while they stand, and above the floor.

    Only knees, ankles and toes move, and bones keep their lengths. The heel rises where a leg is too short to reach the
    ankle. A foot that is never low and slow stays as it is.

    Args:
        joints: the toes of feet that stand are next to Y = 0.
        contacts: how surely left ankle, left toe, right ankle, right toe stand from each frame to the next, 0 to 1, as
            in the features (`Layout.contacts`); more or less is taken for 1 or 0.
    """
    if len(joints) < 3:
        return joints.copy()
    body = np.asarray(joints, dtype=np.float64)
    parents, feet = np.array(skeleton.parents), np.array([skeleton.left_foot, skeleton.right_foot])
    knees = parents[feet[:, 0]]
    legs = np.column_stack([parents[knees], knees, feet])  # (feet, 4)
    planted = body.copy()
    shifts = _shifts(body[:, legs[:, 3]], contacts[:-1, 1::2])
    shifts[..., 1] = np.maximum(0, -body[:, feet, 1].min(axis=-1))
    planted[:, legs[:, 1:]] = _move(body[:, legs], shifts)
    return planted.astype(joints.dtype)


def _shifts(
    toes: Float[np.ndarray, "frames feet 3"], contacts: Float[np.ndarray, "frames-1 feet"]
) -> Float[np.ndarray, "frames feet 3"]:
    """How far each foot is to move along the floor."""
    ground = toes[..., 0] + 1j * toes[..., 2]  # (frames, feet)
    height = np.maximum(toes[1:, :, 1], toes[:-1, :, 1])
    speed = np.abs(np.diff(ground, axis=0))
    stands = _sure(contacts) * _below(height, *LOW) * _below(speed, *SLOW)
    shifts = np.stack([_hold(*foot) for foot in zip(ground.T, stands.T, strict=True)], axis=-1)
    shifts *= _at_most(np.abs(shifts), FARTHEST) / np.maximum(np.abs(shifts), 1e-9)
    return np.stack([shifts.real, np.zeros(shifts.shape), shifts.imag], axis=-1)


def _hold(
    path: Complex[np.ndarray, " frames"], stands: Float[np.ndarray, " frames-1"]
) -> Complex[np.ndarray, " frames"]:
    """The shift d with the least sum of stands |path' + d'|^2 + REST |d|^2 + BEND |d''|^2; ' are differences."""
    bends = np.full(len(path) - 2, BEND)
    diagonal = REST + np.convolve(stands, [1, 1]) + np.convolve(bends, [1, 4, 1])
    beside = -stands - np.convolve(bends, [2, 2])
    return _solve(diagonal, beside, bends, np.diff(stands * np.diff(path), prepend=0, append=0))


def _solve(
    diagonal: Float[np.ndarray, " n"],
    beside: Float[np.ndarray, " n-1"],
    beyond: Float[np.ndarray, " n-2"],
    right: Float[np.ndarray, " n"] | Complex[np.ndarray, " n"],
) -> Complex[np.ndarray, " n"]:
    """What a symmetric matrix of five diagonals turns into `right`, by L D L^T (Golub and Van Loan, section 4.3).

    Row by row: the threads of a dense solver can wait for each other for a tenth of a second on a busy machine.
    """
    columns = (diagonal, np.pad(beside, (1, 0)), np.pad(beyond, (2, 0)), right)
    rows = [(1.0, 0.0, 0.0, 0j), (1.0, 0.0, 0.0, 0j)]
    for own, near, far, wanted in zip(*(column.tolist() for column in columns), strict=True):
        (earlier, _, _, first), (pivot, factor, _, second) = rows[-2:]
        one, two = (near - far * factor) / pivot, far / earlier  # what is taken off of the last row and the one before
        rows.append((own - one**2 * pivot - two * far, one, two, wanted - one * second - two * first))
    found = [0j, 0j]
    ones, twos = [*(row[1] for row in rows), 0.0, 0.0], [*(row[2] for row in rows), 0.0, 0.0]
    for row in range(len(rows) - 1, 1, -1):
        pivot, _, _, value = rows[row]
        found.append(value / pivot - ones[row + 1] * found[-1] - twos[row + 2] * found[-2])
    return np.array(found[:1:-1])


def _sure(contacts: np.ndarray) -> np.ndarray:
    """How surely a toe stands by its label alone, from 0 to 1."""
    return 1 - _below(contacts, *SURE)


def _below(values: np.ndarray, least: float, most: float) -> np.ndarray:
    """1 where values are below `least`, 0 where they are above `most`, smooth between."""
    share = np.clip((most - values) / (most - least), 0, 1)
    return share**2 * (3 - 2 * share)


def _at_most(values: np.ndarray, most: np.ndarray | float) -> np.ndarray:
    """Values from 0 up that come to lie below `most`, small ones hardly changed."""
    return values * (1 + (values / most) ** SHARPNESS) ** (-1 / SHARPNESS)


def _move(legs: Float[np.ndarray, "*legs 4 3"], shifts: Float[np.ndarray, "*legs 3"]) -> Float[np.ndarray, "*legs 3 3"]:
    """Knees, ankles and toes of legs (hip, knee, ankle, toe) whose feet are shifted."""
    hip, knee, ankle, toe = np.moveaxis(legs, -2, 0)
    thigh, shank, foot = (_length(bone) for bone in (knee - hip, ankle - knee, toe - ankle))
    before, after = _length(ankle - hip), _length(ankle + shifts - hip)
    slack = np.maximum(STRAIGHT * (thigh + shank) - before, 1e-4)
    reach = np.where(after > before, before + _at_most(np.maximum(after - before, 0), slack), after)
    reach = np.maximum(reach, np.abs(thigh - shank))
    heel, tip = _reach(hip, toe + shifts, reach, foot, ankle + shifts - hip)
    ahead = _length(shifts) * (toe - ankle) / foot  # a straight leg does not tell where its knee bends: its foot does
    bent, heel = _reach(hip, heel, thigh, shank, knee - hip + ahead)
    return np.stack([bent, heel, tip], axis=-2)


def _length(vectors: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 1"]:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _reach(
    start: Float[np.ndarray, "*batch 3"],
    end: Float[np.ndarray, "*batch 3"],
    first: Float[np.ndarray, "*batch 1"],
    second: Float[np.ndarray, "*batch 1"],
    bend: Float[np.ndarray, "*batch 3"],
) -> tuple[Float[np.ndarray, "*batch 3"], Float[np.ndarray, "*batch 3"]]:
    """Middle and end of two bones of lengths `first` and `second` from `start` to `end`, the middle towards `bend`.

    By the law of cosines; the end comes as near to `end` as the bones allow.
    """
    way = normalise(end - start)
    distance = np.clip(_length(end - start), np.abs(first - second), first + second)
    along = (first**2 - second**2 + distance**2) / (2 * distance)
    aside = normalise(bend - (bend * way).sum(-1, keepdims=True) * way)
    return start + along * way + np.sqrt(np.maximum(first**2 - along**2, 0)) * aside, start + distance * way
