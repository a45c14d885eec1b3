"""Every stage, one after another: `python -m train.run --data RAW --out RUN`.

RAW holds the sources (bandai-namco, cmu, snu-patches, snu-ys2010) and the captions (humanml3d, kit-ml).  The model
ends in RUN/model, ready for `MoTe.from_pretrained`.  A run that was stopped goes on where it stopped.
"""

import argparse
import shutil
from pathlib import Path

from mote.checkpoint import CONFIG
from mote.models.words import TOKENIZER
from train.jobs import run_together

PHASES = (("prepare",), ("med", "ted"), ("mtdm",), ("decoder",))
"""Stages that need nothing of each other run side by side and share the cores: twice as many steps in the same time."""

SHARES = {"med": 0.4, "ted": 0.4, "mtdm": 0.52, "decoder": 0.08}
"""How the time is shared; those of a phase are the same, since they pass together."""

PARTS = {"med": "med", "ted": "decoder", "mtdm": "mtdm"}
"""The stage that each part of the model comes from: TED's decoder is trained once more at the end."""

FILES = (CONFIG, "model*.safetensors*", TOKENIZER)


def commands(data: Path, out: Path, minutes: float, options: list[str]) -> dict[str, list[str]]:
    """The command of each stage, without the interpreter."""
    prepared, stages = out / "prepared", out / "stages"
    time = {stage: ["--minutes", f"{share * minutes:g}"] for stage, share in SHARES.items()}
    return {
        "prepare": ["train.prepare", "--data", str(data), "--out", str(prepared), *options],
        "med": ["train.med", "--data", str(prepared), "--out", str(stages / "med"), *time["med"]],
        "ted": [
            "train.ted", "--data", str(data), "--manifest", str(prepared / "manifest.jsonl"),
            "--out", str(stages / "ted"), *time["ted"],
        ],
        "mtdm": ["train.mtdm", "--prepared", str(prepared), "--models", str(stages), *time["mtdm"]],
        "decoder": [
            "train.decoder", "--data", str(data), "--prepared", str(prepared), "--models", str(stages),
            "--out", str(stages / "decoder"), *time["decoder"],
        ],
    }  # fmt: skip


def publish(stages: Path, model: Path) -> None:
    """Copy what a model needs to run, and nothing that only training needs."""
    for part, stage in PARTS.items():
        (model / part).mkdir(parents=True, exist_ok=True)
        for pattern in FILES:
            for old in (model / part).glob(pattern):
                old.unlink()  # weights may lie in another number of files now
            for path in (stages / stage).glob(pattern):
                shutil.copy2(path, model / part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=85, help="of training; the rest takes 30 more on two cores")
    parser.add_argument("--commercial", action="store_true", help="leave out sources that forbid commercial use")
    args = parser.parse_args()
    options = ["--commercial"] if args.commercial else []
    every = commands(args.data, args.out, args.minutes, options)
    for phase in PHASES:
        run_together({stage: every[stage] for stage in phase})
    publish(args.out / "stages", args.out / "model")


if __name__ == "__main__":
    main()
