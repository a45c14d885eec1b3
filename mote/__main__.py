"""Every task from the command line.

python -m mote text-to-motion "a person waves" "an old man walks" --formats bvh gif --out waves
python -m mote text-to-motion --file prompts.txt --samples 4 --seed 7
python -m mote text-to-motion "a person runs" "a person bows" --join
python -m mote text-to-motion "a person walks, then sits down, then waves"
python -m mote motion-to-text clip.bvh other.npy
python -m mote motion-variation long.bvh --start 12 --end 18 --fps 60
python -m mote joint --samples 3
python -m mote --recipe recipe.json

A recipe, or the ZIP with one that the app gives, makes the same result again: all files of that ZIP, or its motions in
the formats that are named.

A line is printed for each result: its files, its sentence, or both, with tabs between them; with --check also how well
motion and sentence fit and how the body moves, beside real clips.  Prompts that are far from what the model knows or
that are made one by one and joined are named on the error stream, and how each motion file was read.  Bad input ends it
with the code 2 and a sentence.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args

from tqdm import tqdm

from mote import advice, archive, check, recipe
from mote.export import Format, export, slug
from mote.files import Reading, open_file
from mote.motion.convention import Units, Up
from mote.motion.motion import Motion
from mote.pipeline import STEPS, MoTe, Sample, one_after_another
from mote.sampling import SIDES, TASKS, Side, Task, sides_made
from mote.sequence import one_by_one

CHECKPOINT = Path(__file__).resolve().parents[1] / "checkpoints" / "mote-open"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, make the results, write and print them."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        if options.recipe:
            _make_again(options)
        else:
            _run(options)
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mote", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=tuple(TASKS), nargs="?")
    parser.add_argument("inputs", nargs="*", help="sentences, or motion files: bvh, amc, npy, npz")
    parser.add_argument("--file", type=Path, help="a text file with one more input a line")
    parser.add_argument("--recipe", type=Path, help="make the result of this recipe.json or ZIP again")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the motions (default: %(default)s)")
    formats = get_args(Format)
    parser.add_argument(
        "--formats", nargs="+", choices=formats, help="of the motions (default: bvh; all with --recipe)"
    )
    parser.add_argument("--join", action="store_true", help="make one motion of all inputs, one after another")
    parser.add_argument("--samples", type=int, default=1, help="results for each input (default: %(default)s)")
    parser.add_argument("--start", type=float, default=0.0, help="where to begin in motion files, in seconds")
    parser.add_argument("--end", type=float, help="where to end in motion files, in seconds (default: their end)")
    parser.add_argument("--fps", type=float, help="frames a second of motion files (default: as found)")
    parser.add_argument("--units", choices=get_args(Units), help="of motion files (default: as found)")
    parser.add_argument("--up", choices=get_args(Up), help="axis of motion files that is up (default: as found)")
    parser.add_argument(
        "--seconds", type=float, help="length of a motion, with mote-open 1.5 to 9.8 (default: the model chooses)"
    )
    parser.add_argument("--steps", type=int, default=STEPS, help="denoising steps (default: %(default)s)")
    parser.add_argument("--guidance", type=float, nargs="+", help="of what is made, or of the motion and of the text")
    parser.add_argument("--seed", type=int, help="sample i of each input comes from seed + i (default: random)")
    parser.add_argument("--batch", type=int, default=32, help="results that are made at once (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="print what each result measures beside real clips")
    parser.add_argument("--checkpoint", default=str(CHECKPOINT), help="a folder, or a Hub id (default: %(default)s)")
    parser.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.task is None:
        raise ValueError(f"give a task: {', '.join(TASKS)}; or --recipe with a file")
    first = TASKS[options.task][0]
    side = next((side for side in SIDES if first[side] == "given"), None)
    names = [*options.inputs, *(read_lines(options.file) if options.file else [])]
    if side and not names:
        raise ValueError(f"{options.task} needs a {side}: give one or more, or --file with one a line")
    if names and not side:
        raise ValueError(f"{options.task} takes no input: say how many results with --samples")
    if options.join and (not side or "motion" not in sides_made(options.task)):
        raise ValueError(f"--join makes one motion of those of several inputs, which {options.task} does not make")
    if options.samples < 1:
        raise ValueError(f"samples is at least 1, not {options.samples}")
    if options.batch < 1:
        raise ValueError(f"--batch is at least 1, not {options.batch}")
    if options.guidance and len(options.guidance) > 2:
        raise ValueError(f"--guidance takes one number or two, not {len(options.guidance)}")
    reading = Reading(start=options.start, end=options.end, fps=options.fps, units=options.units, up=options.up)
    if side != "motion" and reading != Reading():
        raise ValueError(
            f"--start, --end, --fps, --units and --up are of motion files, which {options.task} does not take"
        )
    motions = [_read(name, reading) for name in names] if side == "motion" else []
    model = MoTe.from_pretrained(options.checkpoint, device=options.device)
    inputs: list[list[Any]] = [[motion] for motion in motions] or [
        _actions(model, name, options.task) for name in names
    ]
    if options.join:
        inputs, names = [[*chain(*inputs)]], names[:1]
    made = _generate(model, options, side, [*chain(*inputs)])
    for number, sample in enumerate(_joined(made, inputs, options.samples) if side else made):
        given = inputs[number // options.samples] if inputs else []
        name = names[number // options.samples] if names else sample.text or options.task
        stem = f"{slug(Path(name).stem if side == 'motion' else name)}-{sample.seed}"
        found = _found(model, sample, given[0] if len(given) == 1 else None) if options.check else []
        print(*_write(sample, f"{number + 1:03d}-{stem}", options), *found, sep="\t", flush=True)


def _actions(model: MoTe, sentence: str, task: Task) -> list[str]:
    """What is made of a sentence one by one; on the error stream, that it is so, and what the model knows little of."""
    actions = one_by_one(model, sentence) if task == "text-to-motion" else [sentence]
    if len(actions) > 1:
        print(f"{sentence}: made one by one and joined: {'; '.join(actions)}", file=sys.stderr)
    for action in actions:
        if warning := advice.strange(model, action):
            print(f"{action}: {warning}", file=sys.stderr)
    return actions


def _joined(made: Iterator[Sample], inputs: Sequence[Sequence[Any]], samples: int) -> Iterator[Sample]:
    """The samples of each input, those of one of several parts joined."""
    for parts in inputs:
        own = [*islice(made, len(parts) * samples)]
        yield from one_after_another(own, samples) if len(parts) > 1 else own


def _make_again(options: argparse.Namespace) -> None:
    """Make the result of a recipe again, and print and write it."""
    if options.task is not None:
        raise ValueError("--recipe says what is made: leave out the task and its inputs")
    with tempfile.TemporaryDirectory() as folder:
        wanted, file = archive.open_recipe(options.recipe, Path(folder))
        given = archive.read_given(wanted, file)
    model = MoTe.from_pretrained(options.checkpoint, device=options.device)
    if warning := wanted.foreign(model):
        print(warning, file=sys.stderr)
    with tqdm(total=wanted.steps * len(TASKS[wanted.task]), unit="step") as bar:
        made = recipe.make(wanted, model, given, callback=lambda *_: bar.update())
    written = archive.Result(recipe=wanted, made=made, given=given)
    for sample, paths in zip(made, written.write(options.out, options.formats or archive.FORMATS), strict=True):
        found = _found(model, sample, given or wanted.sentence) if options.check else []
        print(*paths, *_sentence(sample), *found, sep="\t", flush=True)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that have words."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as text: {getattr(error, 'strerror', None) or error}") from error
    return [line.strip() for line in lines if line.strip()]


def _read(name: str, reading: Reading) -> Motion:
    """The motion in a file; how it was read goes to the error stream."""
    source = open_file(name)
    motion = source.motion(reading)
    print(f"{name}: {source.described(reading)}", file=sys.stderr)
    return motion


def _generate(model: MoTe, options: argparse.Namespace, side: Side | None, inputs: list[Any]) -> Iterator[Sample]:
    """The samples of each input one after another, made in batches under one progress bar."""
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    calls: list[dict[str, Any]]
    if side:
        at_once = max(1, options.batch // max(1, options.samples))
        batches = [inputs[start : start + at_once] for start in range(0, len(inputs), at_once)]
        calls = [{side: batch, "samples": options.samples, "seed": seed} for batch in batches]
    else:
        starts = range(0, max(1, options.samples), options.batch)
        calls = [{"samples": min(options.batch, options.samples - start), "seed": seed + start} for start in starts]
    guidance = options.guidance and (tuple(options.guidance) if len(options.guidance) == 2 else options.guidance[0])
    settings = {"seconds": options.seconds, "steps": options.steps, "guidance": guidance}
    with tqdm(total=len(calls) * options.steps * len(TASKS[options.task]), unit="step") as bar:
        for call in calls:
            yield from model.generate(options.task, **call, **settings, callback=lambda *_: bar.update())


def _write(sample: Sample, stem: str, options: argparse.Namespace) -> list[str]:
    """What is printed of a sample: the paths of its files, then its sentence."""
    printed = []
    if sample.motion is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        printed = [str(export(sample.motion, options.out / f"{stem}.{form}")) for form in options.formats or ("bvh",)]
    return printed + _sentence(sample)


def _found(model: MoTe, sample: Sample, given: Motion | str | None) -> list[str]:
    """What is found of a sample, each as its name, its figure, and what that is beside real clips."""
    return [f"{found.name} {found.value:.3f}: {found.said}" for found in check.findings(model, sample, given)]


def _sentence(sample: Sample) -> list[str]:
    return [] if sample.text is None else [sample.text]


if __name__ == "__main__":
    main()
