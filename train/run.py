"""Every stage, one after another: `python -m train.run --data RAW --out RUN`.

RAW holds the sources (bandai-namco, cmu, snu-patches, snu-ys2010) and the captions (humanml3d, kit-ml).  The model
ends in RUN/model, ready for `MoTe.from_pretrained`.  A run that was stopped goes on where it stopped.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from mote.checkpoint import CONFIG, WEIGHTS
from mote.models.ted import TOKENIZER

SHARES = {"med": 0.15, "ted": 0.30, "mtdm": 0.50, "decoder": 0.05}
"""How the time is shared: the motion autoencoder starts from components that are nearly good enough."""

PARTS = {"med": "med", "ted": "decoder", "mtdm": "mtdm"}
"""The stage that each part of the model comes from: TED's decoder is trained once more at the end."""

FILES = (CONFIG, WEIGHTS, TOKENIZER)


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
        for name in FILES:
            if (stages / stage / name).exists():
                shutil.copy2(stages / stage / name, model / part / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=110, help="of training, all stages together")
    parser.add_argument("--commercial", action="store_true", help="leave out sources that forbid commercial use")
    args = parser.parse_args()
    options = ["--commercial"] if args.commercial else []
    for stage, command in commands(args.data, args.out, args.minutes, options).items():
        print(f"--- {stage}", flush=True)
        done = subprocess.run([sys.executable, "-m", *command], check=False)
        if done.returncode:
            sys.exit(f"the stage {stage} failed; the same command goes on from there once the cause is mended")
    publish(args.out / "stages", args.out / "model")


if __name__ == "__main__":
    main()
