"""A trained run becomes a folder to keep or to give away: `python -m train.export --run RUN --name NAME`.

RUN is the folder of `train.run`, with `model` and, after `train.evaluate`, `report`.  The folder, checkpoints/NAME,
gets the weights (float16), all that goes with them, a card, and a licence from what the data asks.  It is written
beside and takes its place when it is whole.  `--push ORG/NAME` puts it on the Hub as well.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from mote.checkpoint import read_fields
from mote.pipeline import MoTe
from train.card import Story, card, licence_text
from train.command import command
from train.data import read_manifest
from train.evaluate_prompts import CALLED
from train.report import JSON, Report
from train.vocabulary import offer

RECORD = "run.json"
"""What `train.run` writes of itself."""


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A folder to fill, beside `folder`, which takes its place once it is whole; until then what is there stays.

    Raises:
        SystemExit: something cannot be written; what was written is removed, and the sentence says why.
    """
    partial, before = (folder.with_name(f".{folder.name}.{state}") for state in ("partial", "before"))
    if before.exists() and not folder.exists():
        before.rename(folder)  # a kill came between the two renames below
    for stale in (partial, before):
        shutil.rmtree(stale, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        for path in partial.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise SystemExit(f"{folder} was not written, and what was there stays: {error}") from error
        raise
    if folder.exists():
        folder.rename(before)
    partial.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def export(run: Path, name: str, out: Path, report: Path) -> None:
    """Make the folder `out` of a run's model, report and data, in place of what is there.

    Raises:
        ValueError: something of the run is missing, or the report is of other weights; the message says which.
        SystemExit: the folder cannot be written; what was there stays.
    """
    model = MoTe.from_pretrained(run / "model", device="cpu")
    told = Report.read(report / JSON) if (report / JSON).exists() else None
    if told and (of := told.settings.get("weights")) != model.digest[:12]:
        raise ValueError(
            f"{report} is of the weights {of}, not of those in {run / 'model'}, {model.digest[:12]}: run "
            "train.evaluate again, or name another folder with --report"
        )
    records = read_manifest(run / "prepared")
    about = read_fields(run, RECORD) if (run / RECORD).exists() else {}
    story = Story(records=records, run=about, stages=run / "stages", report=told)
    with replacing(out) as folder:
        shutil.copytree(run / "model", folder, dirs_exist_ok=True)
        if told:
            told.write(folder)
            if called := told.groups.get(f"{CALLED}, by action"):
                offer(called, folder)
        (folder / "README.md").write_text(card(name, model, story), encoding="utf-8")
        (folder / "LICENSE").write_text(licence_text(story), encoding="utf-8")


def check_push(name: str) -> None:
    """Say whether a folder could be pushed, before anything is done for it.

    Raises:
        ValueError: this is no name of a repository, or nobody is logged in to the Hub.
    """
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise ValueError(f"{name} is no name of a repository of the Hub: give ORG/NAME") from error
    if get_token() is None:
        raise ValueError(
            "nobody is logged in to the Hub: run `hf auth login`, or put a token with write access in HF_TOKEN"
        )


def push(folder: Path, name: str) -> str:
    """Upload a folder to the repository `name` of the Hub, which is made where there is none; return its address.

    Raises:
        ValueError: the Hub cannot be reached, or refuses.
    """
    hub = HfApi()
    try:
        address = hub.create_repo(name, exist_ok=True)
        hub.upload_folder(repo_id=address.repo_id, folder_path=folder, commit_message=f"{folder.name}, by train.export")
    except Exception as error:  # what it raises without a network is a type of its HTTP library, whichever that is
        raise ValueError(
            f"{folder} is whole, but was not pushed to {name}: {error}. Once that is mended: hf upload {name} {folder}"
        ) from error
    return str(address)


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="the folder of train.run")
    parser.add_argument("--name", required=True, help="what the model is called")
    parser.add_argument("--out", type=Path, help="the folder to make (default: checkpoints/NAME)")
    parser.add_argument("--report", type=Path, help="folder of train.evaluate's report.json (default: RUN/report)")
    parser.add_argument("--push", metavar="ORG/NAME", help="put the folder on the Hub as well, in this repository")
    options = parser.parse_args(arguments)
    out = options.out or Path("checkpoints") / options.name
    if options.push:
        check_push(options.push)
    export(options.run, options.name, out, options.report or options.run / "report")
    print(push(out, options.push) if options.push else out)


if __name__ == "__main__":
    main()
