"""Every figure that the project promises, on one split: `python -m train.evaluate --model checkpoints/mote-open ...`.

The judge is asked about the real clips first.  What it does not find there, it does not judge in generated motion.
On HumanML3D and KIT-ML, whose clips have no labels for a judge, `--official` gives the figures of the field's tables.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np

from mote.checkpoint import load
from mote.pipeline import STEPS, MoTe
from mote.render import render_gif
from train.command import command
from train.data import Clips, Split, read_manifest
from train.engine import engine, is_main, on_main
from train.evaluate_metrics import bodies, describe, match
from train.evaluate_prompts import call_actions, prompts
from train.evaluate_protocol import follow
from train.evaluate_tasks import joint, motion_to_text, text_to_motion
from train.evaluation import Evaluation, Settings
from train.evaluator import Evaluator, EvaluatorConfig
from train.matching import load_matching
from train.med import errors
from train.metrics_text import layers
from train.observe import (
    judge_caption,
    observe,
    reconstructions,
    waving,
)
from train.official import Official
from train.prepare.captions import read_caption
from train.report import JSON, Report, Row
from train.ted import recovered


def judge_real_clips(evaluation: Evaluation) -> None:
    """How often the judge and the measurements are right on the real clips."""
    known = [clip for clip in evaluation.real if clip.action in evaluation.judge.config.actions]
    evaluation.add("the judge on real clips: action", [clip.action_seen for clip in known])
    styled = [clip for clip in evaluation.real if clip.style in evaluation.judge.config.styles]
    evaluation.add("the judge on real clips: style", [clip.style_seen for clip in styled])
    own = [
        judge_caption(read_caption(evaluation.prompt(number)[0]), clip) for number, clip in enumerate(evaluation.real)
    ]
    evaluation.add("the clips' own captions, read alike: action and side named right", [one.right for one in own])


def reconstruct(evaluation: Evaluation) -> None:
    """What MED loses in millimetres, and what of the action, the style, the side and the waves is left."""
    figures = errors(evaluation.model.med, evaluation.clips)
    count = len(evaluation.clips)
    rows = evaluation.report.rows
    millimetres = partial(Row, count=count, unit="mm")
    rows.append(millimetres(what="MED: mean joint error, root-aligned", measured=figures["joint_mm"], most=15))
    rows.append(millimetres(what="MED: mean root error", measured=figures["root_mm"], most=50))
    rows.append(Row(what="MED: jitter over real", measured=figures["jitter"], count=count, most=1.2, unit="x"))
    rows.append(
        Row(what="MED: square error of normalised features", measured=figures["features"], count=count, unit="")
    )
    made = observe(evaluation.judge, reconstructions(evaluation.model, evaluation.clips, evaluation.settings.batch))
    pairs = list(zip(evaluation.real, made, strict=True))
    evaluation.add(
        "MED: action still right", [one.action == clip.action for clip, one in pairs if clip.action_seen], 0.99
    )
    waves = [waving(one.facts) for clip, one in pairs if clip.action == "wave" and waving(clip.seen.facts)]
    evaluation.add("MED: waves stay waves, by the swings of the hand", waves, 0.95)
    evaluation.add("MED: style still right", [one.style == clip.style for clip, one in pairs if clip.style_seen], 0.97)


def write_back(evaluation: Evaluation) -> None:
    """Words of captions that come back from TED, over a sample of all captions and over those held out."""
    captions = [
        (text, held)
        for record in evaluation.clips.records
        for text, held in zip(record["captions"], record["held_out"], strict=True)
    ]
    drawn = np.random.default_rng(evaluation.settings.seed).permutation(len(captions))[: evaluation.settings.captions]
    texts = [captions[number][0] for number in drawn]
    held = [captions[number][0] for number in drawn if captions[number][1]]
    for name, chosen, least in (("captions", texts, 0.99), ("captions with held-out wording", held, None)):
        if not chosen:
            continue
        figures = recovered(evaluation.model.ted, chosen)
        row = partial(Row, count=len(chosen))
        evaluation.report.rows.extend(
            [
                row(what=f"TED, {name}: words recovered", measured=figures["words"], least=least),
                row(what=f"TED, {name}: whole sentences recovered", measured=figures["exact"]),
            ]
        )


def speed(evaluation: Evaluation) -> None:
    """Median seconds of the longest motion, one prompt at a time, and with its GIF; the main process alone."""
    if not is_main():
        return
    joints, pictures, longest = [], [], evaluation.model.limits.most
    with tempfile.TemporaryDirectory() as folder:
        for number in range(-2, evaluation.settings.timed):
            start = time.perf_counter()
            text, _ = evaluation.prompt(number % len(evaluation.clips))
            [sample] = evaluation.model.generate(
                "text-to-motion", text=text, seconds=longest, guidance=evaluation.settings.guidance, seed=number + 2
            )
            done = time.perf_counter()
            assert sample.motion is not None
            render_gif(sample.motion, Path(folder) / "motion.gif")
            if number >= 0:
                joints.append(done - start)
                pictures.append(time.perf_counter() - start)
    row = partial(Row, count=len(joints), unit="s")
    what = f"{longest:g} s of motion, {STEPS} steps, median"
    evaluation.report.rows.append(row(what=f"text to joints, {what}", measured=statistics.median(joints), most=0.2))
    evaluation.report.rows.append(row(what=f"text to GIF, {what}", measured=statistics.median(pictures), most=1.0))


PARTS: dict[str, Callable[[Evaluation], None]] = {
    "real": judge_real_clips,
    "med": reconstruct,
    "ted": write_back,
    "text-to-motion": text_to_motion,
    "motion-to-text": motion_to_text,
    "joint": joint,
    "matching": match,
    "protocol": follow,
    "captions": describe,
    "body": bodies,
    "prompts": prompts,
    "actions": call_actions,
    "speed": speed,
}
"""What can be asked for, in the order of the report."""

NEEDS: Mapping[str, tuple[str, ...]] = dict.fromkeys(PARTS, ("evaluator",)) | {
    "ted": (),
    "speed": (),
    "matching": ("evaluator", "matching"),
    "protocol": ("official",),
}
"""The options without which a part cannot be measured."""


@command
def main(arguments: Sequence[str] | None) -> None:
    """Print the report, and write REPORT.md and report.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a folder with med, ted and mtdm, or an id of the Hub")
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--evaluator", type=Path, help="the folder that train.evaluator wrote, the judge of our clips")
    parser.add_argument("--matching", type=Path, help="the folder that train.match wrote; its figures need it")
    parser.add_argument("--official", type=Path, help="the folder of the published evaluator of HumanML3D or KIT-ML")
    parser.add_argument("--bert", type=Path, help="the folder of a language model; BERTScore needs it")
    parser.add_argument("--out", type=Path, required=True, help="folder for REPORT.md and report.json")
    parser.add_argument(
        "--add", action="store_true", help="go on with the report in OUT, of the same model and settings"
    )
    parser.add_argument("--split", choices=get_args(Split), default=Settings.split)
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), help="all that can be measured, if left out")
    parser.add_argument(
        "--guidance", nargs=2, type=float, metavar=("MOTION", "TEXT"), help="each task's own, if left out"
    )
    counts = [part.name for part in fields(Settings) if part.name not in ("split", "guidance")]
    for name in counts:
        parser.add_argument(f"--{name}", type=int, default=getattr(Settings, name))
    options = parser.parse_args(arguments)
    lacking = {part: [need for need in NEEDS[part] if not getattr(options, need)] for part in PARTS}
    for part in options.parts or ():
        if lacking[part]:
            parser.error(f"the part {part!r} needs {' and '.join(f'--{need}' for need in lacking[part])}: see --help")
    settings = Settings(
        split=options.split,
        guidance=options.guidance and tuple(options.guidance),
        **{name: getattr(options, name) for name in counts},
    )
    if options.bert:
        layers(options.bert)  # before anything is made: its scores come last
    before = Report.read(options.out / JSON) if options.add else None
    evaluation = Evaluation(
        MoTe.from_pretrained(options.model, device=str(engine().device)),
        load(Evaluator, EvaluatorConfig, options.evaluator) if options.evaluator else None,
        Clips.load(options.data, settings.split),
        settings,
        load_matching(options.matching) if options.matching else None,
        options.bert,
        Official.load(options.official, read_manifest(options.data, "train")) if options.official else None,
    )
    if before:
        before.add(evaluation.report)  # of no rows yet: whether the two go together shows before anything is made
    for part in options.parts or [part for part in PARTS if not lacking[part]]:
        PARTS[part](evaluation)
    report = evaluation.report
    if before:
        before.add(report)
        report = before
    on_main(report.write, options.out)
    on_main(print, report.markdown())


if __name__ == "__main__":
    main()
