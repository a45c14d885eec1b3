"""What a clip shows, measured from its joints: how far, how fast, which way, which hand, how high, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from mote.motion.motion import Motion
from mote.motion.signals import FPS, body_frame, facing_angles, reversals, runs, smooth, velocity
from mote.motion.skeleton import HUMANML3D

Side = Literal["left", "right", "both"]
Direction = Literal["forward", "backward", "left", "right"]


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where a measured quantity starts to count; lengths in metres, speeds in m/s, times in seconds."""

    moving: float = 0.15  # root speed above which the person travels
    travel: float = 0.4  # distance above which the direction of travel is meaningful
    step: float = 0.12  # how far a foot overtakes the pelvis in one step
    chest: float = -0.15  # wrist above the shoulder: a hand higher than this is raised
    shoulder: float = 0.05
    over_head: float = 0.10  # wrist above the head joint, which sits at the height of the ears
    raised_time: float = 0.3
    other_hand: float = 0.35  # the other hand is raised too when its time is this share of the first one's
    wave: float = 0.006  # the wrist of a dainty wave swings by about a centimetre
    airborne: float = 0.06  # height of the lower foot
    kick_height: float = 0.30
    kick_reach: float = 0.20
    strike_speed: float = 2.0
    strike_share: float = 0.6  # of the fastest strike's speed: what is slower is no strike beside it
    strikes_apart: float = 0.4
    kick_share: float = 0.6  # of the height of the highest kick: what is lower is no kick beside it
    kicks_apart: float = 0.3


THRESHOLDS = Thresholds()


@dataclass(frozen=True, kw_only=True)
class Hand:
    """One hand: `height` is its highest point over the head joint (m), times are seconds, `speed` the peak (m/s)."""

    height: float
    seconds_raised: float
    seconds_over_shoulder: float
    seconds_over_head: float
    waves: int
    speed: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Measurements of one clip; metres, seconds, m/s and degrees.

    `turn` is the net turn about Y, positive to the body's left.  `heading` is the way of travel relative to the
    facing, 0 forward and 90 to the left, and `direction` the nearest of the four; None for a clip in place.
    `straightness` is displacement over distance, 1 for a clip in place.
    `lowest_pelvis` and `final_pelvis` are shares of the height of the pelvis in an upright stand.
    `bend` is the largest forward lean of the trunk from the vertical.
    `strikes` are those of the faster hand, `kicks` those of either foot.
    `rise` is how much higher the pelvis is at the end than at the start.
    """

    seconds: float
    distance: float
    displacement: float
    speed: float
    straightness: float
    steps: int
    turn: float
    heading: float | None
    direction: Direction | None
    starts_still: bool
    stops: bool
    left_hand: Hand
    right_hand: Hand
    raised_hand: Side | None
    striking_hand: Side | None
    kicking_foot: Side | None
    kick_height: float
    jumps: int
    jump_height: float
    lowest_pelvis: float
    final_pelvis: float
    bend: float
    strikes: int = 0
    kicks: int = 0
    rise: float = 0.0

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Facts:
        """The facts that a record of the manifest has."""
        hands = {hand: Hand(**fields[hand]) for hand in ("left_hand", "right_hand")}
        return cls(**{**fields, **hands})

    @property
    def raised(self) -> tuple[Hand, ...]:
        """The hands that `raised_hand` names."""
        hands = {"left": (self.left_hand,), "right": (self.right_hand,), "both": (self.left_hand, self.right_hand)}
        return hands[self.raised_hand] if self.raised_hand else ()


def measure(motion: Motion) -> Facts:
    """Every fact of a clip, measured at 20 frames a second."""
    motion = motion.resample(FPS)
    joints = motion.joints.astype(np.float64)
    facing = facing_angles(joints)
    path = smooth(joints[:, 0, [0, 2]], seconds=0.5)
    pace = velocity(path)  # (frames, 2)
    speed = np.linalg.norm(pace, axis=-1)
    moving = speed > THRESHOLDS.moving
    distance = float(speed[moving].sum() / FPS)
    displacement = float(np.linalg.norm(path[-1] - path[0]))
    heading = _heading(pace[moving], facing[moving]) if distance > THRESHOLDS.travel else None
    speeds = _hand_speeds(joints, facing)
    left, right = (_hand(joints, facing, side, speed) for side, speed in speeds.items())
    jumps, jump_height = _jumps(joints)
    foot, kick_height, kicks = _kick(joints, facing)
    upright = _upright_pelvis(joints)
    edge = max(1, min(len(motion) // 4, int(0.3 * FPS)))
    return Facts(
        seconds=motion.seconds,
        distance=distance,
        displacement=displacement,
        speed=distance / motion.seconds,
        straightness=min(1.0, displacement / distance) if distance > THRESHOLDS.travel else 1.0,
        steps=_steps(joints, pace),
        turn=float(np.degrees(facing[-edge:].mean() - facing[:edge].mean())),
        heading=heading,
        direction=None if heading is None else _direction(heading),
        starts_still=bool(not moving[:edge].any() and moving.any()),
        stops=bool(not moving[-edge:].any() and moving.any()),
        left_hand=left,
        right_hand=right,
        raised_hand=_pick_side(left.seconds_raised, right.seconds_raised),
        striking_hand=_striking_hand(left.speed, right.speed),
        kicking_foot=foot,
        kick_height=kick_height,
        jumps=jumps,
        jump_height=jump_height,
        lowest_pelvis=float(joints[:, 0, 1].min() / upright),
        final_pelvis=float(joints[-edge:, 0, 1].mean() / upright),
        bend=_bend(joints, facing),
        strikes=len(_strikes(*speeds.values())) if max(left.speed, right.speed) >= THRESHOLDS.strike_speed else 0,
        kicks=kicks,
        rise=float(joints[-edge:, 0, 1].mean() - joints[:edge, 0, 1].mean()),
    )


def strikes(motion: Motion) -> list[int]:
    """The frames, of 20 a second, at which the faster hand strikes: where its speed is the greatest for a while before
    and after, nearly as great as ever, and nearly that of a strike."""
    joints = motion.resample(FPS).joints.astype(np.float64)
    facing = facing_angles(joints)
    return _strikes(*_hand_speeds(joints, facing).values())


def _strikes(left: Float[np.ndarray, " frames"], right: Float[np.ndarray, " frames"]) -> list[int]:
    """`strikes`, by the speeds of the hands."""
    speed = max(left, right, key=np.max)
    near = int(THRESHOLDS.strikes_apart * FPS)
    fast = speed >= THRESHOLDS.strike_share * max(THRESHOLDS.strike_speed, speed.max())
    return [
        row
        for row in np.flatnonzero(fast).tolist()
        if speed[max(0, row - near) : row].max(initial=0.0) < speed[row] == speed[row : row + near + 1].max()
    ]


def _heading(velocity: Float[np.ndarray, "n 2"], facing: Float[np.ndarray, " n"]) -> float:
    full = np.stack([velocity[:, 0], np.zeros(len(velocity)), velocity[:, 1]], axis=-1)
    left, _, forward = body_frame(full, facing).mean(axis=0)
    return float(np.degrees(np.arctan2(left, forward)))


def _direction(heading: float) -> Direction:
    if abs(heading) <= 55:
        return "forward"
    if abs(heading) >= 125:
        return "backward"
    return "left" if heading > 0 else "right"


def _steps(joints: Float[np.ndarray, "frames joints 3"], pace: Float[np.ndarray, "frames 2"]) -> int:
    """Swings of both feet: a foot that overtakes the pelvis along the way of travel makes a step."""
    speed = np.linalg.norm(pace, axis=-1)
    moving = speed > THRESHOLDS.moving
    if not moving.any():
        return 0
    frames = np.flatnonzero(moving)
    nearest = frames[np.abs(frames[:, None] - np.arange(len(joints))).argmin(axis=0)]
    way = (pace / np.maximum(speed, 1e-9)[:, None])[nearest]  # (frames, 2), held where the root stands
    near = np.convolve(moving, np.ones(9), mode="same") > 0 if len(moving) >= 9 else moving
    count = 0
    for ankle in (HUMANML3D.left_foot[0], HUMANML3D.right_foot[0]):
        ahead = smooth((joints[:, ankle] - joints[:, 0])[:, [0, 2]], seconds=0.15)
        gain = (velocity(ahead) * way).sum(axis=-1)
        swings = runs((gain > 0.05) & near)
        count += sum(float(gain[a:b].sum() / FPS) > THRESHOLDS.step for a, b in swings)
    return count


def _hand(
    joints: Float[np.ndarray, "frames joints 3"],
    facing: Float[np.ndarray, " frames"],
    side: Literal["left", "right"],
    speed: Float[np.ndarray, " frames"],
) -> Hand:
    wrist, shoulder = (joints[:, HUMANML3D.index(f"{side} {name}")] for name in ("wrist", "shoulder"))
    head = joints[:, HUMANML3D.index("head"), 1]
    above = wrist[:, 1] - shoulder[:, 1]
    raised = above > THRESHOLDS.chest
    return Hand(
        height=float((wrist[:, 1] - head).max()),
        seconds_raised=float(raised.sum() / FPS),
        seconds_over_shoulder=float((above > THRESHOLDS.shoulder).sum() / FPS),
        seconds_over_head=float((wrist[:, 1] - head > THRESHOLDS.over_head).sum() / FPS),
        waves=_waves(body_frame(wrist - shoulder, facing), raised),
        speed=float(speed.max()),
    )


def _hand_speeds(
    joints: Float[np.ndarray, "frames joints 3"], facing: Float[np.ndarray, " frames"]
) -> dict[Literal["left", "right"], Float[np.ndarray, " frames"]]:
    """How fast each wrist moves as seen from the body, in m/s."""
    sides: tuple[Literal["left", "right"], ...] = ("left", "right")
    reaches = {side: joints[:, HUMANML3D.index(f"{side} wrist")] - joints[:, 0] for side in sides}
    return {side: np.linalg.norm(velocity(body_frame(reach, facing)), axis=-1) for side, reach in reaches.items()}


def _waves(reach: Float[np.ndarray, "frames 3"], raised: Bool[np.ndarray, " frames"]) -> int:
    """Full swings to and fro of a raised hand along the direction in which it moves most; 0 for a hand kept low."""
    swings = 0
    for first, last in runs(raised):
        part = reach[first:last]
        edge = min(6, len(part) // 4)  # the raising and the lowering
        if len(part) < int(0.6 * FPS):
            continue
        quick = smooth(part - smooth(part, seconds=0.8), seconds=0.1)[edge:-edge]
        _, _, axes = np.linalg.svd(quick, full_matrices=False)
        signal = quick @ axes[0]
        swings += reversals(signal, max(THRESHOLDS.wave, 0.4 * float(np.abs(signal).mean())))
    return (swings + 1) // 2 if swings > 1 else 0


def _pick_side(left: float, right: float) -> Side | None:
    most = max(left, right)
    if most < THRESHOLDS.raised_time:
        return None
    if min(left, right) >= max(THRESHOLDS.other_hand * most, THRESHOLDS.raised_time):
        return "both"
    return "left" if left > right else "right"


def _striking_hand(left: float, right: float) -> Side | None:
    if max(left, right) < THRESHOLDS.strike_speed:
        return None
    if min(left, right) > 0.75 * max(left, right):
        return "both"
    return "left" if left > right else "right"


def _feet_heights(joints: Float[np.ndarray, "frames joints 3"]) -> Float[np.ndarray, "frames 2"]:
    """Height of the left and the right foot over the level at which that foot stands."""
    feet = np.stack([joints[:, list(foot), 1].min(axis=1) for foot in (HUMANML3D.left_foot, HUMANML3D.right_foot)], 1)
    return feet - np.percentile(feet, 5, axis=0)


def _jumps(joints: Float[np.ndarray, "frames joints 3"]) -> tuple[int, float]:
    """Number of flights of both feet at once and the height of the highest (m)."""
    lower = _feet_heights(joints).min(axis=1)
    flights = runs(lower > THRESHOLDS.airborne)
    return len(flights), max(0.0, float(lower.max()))


def _kick(
    joints: Float[np.ndarray, "frames joints 3"], facing: Float[np.ndarray, " frames"]
) -> tuple[Side | None, float, int]:
    """The foot that rises in front of or beside the body while the other stands, its height over the stand (m), and how
    often either does."""
    heights = _feet_heights(joints)
    out = []
    for ankle in (HUMANML3D.left_foot[0], HUMANML3D.right_foot[0]):
        left, _, forward = body_frame(joints[:, ankle] - joints[:, 0], facing).T
        out.append((forward > THRESHOLDS.kick_reach) | (np.abs(left) > 2 * THRESHOLDS.kick_reach))
    rises = np.where(np.stack(out, axis=1), heights, 0.0)  # (frames, 2)
    lifted = rises.max(axis=0)
    if lifted.max() < THRESHOLDS.kick_height:
        return None, float(lifted.max()), 0
    least = np.maximum(THRESHOLDS.kick_height, THRESHOLDS.kick_share * lifted)
    apart = THRESHOLDS.kicks_apart * FPS
    count = 0
    for foot in (rises > least).T:
        starts, ends = runs(foot).T
        count += int((starts[1:] - ends[:-1] >= apart).sum()) + bool(len(starts))
    if lifted.min() > 0.75 * lifted.max():
        return "both", float(lifted.max()), count
    return ("left" if lifted[0] > lifted[1] else "right"), float(lifted.max()), count


def _upright_pelvis(joints: Float[np.ndarray, "frames joints 3"]) -> float:
    """Height of the pelvis over the floor in an upright stand, from the lengths of the legs (m)."""
    bones = []
    for foot in (HUMANML3D.left_foot[0], HUMANML3D.right_foot[0]):
        knee = HUMANML3D.parents[foot]
        hip = HUMANML3D.parents[knee]
        bones.append(
            sum(np.linalg.norm(joints[:, a] - joints[:, b], axis=-1).mean() for a, b in ((hip, knee), (knee, foot)))
        )
    ankles = joints[:, [HUMANML3D.left_foot[0], HUMANML3D.right_foot[0]], 1]
    return float(np.mean(bones) + max(0.0, np.percentile(ankles, 5)) + 0.08)  # hips hang 8 cm under the pelvis


def _bend(joints: Float[np.ndarray, "frames joints 3"], facing: Float[np.ndarray, " frames"]) -> float:
    trunk = body_frame(joints[:, HUMANML3D.index("neck")] - joints[:, 0], facing)
    return float(np.degrees(np.arctan2(trunk[:, 2], trunk[:, 1])).max())
