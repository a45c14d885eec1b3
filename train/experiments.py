"""The experiments that a newcomer to the paper runs first, by name: `python -m train.experiments NAME --out RUN ...`.

- reconstruction: MED and TED alone; on validation, a square error of normalised features below 0.01. The MED has a
  larger latent than the model's, in which a denoiser would learn longer.
- plain: MTDM with four latent tokens of a motion, in-context, sampled without guidance.
- guidance: a trained model with guidance 7 of both sides against none.

The first two train from RAW, the folder of sources that `train.run` takes.  A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from mote.checkpoint import load, load_ted
from mote.models.med import MED, MEDConfig
from train.command import command
from train.data import Clips, Split
from train.jobs import run_once, run_together
from train.med import errors
from train.prepare import text
from train.report import JSON, Report, Row, show, table
from train.run import commands
from train.ted import CHECKED, recovered

TOKENS = 4
EXACT = ("--tokens", "24", "--dim", "416", "--points", "8", "--even")
"""A latent of a motion that keeps nearly all of its features: 416 principal components of each eight frames."""
SPLIT: Split = "val"
PARTS = ("text-to-motion", "motion-to-text", "joint", "captions", "body")


def reconstruction(options: argparse.Namespace) -> str:
    """Train both autoencoders and report what they lose."""
    _train(options, ("prepare",), ("med", "ted"), med=[*EXACT])
    prepared, stages = options.out / "prepared", options.out / "stages"
    med = load(MED, MEDConfig, stages / "med")
    clips = Clips.load(prepared, SPLIT)
    lost = errors(med, clips)
    ted = load_ted(stages / "ted")
    captions = text.clips(prepared, SPLIT)
    captions = captions[:: 1 + len(captions) // CHECKED]
    words = recovered(ted, captions)["words"]
    count = len(clips)
    rows = [
        Row(
            what="MED: square error of normalised features", measured=lost["features"], count=count, most=0.01, unit=""
        ),
        Row(what="MED: mean joint error, root-aligned", measured=lost["joint_mm"], count=count, unit="mm"),
        Row(what="MED: mean root error", measured=lost["root_mm"], count=count, unit="mm"),
        Row(what="TED: words recovered", measured=words, count=len(captions)),
    ]
    report = Report(settings={"split": SPLIT, "minutes": options.minutes}, rows=rows)
    report.write(options.out / "reconstruction")
    return report.markdown()


def plain(options: argparse.Namespace) -> str:
    """Train MED, TED and MTDM with TOKENS latent tokens of a motion, and evaluate without guidance."""
    stages = options.out / "stages"
    unrefined = ["--out", str(stages / "mtdm")]
    _train(options, ("prepare",), ("med", "ted"), ("denoiser",), med=["--tokens", str(TOKENS)], denoiser=unrefined)
    return _compare(options, stages, options.out / "prepared", {"no guidance": (1, 1)})


def guidance(options: argparse.Namespace) -> str:
    """Evaluate a trained model with guidance of both sides and with none."""
    prepared = options.out / "prepared"
    _train(options, ("prepare",))
    return _compare(options, options.model, prepared, {"no guidance": (1, 1), "guidance 7 of both sides": (7, 7)})


RECIPES: dict[str, Callable[[argparse.Namespace], str]] = {
    "reconstruction": reconstruction,
    "plain": plain,
    "guidance": guidance,
}


def _train(options: argparse.Namespace, *phases: Sequence[str], **more: list[str]) -> None:
    """Run some stages of `train.run`, phase by phase, with options added to some of them."""
    every = commands(options.data, options.out, options.minutes, [])
    for phase in phases:
        run_together({stage: every[stage] + more.get(stage, []) for stage in phase})


def _compare(options: argparse.Namespace, model: Path, prepared: Path, settings: dict[str, tuple[int, int]]) -> str:
    """Evaluate a model with each guidance; a table with a column for each."""
    reports = {}
    for name, (motion, words) in settings.items():
        out = options.out / f"{options.name}-{motion}-{words}"
        command = ["train.evaluate", "--model", str(model), "--data", str(prepared), "--evaluator",
                   str(options.evaluator), "--out", str(out), "--split", SPLIT, "--parts", *PARTS,
                   "--guidance", str(motion), str(words)]  # fmt: skip
        run_once({out.name: command}, options.out / "done")
        reports[name] = Report.read(out / JSON).rows
    return table(["what", *reports], [_cells(rows) for rows in zip(*reports.values(), strict=True)])


def _cells(rows: Sequence[Row]) -> list[str]:
    """A row's name, and what was measured in each report."""
    return [rows[0].what, *(show(row.measured, row.unit) for row in rows)]


@command
def main(arguments: Sequence[str] | None) -> None:
    """Run one recipe and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=tuple(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="the folder of sources, as train.run takes it")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--model", type=Path, default=Path("checkpoints/mote-open"), help="of the recipe guidance")
    parser.add_argument("--evaluator", type=Path, default=Path("checkpoints/evaluator"))
    parser.add_argument("--minutes", type=float, default=85, help="of training all stages, as train.run takes it")
    options = parser.parse_args(arguments)
    print(RECIPES[options.name](options))


if __name__ == "__main__":
    main()
