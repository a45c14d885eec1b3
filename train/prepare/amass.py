"""HumanML3D's motions from the raw archives: AMASS and HumanAct12, cut as HumanML3D's index.csv says.

Poses become joints by the SMPL-H body, which is licensed to each user: `SMPLH/GENDER/model.npz`.  Only arrays of it are
read, no pickle.  What is written, `new_joints` and `new_joint_vecs` with the mirrored clips, is the published folder
once HumanML3D's own `texts`, `train.txt`, `val.txt` and `test.txt` lie beside it.

Run as `python -m train.prepare.amass --index index.csv --amass AMASS --smplh SMPLH --humanact12 ACT --out FOLDER`.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from mote.motion.features import to_features
from mote.motion.kinematics import forward, with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.retarget import canonical
from mote.motion.rotation import from_vectors
from mote.motion.skeleton import HUMANML3D
from train.command import command
from train.storage import DAMAGED, read_array, reason

JOINTS = len(HUMANML3D.names)
FPS = int(HUMANML3D.fps)
SKIPPED = {
    "Eyes_Japan_Dataset": 3.0, "MPI_HDM05": 3.0, "TotalCapture": 1.0, "MPI_Limits": 1.0, "Transitions_mocap": 0.5,
}  # fmt: skip
"""Seconds at the start of a recording before HumanML3D counts frames: calibration poses."""
INDEX = {"source_path", "start_frame", "end_frame", "new_name"}
"""Columns of HumanML3D's index.csv."""
LEG = [HUMANML3D.index("right knee"), HUMANML3D.index("right ankle")]


def rest_joints(model: Path, betas: Float[np.ndarray, " shapes"]) -> Float[np.ndarray, "joints 3"]:
    """Where the first 22 joints of a body of this shape rest, in metres.

    Raises:
        ValueError: the file is no SMPL-H body of plain arrays.
    """
    try:
        template, shapes, regressor = _body(model)
    except (*DAMAGED, KeyError) as error:
        raise ValueError(
            f"{model} is no SMPL-H body: model.npz of arrays v_template, shapedirs, J_regressor"
        ) from error
    count = min(len(betas), shapes.shape[-1], 10)
    return regressor[:JOINTS] @ (template + shapes[..., :count] @ betas[:count])


@cache
def _body(model: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with np.load(model, allow_pickle=False) as body:
        return body["v_template"], body["shapedirs"], body["J_regressor"]


def pose_to_joints(recording: Path, smplh: Path) -> Float[np.ndarray, "frames 22 3"]:
    """Joints of an AMASS recording at about 20 frames a second, in the coordinates that HumanML3D cuts.

    Raises:
        ValueError: the recording is none of AMASS, or the body of its gender is not there.
    """
    try:
        with np.load(recording, allow_pickle=False) as raw:
            poses, path, betas, rate = (raw[name] for name in ("poses", "trans", "betas", "mocap_framerate"))
            gender = raw["gender"].item()
    except (*DAMAGED, KeyError) as error:
        raise ValueError(f"{recording} is no AMASS recording: poses, trans, betas, gender, mocap_framerate") from error
    male = gender in ("male", b"male")  # of anybody else HumanML3D's code takes the female body, neutral ones included
    rest = rest_joints(smplh / ("male" if male else "female") / "model.npz", betas)
    step = max(1, int(rate / FPS))
    turns = from_vectors(poses[::step, : 3 * JOINTS].reshape(-1, JOINTS, 3))
    offsets = rest - np.concatenate([np.zeros((1, 3)), rest[list(HUMANML3D.parents[1:])]])
    placed = np.repeat(offsets[None], len(turns), axis=0)
    placed[:, 0] += path[::step]
    _, joints = forward(turns, placed, HUMANML3D.parents)
    return joints[..., [0, 2, 1]]


def to_clip(joints: Float[np.ndarray, "frames 22 3"]) -> Motion:
    """The joints of a cut with HumanML3D's bones, scaled by the leg, on the floor, at the origin, facing +Z."""
    measured = HUMANML3D.measured(joints[0])
    scale = HUMANML3D.lengths[LEG].sum() / measured.lengths[LEG].sum()
    return canonical(Motion(with_bone_lengths(joints * scale, HUMANML3D)))


def read_index(path: Path) -> list[dict[str, str]]:
    """The rows of HumanML3D's index.csv: a recording, the frames of it, and the name of the clip that they are.

    Raises:
        ValueError: the file is another.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [*csv.DictReader(file)]
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"{path} is no index.csv of HumanML3D: {reason(error)}") from error
    if not rows or not rows[0].keys() >= INDEX:
        raise ValueError(f"{path} is no index.csv of HumanML3D: it has rows of {', '.join(sorted(INDEX))}")
    return rows


def cut(row: dict[str, str], amass: Path | None, humanact12: Path | None, smplh: Path | None) -> np.ndarray | None:
    """The joints (frames, 22, 3) of a row of index.csv, or None where its recording is not there."""
    path = PurePosixPath(row["source_path"])
    part = slice(int(row["start_frame"]), None if int(row["end_frame"]) < 0 else int(row["end_frame"]))
    if "humanact12" in path.parts:
        source = humanact12 / path.name if humanact12 else None
        return read_array(source)[part, :JOINTS] if source and source.is_file() else None
    relative = PurePosixPath(*path.parts[path.parts.index("pose_data") + 1 :])
    recording = amass / relative.with_suffix(".npz") if amass else None
    if recording is None or smplh is None or not recording.is_file():
        return None
    joints = pose_to_joints(recording, smplh)[int(SKIPPED.get(relative.parts[0], 0) * FPS) :][part]
    return joints * [-1, 1, 1]


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True, help="HumanML3D's index.csv")
    parser.add_argument("--amass", type=Path, help="folder of the AMASS archives, each unpacked to its own name")
    parser.add_argument("--smplh", type=Path, help="folder of the SMPL-H bodies: male and female")
    parser.add_argument("--humanact12", type=Path, help="folder of HumanAct12's joints, as HumanML3D has them")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    if options.amass and not options.smplh:
        parser.error("AMASS has poses, which only a body makes joints of: get SMPL-H from mano.is.tue.mpg.de, --smplh")
    for name in ("new_joints", "new_joint_vecs"):
        (options.out / name).mkdir(parents=True, exist_ok=True)
    count: Counter[str] = Counter()
    for row in tqdm(read_index(options.index), unit="clip"):
        joints = cut(row, options.amass, options.humanact12, options.smplh)
        if joints is None or len(joints) < 2:
            count["no recording" if joints is None else "no frames"] += 1
            continue
        motion = to_clip(joints)
        for prefix, clip in (("", motion), ("M", canonical(motion.mirror()))):
            np.save(options.out / "new_joints" / f"{prefix}{row['new_name']}", clip.joints[:-1])
            np.save(options.out / "new_joint_vecs" / f"{prefix}{row['new_name']}", to_features(clip.joints))
        count["written"] += 1
    print(dict(count))


if __name__ == "__main__":
    main()
