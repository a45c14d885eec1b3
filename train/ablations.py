"""The paper's ablations on the open data, and the questions that it leaves open: a page of tables and pictures.

Run as `python -m train.ablations --raw RAW --data PREPARED --model checkpoints/mote-open --evaluator
checkpoints/evaluator --out RUN`.  Each variant is trained for as many steps, a few, and all are evaluated on the
validation split.  It takes about three hours on two cores, the page's first part, which needs no training, a quarter of
one; a run that was stopped goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mote.models.interaction import Interaction
from mote.models.med import MEDConfig
from mote.models.mtdm import MTDMConfig
from mote.models.writers import BY_TABLE
from mote.pipeline import GUIDANCE, STEPS, MoTe
from train.alignment import align
from train.command import command
from train.data import MANIFEST, Split
from train.jobs import Commands, gather, run_once
from train.plots import draw
from train.repetition import load_unruly, repetition
from train.report import JSON, Report, show, table

SPLIT: Split = "val"

MOTION_FIGURES = {
    "motion: action and side": "text-to-motion: the action named is the action done, its side too",
    "motion: mean over actions": "text-to-motion: action alone, mean over actions",
    "jitter": "text-to-motion: jitter, generated over real",
    "skating": "text-to-motion: skating, generated over real",
    "R-precision 1": "text-to-motion: R-precision 1, generated over real",
    "FID": "text-to-motion: FID, generated over real",
}
TEXT_FIGURES = {
    "caption: action and side": "motion-to-text: action and side named right",
    "caption: action": "motion-to-text: action alone",
    "CIDEr": "motion-to-text: CIDEr, generated over one real sentence",
}
MED_FIGURES = {"MED: joints": "MED: mean joint error, root-aligned"}
"""Columns of the tables, and the rows of the reports that they show, where those have them."""
PARTS = (
    (MED_FIGURES, ("med",)),
    (MOTION_FIGURES, ("text-to-motion", "body")),
    (TEXT_FIGURES, ("motion-to-text", "captions")),
)
"""The parts of the evaluation that measure them."""

ENOUGH = "600"
"""Minutes that no stage needs: variants are compared after the same number of steps."""

DRAWN = ("motion: action and side", "FID", "caption: action and side", "CIDEr")
"""Columns that there are pictures of."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A model that is trained for the comparison: one MED for each number of tokens, one denoiser for each variant."""

    tokens: int = MEDConfig.tokens
    interaction: Interaction = MTDMConfig.interaction

    @property
    def med(self) -> str:
        return f"med-{self.tokens}"

    @property
    def name(self) -> str:
        return f"{self.tokens}-{self.interaction}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """An evaluation: of a variant, or of the model that is given, with settings of its own."""

    variant: Variant | None = None
    steps: int = STEPS
    guidance: tuple[float, float] = GUIDANCE

    @property
    def name(self) -> str:
        """The folder of its report."""
        model = self.variant.name if self.variant else "given"
        return f"{model}-{self.steps}-{self.guidance[0]:g}-{self.guidance[1]:g}"


@dataclass(frozen=True, kw_only=True)
class Study:
    """One question: the runs that answer it, by what is varied, and the columns of its table."""

    title: str
    runs: Mapping[str, Run]
    figures: Mapping[str, str]

    @property
    def parts(self) -> list[str]:
        """The parts of the evaluation that its figures need."""
        return [part for figures, parts in PARTS if figures.items() <= self.figures.items() for part in parts]


STUDIES = (
    Study(
        title="Latent tokens of a motion, l",
        runs={str(tokens): Run(variant=Variant(tokens=tokens)) for tokens in (1, 2, 4, 6, 8)},
        figures=MED_FIGURES | MOTION_FIGURES | TEXT_FIGURES,
    ),
    Study(
        title="Interaction",
        runs={name: Run(variant=Variant(interaction=name)) for name in ("in-context", "cross-attention", "adaln")},
        figures=MOTION_FIGURES | TEXT_FIGURES,
    ),
    Study(
        title="Guidance of the motion",
        runs={f"{scale:g}": Run(guidance=(scale, GUIDANCE[1])) for scale in (1, 2.5, 5, 7.5, 10)},
        figures=MOTION_FIGURES,
    ),
    Study(
        title="Guidance of the text",
        runs={f"{scale:g}": Run(guidance=(GUIDANCE[0], scale)) for scale in (1, 3, 5, 7, 9)},
        figures=TEXT_FIGURES,
    ),
    Study(
        title="Steps",
        runs={str(steps): Run(steps=steps) for steps in (5, STEPS, 20, 50)},
        figures=MOTION_FIGURES | TEXT_FIGURES,
    ),
)
APART = Variant(interaction="none")
"""What the alignment of the two sides is compared with."""


def commands(options: argparse.Namespace) -> list[Commands]:
    """The commands of each phase by name: reports on the given model; MEDs; denoisers; reports on them; TED's writers.

    The page grows with the phases, so that what was measured first does not wait for the last.
    """
    data, out = str(options.data), options.out
    runs = {run.name: run for study in STUDIES for run in study.runs.values()}
    variants = {variant.name: variant for variant in [APART, *(run.variant for run in runs.values() if run.variant)]}
    meds = {
        variant.med: ["train.med", "--data", data, "--out", str(out / variant.med), "--tokens", str(variant.tokens),
                      "--steps", str(options.med_steps), "--minutes", ENOUGH]
        for variant in variants.values()
    }  # fmt: skip
    denoisers = {
        name: ["train.mtdm", "--prepared", data, "--models", str(out / name), "--interaction", variant.interaction,
               "--rewordings", "0", "--steps", str(options.steps), "--minutes", ENOUGH]
        for name, variant in variants.items()
    }  # fmt: skip
    writers = {
        f"ted-{writer}": ["train.ted", "--data", str(options.raw), "--manifest", str(options.data / MANIFEST),
                          "--start", str(options.model / "ted"), "--decoder-only", "--writer", writer, "--out",
                          str(out / f"ted-{writer}"), "--steps", str(options.writer_steps), "--minutes", ENOUGH]
        for writer in BY_TABLE
    }  # fmt: skip
    parts = {
        name: [*dict.fromkeys(part for study in STUDIES if run in study.runs.values() for part in study.parts)]
        for name, run in runs.items()
    }
    more = []
    if options.matching:
        more = ["matching", "--matching", str(options.matching), "--repeats", "3", "--texts", "20", "--samples", "10"]
    reports = {
        f"report-{name}": [
            "train.evaluate", "--model", str(out / run.variant.name if run.variant else options.model), "--data", data,
            "--evaluator", str(options.evaluator), "--out", str(out / "reports" / name), "--split", SPLIT,
            "--steps", str(run.steps), "--guidance", *map(str, run.guidance), "--parts", *parts[name], *more,
        ]
        for name, run in runs.items()
    }  # fmt: skip
    of_given = {f"report-{name}": reports[f"report-{name}"] for name, run in runs.items() if run.variant is None}
    of_variants = {name: command for name, command in reports.items() if name not in of_given}
    return [of_given, meds, denoisers, of_variants, writers]


def gather_variants(out: Path, ted: Path) -> None:
    """Give the folder of every variant its MED and the TED that all share."""
    for variant in {APART, *(run.variant for study in STUDIES for run in study.runs.values() if run.variant)}:
        gather(out / variant.name, {"med": out / variant.med, "ted": ted})


def section(study: Study, reports: Mapping[str, Report], page: Path, pictures: Path) -> str:
    """A study as Markdown: its table, and pictures of the figures in DRAWN."""
    found = {name: {row.what: row for row in report.rows} for name, report in reports.items()}
    columns = {column: what for column, what in study.figures.items() if all(what in rows for rows in found.values())}
    cells = [
        [name, *(show(rows[what].measured, rows[what].unit) for what in columns.values())]
        for name, rows in found.items()
    ]
    drawn = draw([*reports.values()], pictures, {what for column, what in columns.items() if column in DRAWN})
    links = [f'<img src="{os.path.relpath(path, page.parent)}" width="380" alt="{path.stem}">' for path in drawn]
    return "\n".join([f"## {study.title}\n", table(["", *columns], cells), "", *links, ""])


def write_page(options: argparse.Namespace, *, done: bool) -> None:
    """Write the page and its pictures: the studies whose reports are there, and when all is done what models say."""
    out, page, pictures = options.out, options.page, options.pictures
    parts = [
        "# Ablations\n",
        "All of this was made by `python -m train.ablations`. Guidance and steps are measured on mote-open itself, on "
        f"the split {SPLIT}, whose 224 clips tell a share to about 2.5 points.\n",
    ]
    if (options.out / "reports" / Run(variant=Variant()).name).exists():
        parts.append(
            f"Variants of MED were trained for {options.med_steps:,} steps and denoisers for {options.steps:,}, a "
            "small part of what mote-open had.\n"
        )
    for study in STUDIES:
        paths = {name: out / "reports" / run.name / JSON for name, run in study.runs.items()}
        if all(path.exists() for path in paths.values()):
            reports = {name: Report.read(path) for name, path in paths.items()}
            parts.append(section(study, reports, page, pictures))
    if done:
        parts += trained(options)
    page.write_text("\n".join(parts) + "\n", encoding="utf-8")


def trained(options: argparse.Namespace) -> list[str]:
    """The parts of the page that ask the trained models themselves."""
    out, page = options.out, options.page
    models: dict[str, MoTe] = {
        v.interaction: MoTe.from_pretrained(out / v.name) for v in (replace(APART, interaction="in-context"), APART)
    }
    picture = options.pictures / "alignment.png"
    return [
        "## Do the two sides align?\n",
        align(models, options.data, SPLIT, picture),
        f'\n<img src="{os.path.relpath(picture, page.parent)}" width="760" alt="both sides in one plane">',
        "\n## Which decoder repeats itself?\n",
        f"Both after {options.writer_steps:,} steps on the latents of mote-open, and without the rule that no run of "
        "three words is written twice.\n",
        repetition(
            MoTe.from_pretrained(options.model),
            {writer: load_unruly(out / f"ted-{writer}") for writer in BY_TABLE},
            options.data,
            SPLIT,
        ),
    ]


@command
def main(arguments: Sequence[str] | None) -> None:
    """Train, evaluate and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, required=True, help="folder that holds humanml3d and kit-ml")
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--model", type=Path, required=True, help="a trained model: its TED serves all variants")
    parser.add_argument("--evaluator", type=Path, required=True, help="the folder that train.evaluator wrote")
    parser.add_argument("--matching", type=Path, help="the folder that train.match wrote; its figures need it")
    parser.add_argument("--out", type=Path, required=True, help="folder of the models and the reports")
    parser.add_argument("--page", type=Path, default=Path("train/ABLATIONS.md"))
    parser.add_argument("--pictures", type=Path, default=Path("assets/ablations"), help="folder of the page's pictures")
    parser.add_argument("--steps", type=int, default=4000, help="of each denoiser")
    parser.add_argument("--med-steps", type=int, default=1000, help="of each MED")
    parser.add_argument("--writer-steps", type=int, default=1500, help="of each decoder of TED")
    options = parser.parse_args(arguments)
    done = options.out / "done"
    of_given, meds, denoisers, of_variants, writers = commands(options)
    run_once(of_given, done)
    write_page(options, done=False)
    run_once(meds, done)
    gather_variants(options.out, options.model / "ted")
    run_once(denoisers, done)
    run_once(of_variants, done)
    write_page(options, done=False)
    run_once(writers, done)
    write_page(options, done=True)


if __name__ == "__main__":
    main()
