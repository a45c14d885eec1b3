"""Every kind of stage in little, as a command, so that `accelerate launch` can run it: stages.py FOLDER OUT ACCUMULATE.

FOLDER is `make`'s. In OUT are then the runs, an evaluation, and the motions of a file of prompts.
"""

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from people import standing
from synthetic import make_data, make_evaluator

from mote.checkpoint import save
from mote.models.med import MEDConfig
from mote.motion.facts import measure
from mote.motion.features import to_features
from mote.motion.motion import Motion
from train import evaluate, generate, med, mtdm, retrieval
from train.data import MANIFEST
from train.evaluator import Evaluator, EvaluatorConfig
from train.loop import FitConfig
from train.metrics_motion import POOL

FITTING = FitConfig(lr=1e-2, steps=6, warmup=1, ema=0.5, log_every=1, save_every=4, validate_every=3, precision="fp32")
CAPTIONS = {"walk": ["a person walks forward"], "wave-left-hand": ["a man waves his left hand", "someone waves"]}
PARTS = ("real", "med", "ted", "text-to-motion", "motion-to-text", "joint", "captions", "body")


def make(folder: Path, model: Path) -> Path:
    """A few clips in the prepared form, a judge, the autoencoders of a model, prompts, and a published evaluator."""
    (folder / "features").mkdir(parents=True)
    chance, records = np.random.default_rng(0), []
    splits = ["val"] * 32 + ["train"] * 8 + ["test"] * 8  # the retrieval is validated in a pool of 32
    for number, split in enumerate(splits):
        joints = standing(40 + number)
        joints = joints + 0.01 * chance.normal(size=joints.shape)
        joints[..., 2] += np.linspace(0, number / 12, len(joints))[:, None]
        name, action = f"clip-{number}", ("walk", "wave-left-hand")[number % 2]
        np.save(folder / "features" / f"{name}.npy", to_features(joints).astype(np.float16))
        said = CAPTIONS[action]
        records.append(
            {
                "name": name, "split": split, "action": action, "style": "normal",
                "side": None, "captions": said, "mirrored_captions": said, "held_out": [False] * len(said),
                "facts": asdict(measure(Motion(joints))),
            }
        )  # fmt: skip
    (folder / MANIFEST).write_text("".join(json.dumps(record) + "\n" for record in records))
    save(Evaluator(EvaluatorConfig(actions=("walk", "wave"), styles=("normal",), width=8)), folder / "judge")
    make_data(folder / "tagged", POOL)
    make_evaluator(folder / "official", POOL)
    shutil.copytree(model, folder / "model")
    (folder / "prompts.txt").write_text("\n".join(f"a person walks {number} steps" for number in range(7)))
    return folder


def main(folder: Path, out: Path, accumulate: int) -> None:
    """Train three stages, two of whose losses are over parts of a step as a whole; evaluate; generate."""
    fitting = FitConfig(**{**vars(FITTING), "accumulate": accumulate})
    small = MEDConfig(tokens=2, dim=8, width=16, heads=2, encoder_layers=1, decoder_layers=1, head_width=8)
    med.train(folder, out / "med", small, med.MEDTraining(batch=3), fitting)
    practice = mtdm.MTDMTraining(batch=4, trims=1, rewordings=1)
    mtdm.train(folder, folder / "model", practice, fitting, out=out / "mtdm", width=16, layers=1, heads=2, dropout=0.1)
    pairs = retrieval.RetrievalTraining(batch=5, trims=1, sentences=1)
    for _ in range(2):  # the second time it goes on from what is there
        retrieval.train(folder, folder / "model", out / "retrieval", pairs, fitting)
    evaluate.main(
        ["--model", str(folder / "model"), "--data", str(folder), "--evaluator", str(folder / "judge"),
         "--out", str(out), "--steps", "2", "--joint", "5", "--batch", "3", "--captions", "5", "--parts", *PARTS]
    )  # fmt: skip
    evaluate.main(
        ["--model", str(folder / "model"), "--data", str(folder / "tagged"), "--official", str(folder / "official"),
         "--out", str(out / "protocol"), "--steps", "1", "--repeats", "2", "--texts", "2", "--samples", "3",
         "--batch", "7", "--parts", "protocol"]
    )  # fmt: skip
    options = ["--batch", "2", "--steps", "2", "--formats", "npy", "bvh"]
    prompts = ["--file", str(folder / "prompts.txt"), "--out", str(out / "motions")]
    generate.main(["--model", str(folder / "model"), *prompts, *options])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
