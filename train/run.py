"""Every stage, one after another: `python -m train.run --data RAW --out RUN`.

With `--start checkpoints/mote-open` the latents of a trained model stay as they are, and all the time goes to the words
that its encoder knows, to its denoiser, its decoder and its retrieval: the way to more of a model, or to one of your
own clips, in a few hours of a CPU.
With `--encoder` and `--decoder` TED reads and writes with published parts, CLIP and GPT-2 as in the paper.

`--data HUMANML3D` and `--data KIT-ML`, the folders as they are published, train the paper's three stages on these sets.
Otherwise RAW holds the sources (bandai-namco, cmu, snu-patches, snu-ys2010) and the captions (humanml3d, kit-ml).  The
model ends in RUN/model, ready for `MoTe.from_pretrained`, with what real clips measure (`train.real`).  A run that was
stopped goes on where it stopped.
"""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from mote.checkpoint import CONFIG
from mote.models.words import TOKENIZER
from train import pretrained
from train.jobs import run_together
from train.prepare.published import Name, recognise


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The stages of each phase, and how the time is shared; a phase's shares are the same, since they pass together.

    `denoiser` is the denoiser before it is refined to `mtdm`.  Stages that need nothing of each other run side by side
    and share the cores: twice as many steps in the same time.
    """

    phases: tuple[tuple[str, ...], ...]
    shares: Mapping[str, float]


SCRATCH = Plan(
    phases=(("prepare",), ("med", "ted"), ("denoiser",), ("mtdm",), ("decoder", "retrieval")),
    shares={"med": 0.35, "ted": 0.35, "denoiser": 0.4, "mtdm": 0.15, "decoder": 0.1, "retrieval": 0.1},
)
ONWARD = Plan(
    phases=(("prepare",), ("ted",), ("denoiser",), ("mtdm",), ("decoder", "retrieval")),
    shares={"ted": 0.15, "denoiser": 0.25, "mtdm": 0.5, "decoder": 0.1, "retrieval": 0.1},
)
PUBLISHED = Plan(
    phases=(("prepare",), ("med", "ted"), ("mtdm",)),
    shares={"med": 0.5, "ted": 0.5, "mtdm": 0.5},
)
"""From nothing, from a trained model, and the paper's own stages on HumanML3D or KIT-ML, whose clips have no labels of
action and style that the other stages could go by."""

PARTS = {"med": ("med",), "ted": ("decoder", "ted"), "mtdm": ("mtdm",), "retrieval": ("retrieval",)}
"""The stages that each part of the model may come from, the last trained first: TED's decoder is trained twice."""

FILES = (CONFIG, "model*.safetensors*", f"*{TOKENIZER}")


def commands(
    data: Path,
    out: Path,
    minutes: float,
    options: list[str],
    start: Path | None = None,
    published: Sequence[str] = (),
    plan: Plan | None = None,
) -> dict[str, list[str]]:
    """The command of each stage of the plan, without the interpreter."""
    prepared, stages = out / "prepared", out / "stages"
    plan = plan or (ONWARD if start else SCRATCH)
    frozen = ["--frozen"] if "--tune" in published and "decoder" not in published else []
    reading = ["train.ted", "--data", str(data), "--manifest", str(prepared / "manifest.jsonl")]
    if start:
        reading = ["train.wording", "--data", str(data), "--prepared", str(prepared), "--ted", str(start / "ted")]
    latents = ["--prepared", str(prepared), "--models", str(stages)]
    onward = ["--start", str(start / "mtdm")] if start else []
    every = {
        "prepare": ["train.prepare", "--data", str(data), "--out", str(prepared), *options],
        "med": ["train.med", "--data", str(prepared), "--out", str(stages / "med")],
        "ted": [*reading, "--out", str(stages / "ted"), *published],
        "denoiser": ["train.mtdm", *latents, *onward, "--out", str(stages / "denoiser")],
        "mtdm": ["train.refine", *latents, "--start", str(stages / "denoiser"), "--out", str(stages / "mtdm")],
        "retrieval": ["train.retrieval", *latents, "--out", str(stages / "retrieval")],
        "decoder": ["train.decoder", "--data", str(data), *latents, "--out", str(stages / "decoder"), *frozen],
    }  # fmt: skip
    if plan is PUBLISHED:
        every["mtdm"] = [*every["denoiser"][:-1], str(stages / "mtdm")]
    times = {stage: ["--minutes", f"{share * minutes:g}"] for stage, share in plan.shares.items()}
    return {stage: every[stage] + times.get(stage, []) for phase in plan.phases for stage in phase}


def publish(stages: Path, model: Path) -> None:
    """Copy what a model needs to run, of the stages that are done, and nothing that only training needs."""
    for part, sources in PARTS.items():
        stage = next((stage for stage in sources if (stages / stage / CONFIG).exists()), None)
        if stage is None:
            continue
        (model / part).mkdir(parents=True, exist_ok=True)
        for pattern in FILES:
            for old in (model / part).glob(pattern):
                old.unlink()  # weights may lie in another number of files now
            for path in (stages / stage).glob(pattern):
                shutil.copy2(path, model / part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="RAW, or the folder of HumanML3D or of KIT-ML")
    parser.add_argument("--layout", choices=get_args(Name), help="the set in that folder (default: as it looks)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=85, help="of training; the rest takes 30 more on two cores")
    parser.add_argument("--start", type=Path, help="a trained model to go on from; its licence binds what comes of it")
    parser.add_argument("--commercial", action="store_true", help="leave out sources that forbid commercial use")
    pretrained.add_arguments(parser)
    args = parser.parse_args()
    if args.start and (args.encoder or args.decoder):
        parser.error("--start goes on with the TED of the model that it names: leave out --encoder and --decoder")
    try:
        layout = args.layout or recognise(args.data)
    except ValueError as error:
        parser.error(str(error))
    if layout and args.start:
        parser.error("--start goes on with clips of your own; HumanML3D and KIT-ML are trained on from nothing")
    options = ["--commercial"] if args.commercial else ["--layout", layout] if layout else []
    published = [f"--{part}={name}" for part in get_args(pretrained.Part) if (name := getattr(args, part))]
    published += ["--tune", *args.tune] if published else []
    plan = PUBLISHED if layout else ONWARD if args.start else SCRATCH
    every = commands(args.data, args.out, args.minutes, options, args.start, published, plan)
    if args.start:
        shutil.copytree(args.start / "med", args.out / "stages" / "med", dirs_exist_ok=True)
    for phase in plan.phases:
        run_together({stage: every[stage] for stage in phase})
    model = args.out / "model"
    publish(args.out / "stages", model)
    run_together({"real": ["train.real", "--data", str(args.out / "prepared"), "--model", str(model)]})


if __name__ == "__main__":
    main()
