"""Train and evaluate what a table of the paper needs, and write the table with the published figures beside ours.

`python -m train.recipes main-humanml3d --data HumanML3D --official checkpoints/t2m --out RUN` takes the set as it is
published and the published evaluator, and leaves RUN/TABLE.md.  A run that was stopped goes on where it stopped.
Without --data nothing is trained: the table is written of what RUN has, empty where nothing was run.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from train.command import command
from train.data import read_manifest
from train.jobs import Commands, gather, run_once
from train.recipes import NAMES, Recipe, read


def stages(recipe: Recipe, options: argparse.Namespace) -> Commands:
    """The commands that train every MED and TED of a recipe, by name."""
    data, out = options.data, options.out
    commands = {}
    for column in (column for column in recipe.columns if not column.real):
        med, ted = column.name_of("med", "med"), column.name_of("ted", "ted")
        commands[med] = ["train.med", "--data", str(out / "prepared"), "--out", str(out / "stages" / med),
                         *recipe.of(column, "med")]  # fmt: skip
        commands[ted] = ["train.ted", "--data", str(data), "--manifest", str(out / "prepared" / "manifest.jsonl"),
                         "--out", str(out / "stages" / ted), *recipe.of(column, "ted")]  # fmt: skip
    return commands


def denoisers(recipe: Recipe, options: argparse.Namespace) -> Commands:
    """The commands that train every denoiser, each in a folder with its MED and TED."""
    return {
        column.model: ["train.mtdm", "--prepared", str(options.out / "prepared"), "--models",
                       str(options.out / "models" / column.model), *recipe.of(column, "mtdm")]
        for column in recipe.columns if not column.real
    }  # fmt: skip


def reports(recipe: Recipe, options: argparse.Namespace) -> Commands:
    """The commands that evaluate every model; none without the published evaluator."""
    if options.official is None:
        return {}
    bert = ["--bert", str(options.bert)] if options.bert else []
    return {
        column.report: ["train.evaluate", "--model", str(options.out / "models" / column.model), "--data",
                        str(options.out / "prepared"), "--official", str(options.official), *bert, "--parts",
                        "protocol", "--out", str(options.out / "reports" / column.report),
                        *recipe.of(column, "evaluate")]
        for column in recipe.columns if not column.real
    }  # fmt: skip


def run(recipe: Recipe, options: argparse.Namespace) -> None:
    """Everything that was not done before, one command after another.

    Raises:
        ValueError: the data is of another set than the recipe is for.
    """
    out, done = options.out, options.out / "done"
    prepared = out / "prepared"
    run_once({"prepare": ["train.prepare", "--data", str(options.data), "--out", str(prepared)]}, done)
    found = read_manifest(prepared, "test")[0]["source"]
    if found != recipe.layout:
        raise ValueError(f"the recipe is for {recipe.layout}, and {options.data} holds {found}: give that set's folder")
    for stage in stages(recipe, options).items():
        run_once(dict([stage]), done)
    for column in (column for column in recipe.columns if not column.real):
        parts = {part: out / "stages" / column.name_of(part, part) for part in ("med", "ted")}
        gather(out / "models" / column.model, parts)
    for commands in (denoisers(recipe, options), reports(recipe, options)):
        for one in commands.items():
            run_once(dict([one]), done)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Run one recipe, print its table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--data", type=Path, help="the folder of the set as it is published")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--official", type=Path, help="the folder of the set's published evaluator; figures need it")
    parser.add_argument("--bert", type=Path, help="the folder of a language model, roberta-large; BERTScore needs it")
    options = parser.parse_args(arguments)
    recipe = read(options.name)
    if options.data:
        run(recipe, options)
    page = recipe.markdown(options.out / "reports")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "TABLE.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
