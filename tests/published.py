"""HumanML3D and KIT-ML in little: folders exactly as they are published, of made motions."""

from pathlib import Path

import numpy as np
from people import body

from mote.motion.features import KIT_LAYOUT, LAYOUT, Layout, from_motion
from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.retarget import fit
from mote.motion.skeleton import HUMANML3D, KIT_BODY

KIT_UNIT = 0.0017
"""Metres in one of KIT's lengths, about."""
SPLITS = {"train": 8, "val": 3, "test": 3}
SENTENCES = ("a person raises the left arm", "someone slides ahead slowly", "a man walks forward")
MIRRORED = ("a person raises the right arm", "someone slides ahead slowly", "a man walks forward")


def features(layout: Layout, seconds: float, number: int = 0, *, mirrored: bool = False) -> np.ndarray:
    """Features of somebody who slides ahead, each number another one."""
    rng = np.random.default_rng(number)
    fps = layout.skeleton.fps
    joints = body(seconds + 1 / fps, fps=fps)
    time = np.arange(len(joints)) / fps
    swing = sum(np.sin(rng.uniform(1, 6, 22) * time[:, None] + rng.uniform(0, 6, 22)) for _ in range(4))
    joints[..., 2] += 0.02 * swing
    angle = 0.2 * np.sin(rng.uniform(1, 3) * time)[:, None]
    x, z = joints[..., 0], joints[..., 2] * rng.uniform(0.5, 1.5)
    joints[..., 0], joints[..., 2] = np.cos(angle) * x + np.sin(angle) * z, np.cos(angle) * z - np.sin(angle) * x
    motion = Motion(with_bone_lengths(joints, HUMANML3D), fps)
    motion = motion.mirror() if mirrored else motion
    if layout is LAYOUT:
        return from_motion(motion)
    return from_motion(fit(motion, KIT_BODY), KIT_LAYOUT, KIT_UNIT)


def make(folder: Path, layout: Layout) -> Path:
    """A whole set: every clip with its mirrored one, which are listed behind the others as in the published files."""
    for name in ("new_joint_vecs", "texts"):
        (folder / name).mkdir(parents=True)
    number = 0
    for split, count in SPLITS.items():
        names = []
        for _ in range(count):
            number += 1
            names.append(f"{number:06}")
            for prefix, sentences in (("", SENTENCES), ("M", MIRRORED)):
                rows = features(layout, 3 + number % 4, number, mirrored=bool(prefix))
                add(folder, f"{prefix}{names[-1]}", rows, [f"{one}{line()}" for one in sentences])
        (folder / f"{split}.txt").write_text("\n".join([*names, *(f"M{name}" for name in names)]) + "\n")
    np.save(folder / "Mean.npy", np.zeros(layout.columns, np.float32))
    np.save(folder / "Std.npy", np.ones(layout.columns, np.float32))
    return folder


def line(tokens: str = "a/DET person/NOUN", start: object = 0.0, end: object = 0.0) -> str:
    """What stands behind a caption in a text file."""
    return f"#{tokens}#{start}#{end}"


def add(folder: Path, name: str, rows: np.ndarray, lines: list[str]) -> None:
    """One clip's files."""
    np.save(folder / "new_joint_vecs" / f"{name}.npy", rows.astype(np.float32))
    (folder / "texts" / f"{name}.txt").write_text("\n".join(lines) + "\n")
