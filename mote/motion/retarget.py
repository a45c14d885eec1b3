"""Any usual biped to the 22 joints of HumanML3D with its uniform bone lengths, and from there to KIT-ML's 21 and back.

Joints are found by their names; directions of limbs are kept, lengths are replaced, and the path of the hips is
scaled by the length of the legs, so a file's units never matter.
"""

import numpy as np

from mote.motion.convention import LEGS, Up, find_convention, legs, y_up
from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.recording import Recording, find_joints, right_handed
from mote.motion.rotation import normalise
from mote.motion.skeleton import BODIES, HUMANML3D, KIT_BODY, Skeleton

HIP_IN_PELVIS = np.array([0.0603, -0.0867, 0.0060])
COLLAR_IN_CHEST = np.array([0.0715, 0.1162, -0.0316])
"""Where HumanML3D's left hip and left collar lie, measured on its sample 012314; the right ones mirror them."""


def retarget(recording: Recording, fps: float = HUMANML3D.fps, up: Up | None = None) -> Motion:
    """The recording on HumanML3D's skeleton: at `fps`, feet on the floor, at the origin, facing +Z at the start.

    `up` is the axis of the recording that is up; None is the one that is found.

    Raises:
        RetargetError: see `find_joints`.
    """
    source = _Body(recording, find_joints(recording.names), up or find_convention(recording).up)
    motion = Motion(source.rebuild(), recording.fps).resample(fps)
    return canonical(Motion(with_bone_lengths(motion.joints, HUMANML3D), fps))  # a fast bone shrinks between frames


_KIT_PLACES = {
    "spine": ("spine1", "spine1"), "chest": ("spine3", "spine3"), "lower neck": ("neck", "neck"),
    "upper neck": ("head", "head"),
    **{f"{side} heel": (f"{side} ankle", f"{side} foot") for side in ("left", "right")},
    **{f"{side} toe": (f"{side} foot", f"{side} foot") for side in ("left", "right")},
}  # fmt: skip
"""Joints of KIT-ML that HumanML3D calls otherwise: each lies midway between two of its joints."""


def fit(motion: Motion, skeleton: Skeleton) -> Motion:
    """The motion on HumanML3D's skeleton or KIT-ML's, at its own frame rate; as it is if it is on that one already.

    On KIT-ML's, bones get the lengths of `skeleton`, where it has any.
    """
    if motion.skeleton.names == skeleton.names:
        return motion
    if skeleton.names == HUMANML3D.names:
        own = motion.skeleton
        places = Recording(names=own.names, parents=own.parents, positions=motion.joints, rest=None, fps=motion.fps)
        return retarget(places, motion.fps)
    pairs = np.array([[HUMANML3D.index(name) for name in _KIT_PLACES.get(own, (own, own))] for own in KIT_BODY.names])
    joints = motion.joints[:, pairs].mean(axis=2)  # (frames, 21, 3)
    if skeleton.uniform:
        joints = with_bone_lengths(joints, skeleton)
    return canonical(Motion(joints, motion.fps))


_ROUNDED = 3e-6
"""Metres, more than float32 rounds of what lies within ten metres."""


def canonical(motion: Motion) -> Motion:
    """Floor at 0, the first root above the origin, facing +Z at the start (HumanML3D's own convention).

    A motion that is so already, but for what float32 rounds, stays as it is to the bit.
    """
    joints = motion.on_floor().joints.astype(np.float64)
    spot, axes = stance(joints[0])
    moved = Motion((joints - spot) @ axes.T, motion.fps)
    return motion if np.allclose(moved.joints, motion.joints, rtol=0, atol=_ROUNDED) else moved


def stance(pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a body (22 or 21, 3) stands on the floor, (3,), and its own axes left, up and ahead as rows, (3, 3).

    Where hips and shoulders cancel each other, its axes are the world's.
    """
    right_hip, left_hip, right_shoulder, left_shoulder = (pose[joint] for joint in BODIES[len(pose)].facing)
    right = (right_hip - left_hip + right_shoulder - left_shoulder) * [1, 0, 1]
    ahead = normalise(np.cross([0, 1, 0], right))
    axes = np.stack([np.cross([0, 1, 0], ahead), [0, 1, 0], ahead]) if ahead.any() else np.eye(3)
    return pose[0] * [1, 0, 1], axes


class _Body:
    """The parts of a recorded body, brought to Y up, as (frames, 3) arrays by name."""

    def __init__(self, recording: Recording, found: dict[str, int], up: Up) -> None:
        self.positions = right_handed(y_up(np.asarray(recording.positions, dtype=np.float64), up), found)
        self.found = found
        trunk = [found["neck"]]
        while recording.parents[trunk[-1]] >= 0:
            trunk.append(recording.parents[trunk[-1]])
        legs = [recording.parents[found["left hip"]]]
        while recording.parents[legs[-1]] >= 0:
            legs.append(recording.parents[legs[-1]])
        root = next((joint for joint in trunk if joint in legs), trunk[-1])
        self.trunk = trunk[: trunk.index(root) + 1][::-1]
        self.head = self._head(recording)

    def at(self, joint: str) -> np.ndarray:
        return self.positions[:, self.found[joint]]

    def _hips(self) -> np.ndarray:
        return (self.at("left hip") + self.at("right hip")) / 2

    def _head(self, recording: Recording) -> np.ndarray:
        """Where the head points from the neck: the head joint, or the tip of the neck's bone, or along the trunk."""
        if "head" in self.found:
            return self.at("head") - self.at("neck")
        children = [j for j, parent in enumerate(recording.parents) if parent == self.found["neck"]]
        if children:
            return self.positions[:, children[0]] - self.at("neck")
        return self.at("neck") - self._hips()

    def _spine(self) -> np.ndarray:
        """HumanML3D's spine1, spine2, spine3 and neck on the polyline of the trunk, (frames, 5, 3) with the pelvis."""
        points = self.positions[:, self.trunk].copy()
        points[:, 0] = self._hips()
        steps = np.linalg.norm(np.diff(points, axis=1), axis=-1).mean(0)
        along = np.concatenate([[0], np.cumsum(steps)])
        lengths = [HUMANML3D.lengths[HUMANML3D.index(name)] for name in ("spine1", "spine2", "spine3", "neck")]
        wanted = np.concatenate([[0], np.cumsum(lengths)]) / sum(lengths) * along[-1]
        after = np.clip(np.searchsorted(along, wanted, side="left"), 1, len(along) - 1)
        share = ((wanted - along[after - 1]) / np.maximum(along[after] - along[after - 1], 1e-9))[None, :, None]
        return points[:, after - 1] * (1 - share) + points[:, after] * share

    def _toe(self, side: str) -> np.ndarray:
        ankle = self.at(f"{side} ankle")
        if f"{side} toe" in self.found:
            return self.at(f"{side} toe") - ankle
        ahead = np.cross(self.at("left hip") - self.at("right hip"), [0, 1, 0])
        return normalise(ahead) + 0.5 * normalise(ankle - self.at(f"{side} knee"))

    def rebuild(self) -> np.ndarray:
        """Joints (frames, 22, 3): every bone as long as HumanML3D's, pointing where the recorded one points."""
        joints = np.zeros((len(self.positions), len(HUMANML3D.names), 3))

        def place(name: str, direction: np.ndarray) -> None:
            index = HUMANML3D.index(name)
            parent = joints[:, HUMANML3D.parents[index]]
            joints[:, index] = parent + HUMANML3D.lengths[index] * normalise(direction)

        spine = self._spine()
        pelvis = _frame(self.at("left hip") - self.at("right hip"), spine[:, 2] - spine[:, 0])
        chest = _frame(self.at("left shoulder") - self.at("right shoulder"), spine[:, 4] - spine[:, 2])
        scale = LEGS / max(legs(self.positions, self.found), 1e-9)
        joints[:, 0] = self._hips() * scale - pelvis @ (HIP_IN_PELVIS * [0, 1, 1])
        for number, name in enumerate(("spine1", "spine2", "spine3", "neck")):
            place(name, spine[:, number + 1] - spine[:, number])
        place("head", self.head)
        for side, mirror in (("left", [1, 1, 1]), ("right", [-1, 1, 1])):
            place(f"{side} hip", pelvis @ (HIP_IN_PELVIS * mirror))
            place(f"{side} knee", self.at(f"{side} knee") - self.at(f"{side} hip"))
            place(f"{side} ankle", self.at(f"{side} ankle") - self.at(f"{side} knee"))
            place(f"{side} foot", self._toe(side))
            place(f"{side} collar", chest @ (COLLAR_IN_CHEST * mirror))
            place(f"{side} shoulder", chest[..., 0] * mirror[0])
            place(f"{side} elbow", self.at(f"{side} elbow") - self.at(f"{side} shoulder"))
            place(f"{side} wrist", self.at(f"{side} wrist") - self.at(f"{side} elbow"))
        return joints


def _frame(left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Axes (frames, 3, 3) as columns: left, up at right angles to it, ahead."""
    left = normalise(left)
    up = normalise(up - (up * left).sum(-1, keepdims=True) * left)
    return np.stack([left, up, np.cross(left, up)], axis=-1)
