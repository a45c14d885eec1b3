"""What a sentence asks for that can be measured: how far, how much of a turn, how high, how many steps.

A denoiser hardly hears numbers: told of three metres, it makes some walk.  But MED's linear map says how far the motion
of a latent goes, and how each number of the latent changes that.  So a latent that was made is moved until what was
said is so, by the change of a standardised latent that is the least, and with it the likeliest (`met`; steps of Gauss
and Newton).  What is counted changes by no little move: of several draws the one is kept that has as many
(`miscounted`), what has more is cut (`cut`), and of what is left a cycle is done again or left out (`recounted`).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import avg_pool1d

from mote.coding import Limits, decode_motions
from mote.models.med import MED, frame_mask
from mote.motion.cycles import as_often
from mote.motion.facts import THRESHOLDS, Facts, measure
from mote.motion.features import Layout, to_motion, trajectory
from mote.motion.grades import COUNTED, JUMPS, PACES, TURNS, WAVE, times
from mote.motion.motion import Motion
from mote.said import Said

Bounds = tuple[float, float]
"""The least and the most that a quantity may be."""
QUANTITIES = ("turn", "distance", "speed", "end across", "end along", "left hand", "right hand")
"""What is measured of a latent: degrees of the turn, to the side that was named or to either; metres of the way; metres
a second on it, and at its end; how high the hands get over the head joint, in metres."""
WITHIN = 0.4
"""A range is kept to by so large a share of it from either end: joints have nearly what the linear map says."""
EXACT = 0.01
"""The share by which a distance, or a turn in degrees, may differ from what was said."""
SLOWER, FASTER = 0.9, 1.1
"""Times the speed below which something is slow, above which it is fast."""
TO_A_SIDE = 35.0
"""Degrees of the least turn to a side that was said."""
PATHS: Mapping[str, Bounds] = {"straight": (-12.0, 12.0), "curve": (75.0, math.inf), "circle": (345.0, math.inf)}
"""Degrees of the turn on a way of each shape."""
STILL = 0.03
"""Metres a second of somebody who has stopped, at most."""
HEIGHTS: Mapping[str | None, Bounds] = {
    "over": (0.2, math.inf),
    "head": (-0.12, -0.02),
    "shoulder": (-0.265, -0.225),
}
"""Metres over the head joint of hands raised to each height. That of the chest is not asked for: drawn down to it, a
hand looks as if it waved (train/NOTES.md)."""
HANDS = {"left": ("left hand",), "right": ("right hand",), "both": ("left hand", "right hand")}
SMOOTH, LAST, EDGE = 11, 8, 6
"""Frames over which speed is averaged, and at the end of a motion; frames at either end between which it turns."""
NEAR = 0.1
"""Metres below its highest at which a hand counts little more: all the time that it is raised is moved."""
ROUNDS = 3
"""Steps of Gauss and Newton: quantities are not quite linear."""
RIDGE = 1e-3
"""Keeps two demands apart that ask for nearly the same."""
SPRINT, HURRY = 4.5, 1.5
"""Metres a second beyond which nobody is asked to go, and how many times what is fast for an action: what does not fit
into the time is not gone."""
FARTHEST = 10.0
"""The longest move of a latent, which is about 20 long: 99 of 100 that were needed are below 5 (train/NOTES.md)."""
MISSING, EXTRA = 3.0, 1.0
"""What each step, wave, jump and strike that is missing, and each that can be cut off, costs beside the logarithm of
the probability that the claims are kept."""

ASTRAY, CLIMBED = 6.0, 0.3
"""The same of a climb that does not lead where it should, and the metres from which it does."""
LEAP = 0.9
"""Metres that both feet are over the floor in no jump of the clips but a tumbler's."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one sentence asks for.

    Args:
        bounds: of some of the QUANTITIES.
        side: where a turn leads, 1 to the left, -1 to the right, 0 to either.
        steps, times: how many steps, how often it is done that is counted; None where nothing was said.
        climbs: where who climbs is led, 1 up, -1 down, 0 to either.
        action, hand: what is done, and by which hand, as far as was said.
        lasts: whether the length of the motion was told, so that nothing may be cut off.
    """

    bounds: Mapping[str, Bounds]
    side: int = 0
    steps: int | None = None
    times: int | None = None
    climbs: int = 0
    action: str | None = None
    hand: str | None = None
    lasts: bool = False

    @property
    def counted(self) -> int | None:
        """How many of what is counted are to be made; None where nothing is."""
        return self.times if self.steps is None else self.steps

    @property
    def fast(self) -> float:
        """Metres a second from which what is done is fast."""
        return PACES.get(self.action or "", (0.0, SPRINT / HURRY))[1]

    @property
    def seconds(self) -> float:
        """How long a way takes at the least on which nobody goes faster than that."""
        return self.bounds.get("distance", (0.0, 0.0))[0] / self.fast

    @property
    def cut(self) -> bool:
        """Whether what is too many can be cut off: a hand that waves has to be lowered yet."""
        return self.counted is not None and not self.lasts and not (self.steps is None and self.action == WAVE)

    @property
    def costs(self) -> bool:
        """Whether a motion may have a `cost`."""
        return self.counted is not None or self.climbs != 0 or self.action in JUMPS

    def count(self, facts: Facts) -> int:
        """How many of what is counted a motion has."""
        return facts.steps if self.steps is not None else times(self.action or "", self.hand, facts) or 0

    def found(self, motion: Motion) -> int:
        """How many of what is counted are found in a motion."""
        return self.count(measure(motion))

    def cost(self, facts: Facts) -> float:
        """That of what is missing, of what is too many, and of a climb astray; a tumbler's leaps are no jumps."""
        if self.action in JUMPS and facts.jump_height > LEAP:
            return MISSING * (self.counted or 1)
        astray = ASTRAY if self.climbs and self.climbs * facts.rise < CLIMBED else 0.0
        more = 0 if self.counted is None else self.count(facts) - self.counted
        return astray + (more * (EXTRA if self.cut else MISSING) if more > 0 else -more * MISSING)


def demanded(said: Said, *, lasts: bool = False) -> Demand:
    """What somebody asks for who says this.

    Args:
        lasts: whether the length of the motion is told otherwise.
    """
    bounds: dict[str, Bounds] = {}
    if said.degrees:
        bounds["turn"] = said.degrees * (1 - EXACT), said.degrees * (1 + EXACT)
    elif said.turned:
        bounds["turn"] = _inside(TURNS[said.turned])
    elif said.path and not (said.path == "straight" and said.turn):
        bounds["turn"] = PATHS[said.path]
    elif said.turn:
        bounds["turn"] = (TO_A_SIDE, math.inf)
    if said.meters:
        bounds["distance"] = said.meters * (1 - EXACT), said.meters * (1 + EXACT)
    elif said.speed and said.action in PACES:
        slow, fast = PACES[said.action]
        bounds["speed"] = {
            "slow": (0.0, SLOWER * slow),
            "steady": _inside((slow, fast)),
            "fast": (FASTER * fast, math.inf),
        }[said.speed]
    if said.stops:
        bounds |= dict.fromkeys(("end across", "end along"), (-STILL, STILL))
    if said.raised in HEIGHTS:
        bounds |= dict.fromkeys(HANDS.get(said.side or "", ()), HEIGHTS[said.raised])
    return Demand(
        bounds=bounds,
        climbs={"up": 1, "down": -1}.get(said.climbs or "", 0),
        side={"left": 1, "right": -1}.get(said.turn or "", 0),
        steps=said.steps,
        times=said.times if said.action in COUNTED else None,
        action=said.action,
        hand=said.side,
        lasts=lasts or said.seconds is not None,
    )


def _inside(limits: Bounds) -> Bounds:
    least, most = limits
    spare = WITHIN * (most - least)
    return least + spare, most - spare


def met(
    med: MED, latents: Float[Tensor, "b l d"], frames: Int[Tensor, " b"], asked: Sequence[Demand]
) -> Float[Tensor, "b l d"]:
    """Standardised latents of motions of so many frames, moved until each does what is asked of it."""
    rows = [row for row, demand in enumerate(asked) if demand.bounds]
    if not rows:
        return latents
    limits = [[asked[row].bounds.get(name, (-math.inf, math.inf)) for name in QUANTITIES] for row in rows]
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast(latents.device.type, enabled=False):
        start, lengths = latents[rows].float().clone(), frames[rows].clone()
        bounds = start.new_tensor(limits)  # (rows, quantities, 2)
        way = bounds[:, QUANTITIES.index("distance")]
        hurry = start.new_tensor([HURRY * asked[row].fast for row in rows]) * lengths / med.config.layout.skeleton.fps
        way[:] = way.minimum(hurry[:, None]).where(way.isfinite(), way)
        least, most = bounds.unbind(dim=-1)
        sides = start.new_tensor([asked[row].side for row in rows])
        moved = start
        for _ in range(ROUNDS):
            at = moved.detach().requires_grad_()
            found = quantities(med, at, lengths, sides)
            slopes = torch.stack(
                [torch.autograd.grad(each.sum(), at, retain_graph=True)[0] for each in found.unbind(1)], dim=1
            ).flatten(2)  # (rows, quantities, l d)
            steep = slopes.norm(dim=-1).clamp(min=1e-6)
            bound = least.isfinite() | most.isfinite()
            unit = slopes * (bound / steep)[..., None]
            off = (found.detach().clamp(least, most) - found.detach()) / steep
            alike = unit @ unit.mT + RIDGE * torch.eye(len(QUANTITIES), device=unit.device)
            step = unit.mT @ torch.linalg.solve(alike, off[..., None])  # (rows, l d, 1)
            moved = at.detach() + step.view_as(at)
        change = moved - start
        far = change.flatten(1).norm(dim=1)[:, None, None]
        moved = start + change * (FARTHEST / far.clamp(min=FARTHEST))
    return latents.index_copy(0, torch.tensor(rows, device=latents.device), moved.to(latents))


def quantities(
    med: MED, latents: Float[Tensor, "b l d"], frames: Int[Tensor, " b"], sides: Float[Tensor, " b"]
) -> Float[Tensor, "b quantities"]:
    """The QUANTITIES of motions of so many frames, by their standardised latents and MED's linear map."""
    features, layout, unit = _linear(med, latents, frames), med.config.layout, med.config.unit
    there = frame_mask(frames, features.shape[1])  # (b, frames)
    fps = layout.skeleton.fps
    facing = _facing(features, layout)  # (b, frames)
    first = frame_mask(frames.clamp(max=EDGE), there.shape[1])
    turn = _mean(facing, there & ~frame_mask(frames - EDGE, there.shape[1])) - _mean(facing, first)
    turn = torch.where(sides == 0, turn.abs(), sides * turn)
    velocity = features[..., layout.velocity] * there[..., None] * unit * fps  # (b, frames, 2)
    share = avg_pool1d(there[:, None].float(), SMOOTH, 1, SMOOTH // 2).clamp(min=1 / SMOOTH)
    speed = _length((avg_pool1d(velocity.mT, SMOOTH, 1, SMOOTH // 2) / share).mT) * there
    distance = (speed * (speed > THRESHOLDS.moving)).sum(dim=1) / fps
    last = there & ~frame_mask(frames - LAST, there.shape[1])
    end = (velocity * last[..., None]).sum(dim=1) / LAST  # (b, 2)
    head = features[..., layout.position("head").start + 1]
    hands = []
    for side in ("left", "right"):
        height = (features[..., layout.position(f"{side} wrist").start + 1] - head) * unit
        hands.append((height * (height / NEAR).masked_fill(~there, -math.inf).softmax(dim=1)).sum(dim=1))
    return torch.stack([turn, distance, distance * fps / frames, *end.unbind(1), *hands], dim=1)


@torch.no_grad()
def miscounted(
    med: MED, latents: Float[Tensor, "b l d"], frames: Int[Tensor, " b"], asked: Sequence[Demand]
) -> Float[Tensor, " b"]:
    """What it costs that each motion of so many frames has not as many steps, waves, jumps and strikes as were asked
    for, leaps where a jump was, or climbs the wrong way."""
    costs = [0.0] * len(asked)
    rows = [row for row, demand in enumerate(asked) if demand.costs]
    if rows:
        features = _linear(med, latents[rows], frames[rows]).float().cpu().numpy()
        for row, clip, length in zip(rows, features, frames[rows].tolist(), strict=True):
            costs[row] = asked[row].cost(_facts(med, clip[:length]))
    return latents.new_tensor(costs)


@torch.no_grad()
def cut(
    med: MED, latents: Float[Tensor, "b l d"], frames: Int[Tensor, " b"], asked: Sequence[Demand]
) -> tuple[Float[Tensor, "b l d"], Int[Tensor, " b"]]:
    """Standardised latents of motions of so many frames, without what comes after the last step or jump that was asked
    for; and how many frames are left."""
    latents, frames = latents.clone(), frames.clone()
    for row in (row for row, demand in enumerate(asked) if demand.cut):
        latents[row], frames[row] = _cut(med, latents[row], frames[row], asked[row])
    return latents, frames


def _cut(med: MED, latent: Tensor, length: Tensor, demand: Demand) -> tuple[Tensor, Tensor]:
    """One of them: of the ends after the last step or jump, and during the next, the first that leaves as many."""
    (features,) = med.decode(latent[None], length[None])
    clip, most, wanted = features.float().cpu().numpy(), int(length), demand.counted or 0
    least = min(med.config.min_frames, most)

    def count(frames: int) -> int:
        return demand.count(_facts(med, clip[:frames]))

    if count(most) <= wanted:
        return latent, length
    last, following, after = (bisect_left(range(most), wanted + more, lo=least, key=count) for more in range(3))
    shorter = []
    for end in sorted({(last + following) // 2, following, (following + after) // 2}):
        frames = length.new_tensor([end])
        part = med.encode(features[None, :end], frames)
        (motion,) = decode_motions(med, part, frames)
        shorter.append((abs(demand.found(motion) - wanted), end, part[0]))
    _, end, part = min(shorter, key=lambda one: one[:2])
    return part, length.new_tensor(end)


def recounted(motions: Sequence[Motion], asked: Sequence[Demand], limits: Limits) -> list[Motion]:
    """Motions with as many steps, waves, jumps and strikes as were asked for, or as nearly as can be had, where nothing
    was said of how long they last or how far they go; none lasts longer or shorter by it than the limits let."""
    return [
        motion
        if demand.counted is None or demand.lasts or "distance" in demand.bounds
        else as_often(motion, demand.counted, demand.found, limits.include)
        for motion, demand in zip(motions, asked, strict=True)
    ]


def _facts(med: MED, features: np.ndarray) -> Facts:
    """What is measured of one clip's features."""
    return measure(to_motion(features, med.config.layout, med.config.unit))


def _linear(med: MED, latents: Tensor, frames: Tensor) -> Tensor:
    """Features (b, frames, columns) in their own units, by the linear map of MED alone."""
    normal = med.linear(latents * med.latent_std + med.latent_mean, frames)
    return normal * med.feature_std + med.feature_mean


def _facing(features: Float[Tensor, "b frames columns"], layout: Layout) -> Float[Tensor, "b frames"]:
    """Where the body faces, in degrees to the left of where it went at first, as `mote.motion.facts` measures it."""
    heading, _ = trajectory(features, layout)
    hips, shoulders = (
        features[..., layout.position(f"left {joint}")] - features[..., layout.position(f"right {joint}")]
        for joint in ("hip", "shoulder")
    )
    across = hips + shoulders / 2  # (b, frames, 3), to the left of the body
    return (torch.atan2(-across[..., 2], across[..., 0]) - heading) * 180 / math.pi


def _mean(values: Float[Tensor, "b frames"], there: Bool[Tensor, "b frames"]) -> Float[Tensor, " b"]:
    return (values * there).sum(dim=1) / there.sum(dim=1)


def _length(vectors: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n"]:
    """The lengths of vectors, with a slope at zero."""
    return (vectors.square().sum(dim=-1) + 1e-8).sqrt()
