"""Long takes cut into clips where the motion changes, without T-poses and without the waiting at either end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import binary_dilation, uniform_filter1d

from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D

LIMBS = [
    HUMANML3D.index(f"{side} {joint}") for side in ("left", "right") for joint in ("knee", "ankle", "elbow", "wrist")
]
PELVIS = HUMANML3D.index("pelvis")
LEAP = 0.25
"""Metres that a joint moves from the first frame to the second if the first is of another movement."""
STRAIGHT = 0.8
"""Distance from shoulder to wrist of a straight arm, as a share of its bones."""


@dataclass(frozen=True, kw_only=True)
class CutConfig:
    """Lengths in seconds, speeds in metres a second."""

    shortest: float = 2.0
    most_of_take: float = 0.8
    """A shorter stretch counts if it is at least this share of its take: a run past the cameras lasts a second."""
    ideal: float = 5.0
    longest: float = 10.0
    """A stretch up to this length stays whole."""
    step: float = 0.1
    """Cuts lie on a grid of this width."""
    still: float = 0.25
    """Speed of the fastest joint below which a person stands still."""
    lead: float = 0.4
    """How much standing still stays at either end of a stretch."""
    t_pose_edge: float = 1.5
    """This near to either end of a take a T-pose needs not be held: a person goes into it or comes out of it."""
    around_t_pose: float = 0.4
    """How long the arms take to come down from a T-pose."""


def cut(
    motion: Motion,
    *,
    start: float = 0.0,
    end: float | None = None,
    still: bool = False,
    config: CutConfig | None = None,
) -> list[tuple[float, float]]:
    """Clips (start, end) in seconds within the take: in order, apart, none too short.

    T-poses are left out and split what is before them from what is after.  A stretch longer than the
    longest is cut where the body is slow and where its speed and height differ before and after.
    `still`: standing still belongs to the action, as in a balance or a pose, and stays at the ends.
    """
    config = config or CutConfig()
    first = round(start * motion.fps)
    last = len(motion) if end is None else min(len(motion), round(end * motion.fps))
    around = max(1, round(config.around_t_pose * motion.fps))
    speed = joint_speeds(motion).max(axis=1)
    poses = t_poses(motion)
    held = poses & (speed < config.still)
    edge = min(round(config.t_pose_edge * motion.fps), len(motion) // 4)
    held[1:edge] |= poses[1:edge] & poses[0] & poses[1]
    held[len(held) - edge :] |= poses[len(held) - edge :] & poses[-1]
    held = binary_dilation(held, iterations=around)
    held[0] |= poses[0] or _leaps(motion)
    held[:first], held[last:] = True, True
    clips: list[tuple[float, float]] = []
    for begin, stop in _runs(~held):
        if not still:
            begin, stop = _without_waiting(speed, begin, stop, fps=motion.fps, config=config)
        if stop - begin < min(config.shortest, config.most_of_take * motion.seconds) * motion.fps:
            continue
        bounds = [begin, *(begin + at for at in _cuts(motion[begin:stop], config)), stop]
        clips += [(a / motion.fps, b / motion.fps) for a, b in pairwise(bounds)]
    return clips


def t_poses(motion: Motion) -> np.ndarray:
    """Frames in which a person stands with both arms out, straight and level, and the feet together, (frames,) bool."""

    def at(name: str) -> np.ndarray:
        return motion.joints[:, HUMANML3D.index(name)]

    upper = np.stack([at(f"{side} elbow") - at(f"{side} shoulder") for side in ("left", "right")])
    lower = np.stack([at(f"{side} wrist") - at(f"{side} elbow") for side in ("left", "right")])
    arms = upper + lower
    spread = np.linalg.norm(arms, axis=-1)
    bones = np.linalg.norm(upper, axis=-1) + np.linalg.norm(lower, axis=-1)
    directions = arms / np.maximum(spread, 1e-6)[..., None]
    straight = (spread > STRAIGHT * bones).all(axis=0)
    level = (np.abs(directions[..., 1]) < 0.6).all(axis=0)
    opposite = (directions[0] * directions[1]).sum(axis=-1) < -0.5
    ankles = at("left ankle") - at("right ankle")
    standing = (np.linalg.norm(ankles, axis=-1) < 0.6) & (np.abs(ankles[:, 1]) < 0.15)
    return straight & level & opposite & standing


def joint_speeds(motion: Motion) -> np.ndarray:
    """Speed of each joint, (frames, 22) metres a second, smoothed over a third of a second."""
    if len(motion) < 2:
        return np.zeros(motion.joints.shape[:2])
    speeds = np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1) * motion.fps
    return uniform_filter1d(np.concatenate([speeds, speeds[-1:]]), max(1, round(motion.fps / 3)), axis=0)


def _leaps(motion: Motion) -> bool:
    """Whether the first frame is not part of the movement: some exporters of CMU's trials put another pose there."""
    steps = np.linalg.norm(np.diff(motion.joints[:3], axis=0), axis=-1).max(axis=1)
    return len(steps) == 2 and bool(steps[0] > LEAP + 3 * steps[1])


def _without_waiting(speed: np.ndarray, begin: int, stop: int, *, fps: float, config: CutConfig) -> tuple[int, int]:
    """The run without the standing still at its ends, of which a short lead stays; a run without motion stays whole."""
    moving = np.flatnonzero(speed[begin:stop] > config.still)
    if len(moving) == 0:
        return begin, stop
    lead = round(config.lead * fps)
    return max(begin, begin + int(moving[0]) - lead), min(stop, begin + int(moving[-1]) + 1 + lead)


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _cuts(motion: Motion, config: CutConfig) -> list[int]:
    """Frames at which to cut: the cheapest way to divide the stretch, by dynamic programming over a grid of times."""
    if motion.seconds <= config.longest:
        return []
    step = max(1, round(config.step * motion.fps))
    cost = _cut_cost(motion)[::step]
    cost[0] = 0.0
    count = len(cost)
    shortest = int(np.ceil(config.shortest * motion.fps / step))
    longest = int(config.longest * motion.fps / step)
    lengths = np.arange(shortest, longest + 1)
    strain = (np.log(lengths * step / motion.fps / config.ideal)) ** 2
    best, before = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=int)
    best[0] = 0.0
    for time in range(shortest, count + 1):
        reach = lengths[lengths <= time]
        total = best[time - reach] + strain[: len(reach)]
        choice = int(np.argmin(total))
        best[time] = total[choice] + (cost[time] if time < count else 0.0)
        before[time] = time - reach[choice]
    cuts, time = [], int(before[count])
    while time > 0:
        cuts.append(time * step)
        time = int(before[time])
    return cuts[::-1]


def _cut_cost(motion: Motion) -> np.ndarray:
    """How bad a cut at each frame is, (frames,) 0 to 1: low where the body is slow and where its motion changes."""
    speeds = joint_speeds(motion)
    state = np.concatenate([speeds[:, LIMBS], motion.joints[:, [PELVIS], 1]], axis=1)
    state = (state - state.mean(axis=0)) / np.maximum(state.std(axis=0), 0.05)
    half = round(motion.fps / 2)
    mean = np.pad(uniform_filter1d(state, 2 * half, axis=0, mode="nearest"), ((half, half), (0, 0)), mode="edge")
    change = np.abs(mean[2 * half :] - mean[: -2 * half]).mean(axis=1)
    slow = speeds.mean(axis=1)
    return 0.5 * slow / max(slow.max(), 1e-6) + 0.5 * (1 - change / max(change.max(), 1e-6))
