"""A motion for each line of a file of prompts, on all processes that `accelerate launch` starts.

`accelerate launch -m train.generate --model checkpoints/mote-open --file prompts.txt --out MOTIONS`, or
`python -m train.generate ...` for one process.  Line n comes from seed + n, in batches that are the same on any number
of processes: so are the motions.  A run that was stopped goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from tqdm import tqdm

from mote.__main__ import CHECKPOINT, read_lines
from mote.checkpoint import read_fields
from mote.export import Format, export, slug
from mote.files import MotionFileError
from mote.motion.motion import Motion
from mote.pipeline import STEPS, MoTe
from train.command import command
from train.engine import engine, is_main, on_main, own
from train.storage import StoppedError, whole

SETTINGS = "settings.json"


def generate(model: MoTe, prompts: Sequence[str], out: Path, settings: dict[str, Any]) -> None:
    """Write the motion of each prompt, those that are there already left as they are.

    Args:
        settings: seed, batch, steps and formats.
    """
    size = settings["batch"]
    batches = [range(start, min(len(prompts), start + size)) for start in range(0, len(prompts), size)]
    for rows in tqdm(own(batches), desc=out.name, unit="batch", disable=not is_main()):
        if all(path.exists() for row in rows for path in _paths(out, row, prompts[row], settings["formats"])):
            continue
        samples = model.generate(
            "text-to-motion",
            text=[prompts[row] for row in rows],
            seed=[settings["seed"] + row + 1 for row in rows],
            steps=settings["steps"],
        )
        for row, sample in zip(rows, samples, strict=True):
            assert sample.motion is not None
            for path in _paths(out, row, prompts[row], settings["formats"]):
                _write(sample.motion, path)


def _write(motion: Motion, path: Path) -> None:
    """Write a motion beside, then rename: the file is whole or not there."""
    partial = path.with_name(f"partial.{path.name}")  # its suffix says what it is to be
    try:
        export(motion, partial)
    except (MotionFileError, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StoppedError(f"{error}: what is there stays; mend that, and the same command goes on") from error
    partial.replace(path)


def _paths(out: Path, row: int, prompt: str, formats: Sequence[Format]) -> Iterator[Path]:
    """The files of a line's motion, by its number from 1."""
    for form in formats:
        yield out / f"{row + 1:06d}-{slug(prompt)}.{form}"


def begin(out: Path, settings: dict[str, Any]) -> None:
    """Keep what a folder is made with, and hold those to it who go on.

    Raises:
        StoppedError: it was begun with something else.
    """
    path = out / SETTINGS
    if path.exists():
        kept = read_fields(out, SETTINGS)
        if differing := [name for name in settings if kept.get(name) != settings[name]]:
            raise StoppedError(
                f"{out} was begun with other settings ({', '.join(differing)}): name another --out, or give the same"
            )
    elif is_main():
        with whole(path) as file:
            file.write(json.dumps(settings, indent=2).encode())


@command
def main(arguments: Sequence[str] | None) -> None:
    """Read the prompts and write their motions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(CHECKPOINT), help="a folder, or a Hub id (default: %(default)s)")
    parser.add_argument("--file", type=Path, required=True, help="a text file with a prompt a line")
    parser.add_argument("--out", type=Path, required=True, help="folder of the motions; one that all machines see")
    parser.add_argument("--formats", nargs="+", choices=get_args(Format), default=["npy"], help="(default: npy)")
    parser.add_argument("--seed", type=int, default=0, help="line n comes from seed + n (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="denoising steps (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=32, help="prompts that are made at once (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.batch < 1:
        parser.error(f"--batch is at least 1, not {options.batch}")
    prompts = read_lines(options.file)
    model = MoTe.from_pretrained(options.model, device=str(engine().device))
    settings = {name: getattr(options, name) for name in ("formats", "seed", "steps", "batch")}
    told = {"prompts": hashlib.sha256("\n".join(prompts).encode()).hexdigest(), "weights": model.digest}
    begin(options.out, settings | told)
    engine().wait_for_everyone()
    generate(model, prompts, options.out, settings)
    on_main(print, f"{len(prompts)} motions in {options.out}")


if __name__ == "__main__":
    main()
