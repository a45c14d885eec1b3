"""Every stage, one after another: `python -m train.run --data RAW --out RUN`.

With `--start checkpoints/mote-open` the latents of a trained model stay as they are, and all the time goes to the words
that its encoder knows, to its denoiser, its decoder and its retrieval: the way to more of a model, or to one of your
own clips, in a few hours of a CPU.
With `--encoder` and `--decoder` TED reads and writes with published parts, CLIP and GPT-2 as in the paper, and with
`--size paper` the networks are as large as the paper's.

`--data HUMANML3D` and `--data KIT-ML`, the folders as they are published, train the paper's three stages on these sets.
Otherwise RAW holds the sources (bandai-namco, cmu, snu-patches, snu-ys2010) and the captions (humanml3d, kit-ml).  The
model ends in RUN/model, ready for `MoTe.from_pretrained`, and for `train.export`, with what real clips
measure (`train.real`).  A run that was stopped goes on where it stopped.
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from mote.checkpoint import CONFIG, read_fields
from mote.models.words import TOKENIZER
from train import pretrained, sizes
from train.card import use_of
from train.command import command
from train.export import RECORD, replacing
from train.jobs import run_together
from train.prepare.__main__ import find_sources
from train.prepare.published import Name, recognise
from train.storage import whole


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The stages of each phase, and how the time is shared; a phase's shares are the same, since they pass together.

    `denoiser` is the denoiser before it is `refined`, `preferred` what has learned to prefer the best of what it makes,
    and `mtdm` what has learned anew what it still fails at.
    Stages that need nothing of each other run side by side and share the cores: twice as many steps in the same time.
    """

    phases: tuple[tuple[str, ...], ...]
    shares: Mapping[str, float]


SCRATCH = Plan(
    phases=(
        ("prepare",),
        ("med", "ted"),
        ("denoiser", "claims"),
        ("refined",),
        ("preferred",),
        ("mtdm",),
        ("decoder", "retrieval"),
    ),
    shares={
        "med": 0.35,
        "ted": 0.35,
        "denoiser": 0.3,
        "claims": 0.3,
        "refined": 0.1,
        "preferred": 0.1,
        "mtdm": 0.05,
        "decoder": 0.1,
        "retrieval": 0.1,
    },
)
ONWARD = Plan(
    phases=(
        ("prepare",),
        ("ted",),
        ("denoiser", "claims"),
        ("refined",),
        ("preferred",),
        ("mtdm",),
        ("decoder", "retrieval"),
    ),
    shares={
        "ted": 0.15,
        "denoiser": 0.25,
        "claims": 0.25,
        "refined": 0.1,
        "preferred": 0.3,
        "mtdm": 0.1,
        "decoder": 0.1,
        "retrieval": 0.1,
    },
)
PUBLISHED = Plan(
    phases=(("prepare",), ("med", "ted"), ("mtdm",)),
    shares={"med": 0.5, "ted": 0.5, "mtdm": 0.5},
)
"""From nothing, from a trained model, and the paper's own stages on HumanML3D or KIT-ML, whose clips have no labels of
action and style that the other stages could go by."""

PARTS = {
    "med": ("med",), "ted": ("decoder", "ted"), "mtdm": ("mtdm",), "retrieval": ("retrieval",), "claims": ("claims",),
}  # fmt: skip
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
    size: str = sizes.OPEN,
) -> dict[str, list[str]]:
    """The command of each stage of the plan, without the interpreter."""
    prepared, stages = out / "prepared", out / "stages"
    plan = plan or (ONWARD if start else SCRATCH)
    sized = [] if size == sizes.OPEN else ["--size", size]
    frozen = ["--frozen"] if "--tune" in published and "decoder" not in published else []
    reading = ["train.ted", "--data", str(data), "--manifest", str(prepared / "manifest.jsonl")]
    if start:
        reading = ["train.wording", "--data", str(data), "--prepared", str(prepared), "--ted", str(start / "ted")]
    latents = ["--prepared", str(prepared), "--models", str(stages)]
    onward = ["--start", str(start / "mtdm")] if start else []
    every = {
        "prepare": ["train.prepare", "--data", str(data), "--out", str(prepared), *options],
        "med": ["train.med", "--data", str(prepared), *sized, "--out", str(stages / "med")],
        "ted": [*reading, *sized, "--out", str(stages / "ted"), *published],
        "claims": ["train.claims", *latents, "--out", str(stages / "claims")],
        "denoiser": ["train.mtdm", *latents, *onward, *sized, "--out", str(stages / "denoiser")],
        "refined": ["train.refine", *latents, "--start", str(stages / "denoiser"), "--out", str(stages / "refined")],
        "preferred": ["train.prefer", *latents, "--start", str(stages / "refined"), "--out", str(stages / "preferred")],
        "mtdm": [
            "train.focus", "--if-any", *latents, "--start", str(stages / "preferred"), "--out", str(stages / "mtdm"),
        ],
        "retrieval": ["train.retrieval", *latents, "--out", str(stages / "retrieval")],
        "decoder": ["train.decoder", "--data", str(data), *latents, "--out", str(stages / "decoder"), *frozen],
    }  # fmt: skip
    if plan is PUBLISHED:
        every["mtdm"] = [*every["denoiser"][:-1], str(stages / "mtdm")]
    times = {stage: ["--minutes", f"{share * minutes:g}"] for stage, share in plan.shares.items()}
    return {stage: every[stage] + times.get(stage, []) for phase in plan.phases for stage in phase}


def publish(stages: Path, model: Path) -> None:
    """Copy what a model needs to run, of the stages that are done, and nothing that only training needs.

    What else lies in the model's folder stays.  The folder is the old or the new, never a part of either.

    Raises:
        SystemExit: it cannot be written; the old model stays.
    """
    with replacing(model) as new:
        if model.exists():
            shutil.copytree(model, new, dirs_exist_ok=True)
        for part, sources in PARTS.items():
            stage = next((stage for stage in sources if (stages / stage / CONFIG).exists()), None)
            if stage is None:
                continue
            (new / part).mkdir(exist_ok=True)
            for pattern in FILES:
                for old in (new / part).glob(pattern):
                    old.unlink()  # weights may lie in another number of files now
                for path in (stages / stage).glob(pattern):
                    shutil.copy2(path, new / part)


def record(args: argparse.Namespace, options: list[str], plan: Plan) -> dict[str, Any]:
    """What a model's card tells of its run, by names instead of this machine's paths."""
    named = {part: _name(getattr(args, part)) for part in get_args(pretrained.Part)}
    read = [f"{name}-captions" for name in ("humanml3d", "kit-ml") if (args.data / name).is_dir()]
    if not (args.encoder or args.start):
        read.append("teacher")
    start = args.start and {"name": args.start.name, "use": use_of(args.start)}
    every = commands(
        Path("RAW"),
        Path("RUN"),
        args.minutes,
        options,
        Path(args.start.name) if args.start else None,
        _published(named, args.tune),
        plan,
        args.size,
    )
    tuned = args.tune if args.encoder else None
    return {"size": args.size, **named, "tune": tuned, "start": start, "read": read, "commands": every}


def begin(out: Path, about: Mapping[str, Any]) -> None:
    """Write what a run is to RUN/run.json, or see that it goes on as it was begun.

    Raises:
        ValueError: it was begun otherwise.
    """
    path = out / RECORD
    if path.exists():
        before = read_fields(out, RECORD)
        for name in ("size", *get_args(pretrained.Part), "tune", "start"):
            if before.get(name) != about[name]:
                raise ValueError(
                    f"the run in {out} was begun with {before.get(name) or 'no'} {name}, not with "
                    f"{about[name] or 'none'}: go on with the same, or name another folder with --out"
                )
    with whole(path) as file:
        file.write(f"{json.dumps(about, indent=2)}\n".encode())


def _name(part: str | None) -> str | None:
    """A published part's Hub id, or the last part of its folder's path."""
    return Path(part).name if part and Path(part).is_dir() else part


def _published(named: Mapping[str, str | None], tune: Sequence[str]) -> list[str]:
    """The options of TED's stage that name its published parts."""
    parts = [f"--{part}={named[part]}" for part in get_args(pretrained.Part) if named[part]]
    return [*parts, "--tune", *tune] if parts else []


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="RAW, or the folder of HumanML3D or of KIT-ML")
    parser.add_argument("--layout", choices=get_args(Name), help="the set in that folder (default: as it looks)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=85, help="of training; the rest takes 30 more on two cores")
    parser.add_argument("--start", type=Path, help="a trained model to go on from; its licence binds what comes of it")
    parser.add_argument("--commercial", action="store_true", help="leave out sources that forbid commercial use")
    pretrained.add_arguments(parser)
    sizes.add_arguments(parser)
    args = parser.parse_args(arguments)
    if args.start and (args.encoder or args.decoder):
        parser.error("--start goes on with the TED of the model that it names: leave out --encoder and --decoder")
    if args.start and args.size != sizes.OPEN:
        parser.error("--start goes on in the sizes of the model that it names: leave out --size")
    layout = args.layout or recognise(args.data)
    if layout and args.start:
        parser.error("--start goes on with clips of your own; HumanML3D and KIT-ML are trained on from nothing")
    if not layout:
        find_sources(args.data)
    for part in ("med", "ted", "mtdm") if args.start else ():
        read_fields(args.start / part)
    options = ["--commercial"] if args.commercial else ["--layout", layout] if layout else []
    plan = PUBLISHED if layout else ONWARD if args.start else SCRATCH
    begin(args.out, record(args, options, plan))
    published = _published(vars(args), args.tune)
    every = commands(args.data, args.out, args.minutes, options, args.start, published, plan, args.size)
    if args.start:
        shutil.copytree(args.start / "med", args.out / "stages" / "med", dirs_exist_ok=True)
    for phase in plan.phases:
        run_together({stage: every[stage] for stage in phase})
    model = args.out / "model"
    publish(args.out / "stages", model)
    run_together({"real": ["train.real", "--data", str(args.out / "prepared"), "--model", str(model)]})


if __name__ == "__main__":
    main()
