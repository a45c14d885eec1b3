"""Every figure that the project promises, on one split: `python -m train.evaluate --model checkpoints/mote-open ...`.

The judge is asked about the real clips first.  What it does not find there, it does not judge in generated motion.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from tqdm import tqdm

from mote.checkpoint import load
from mote.motion.motion import Motion
from mote.pipeline import GUIDANCE, MAX_SECONDS, STEPS, MoTe, Sample
from mote.render import render_gif
from mote.sampling import Task
from train.data import Clips, Split
from train.evaluator import Evaluator, EvaluatorConfig
from train.med import errors
from train.observe import (
    Outcome,
    by_action,
    judge_caption,
    judge_motion,
    observe,
    observe_clips,
    reconstructions,
    share,
    waving,
)
from train.prepare.captions import read_caption
from train.report import Report, Row
from train.ted import recovered

Part = Literal["real", "med", "ted", "text-to-motion", "motion-to-text", "joint", "speed"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is evaluated and how.  Samples of one batch share a seed, so small batches see more of them."""

    split: Split = "test"
    steps: int = STEPS
    guidance: tuple[float, float] = GUIDANCE
    seed: int = 0
    batch: int = 32
    captions: int = 600
    """Captions that TED is tried on."""
    joint: int = 128
    """Pairs that the joint task makes."""
    timed: int = 20
    """Prompts that are timed, after two to warm up."""


class Evaluation:
    """A model, a judge, and the clips of a split as the judge sees them; each part adds its rows to the report."""

    def __init__(self, model: MoTe, judge: Evaluator, clips: Clips, settings: Settings) -> None:
        self.model, self.judge, self.clips, self.settings = model, judge, clips, settings
        self.real = observe_clips(judge, clips)
        self.report = Report(settings=asdict(settings))
        chance = np.random.default_rng(settings.seed)
        self.prompts = [int(chance.integers(len(clip.record["captions"]))) for clip in self.real]

    def prompt(self, number: int) -> tuple[str, bool]:
        """The caption drawn for a clip, and whether its wording is held out from training."""
        record, drawn = self.real[number].record, self.prompts[number]
        return record["captions"][drawn], record["held_out"][drawn]

    def add(self, what: str, values: Sequence[bool | None], target: float | None = None) -> None:
        """A row with the share of what is right among what can be judged."""
        measured, count = share(values)
        self.report.rows.append(Row(what=what, measured=measured, count=count, target=target))

    def generate(self, task: Task, inputs: Sequence[str] | Sequence[Motion] | int) -> list[Sample]:
        """One sample for each input, or so many with none, in batches with a seed each."""
        count = inputs if isinstance(inputs, int) else len(inputs)
        side = "text" if task == "text-to-motion" else "motion"
        samples = []
        for start in tqdm(range(0, count, self.settings.batch), desc=task, unit="batch"):
            end = min(count, start + self.settings.batch)
            given: dict[str, Any] = (
                {"samples": end - start} if isinstance(inputs, int) else {side: list(inputs[start:end])}
            )
            options: dict[str, Any] = {"steps": self.settings.steps, "guidance": self.settings.guidance}
            samples += self.model.generate(task, **given, **options, seed=self.settings.seed + start)
        return samples

    def judge_real_clips(self) -> None:
        """How often the judge and the measurements are right on the real clips."""
        known = [clip for clip in self.real if clip.action in self.judge.config.actions]
        self.add("the judge on real clips: action", [clip.action_seen for clip in known])
        styled = [clip for clip in self.real if clip.style in self.judge.config.styles]
        self.add("the judge on real clips: style", [clip.style_seen for clip in styled])
        own = [judge_caption(read_caption(self.prompt(number)[0]), clip) for number, clip in enumerate(self.real)]
        self.add("the clips' own captions, read alike: action and side named right", [one.right for one in own])

    def reconstruct(self) -> None:
        """What MED loses in millimetres, and what of the action, the style, the side and the waves is left."""
        figures = errors(self.model.med, self.clips)
        count = len(self.clips)
        rows = self.report.rows
        millimetres = partial(Row, count=count, unit="mm", at_most=True)
        rows.append(millimetres(what="MED: mean joint error, root-aligned", measured=figures["joint_mm"], target=30))
        rows.append(millimetres(what="MED: mean root error", measured=figures["root_mm"], target=100))
        jitter = Row(
            what="MED: jitter over real", measured=figures["jitter"], count=count, target=1.5, unit="x", at_most=True
        )
        rows.append(jitter)
        made = observe(self.judge, reconstructions(self.model, self.clips, self.settings.batch))
        pairs = list(zip(self.real, made, strict=True))
        self.add(
            "MED: action still right", [one.action == clip.action for clip, one in pairs if clip.action_seen], 0.95
        )
        waves = [waving(one.facts) for clip, one in pairs if clip.action == "wave" and waving(clip.seen.facts)]
        self.add("MED: waves stay waves, by the swings of the hand", waves, 0.95)
        self.add("MED: style still right", [one.style == clip.style for clip, one in pairs if clip.style_seen])

    def write_back(self) -> None:
        """Words of captions that come back from TED, over a sample of all captions and over those held out."""
        captions = [
            (text, held)
            for record in self.clips.records
            for text, held in zip(record["captions"], record["held_out"], strict=True)
        ]
        drawn = np.random.default_rng(self.settings.seed).permutation(len(captions))[: self.settings.captions]
        texts = [captions[number][0] for number in drawn]
        held = [captions[number][0] for number in drawn if captions[number][1]]
        for name, chosen, target in (("captions", texts, 0.95), ("captions with held-out wording", held, None)):
            if not chosen:
                continue
            figures = recovered(self.model.ted, chosen)
            row = partial(Row, count=len(chosen))
            self.report.rows.extend(
                [
                    row(what=f"TED, {name}: words recovered", measured=figures["words"], target=target),
                    row(what=f"TED, {name}: whole sentences recovered", measured=figures["exact"]),
                ]
            )

    def text_to_motion(self) -> None:
        """Whether the motion made for a prompt does what the prompt says; one prompt for each clip."""
        prompts = [self.prompt(number) for number in range(len(self.real))]
        claims = [read_caption(text) for text, _ in prompts]
        chosen = [n for n, clip in enumerate(self.real) if judge_motion(claims[n], clip, clip.seen) is not None]
        samples = self.generate("text-to-motion", [prompts[number][0] for number in chosen])
        made = observe(self.judge, [sample.motion for sample in samples if sample.motion is not None])
        judged = [
            judge_motion(claims[number], self.real[number], seen, held_out=prompts[number][1])
            for number, seen in zip(chosen, made, strict=True)
        ]
        outcomes = [outcome for outcome in judged if outcome is not None]
        name = "text-to-motion"
        self.add(f"{name}: the action named is the action done, its side too", [o.right for o in outcomes], 0.85)
        for held, wording in ((False, "known"), (True, "held-out")):
            chosen_outcomes = [outcome.right for outcome in outcomes if outcome.held_out is held]
            self.add(f"{name}: the same, prompts of {wording} wording", chosen_outcomes)
        self._add_details("text-to-motion", outcomes)

    def motion_to_text(self) -> None:
        """Whether the caption of a real clip names the action and the side of its label."""
        samples = self.generate("motion-to-text", [clip.motion for clip in self.real])
        outcomes = [
            judge_caption(read_caption(sample.text or ""), clip)
            for sample, clip in zip(samples, self.real, strict=True)
        ]
        name = "motion-to-text"
        self.add(f"{name}: action and side named right", [o.right for o in outcomes], 0.85)
        spoken = [outcome.right for outcome in outcomes if not outcome.silent]
        self.add(f"{name}: the same, without the captions that leave out a known side", spoken)
        self._add_details("motion-to-text", outcomes)

    def _add_details(self, task: Task, outcomes: list[Outcome]) -> None:
        self.add(f"{task}: action alone", [outcome.action for outcome in outcomes])
        self.add(f"{task}: side alone", [outcome.side for outcome in outcomes])
        self.add(f"{task}: style, where one is named", [outcome.style for outcome in outcomes])
        table = by_action(outcomes)
        means = [row["action"] for row in table.values()]
        self.report.rows.append(
            Row(what=f"{task}: action alone, mean over actions", measured=float(np.mean(means)), count=len(means))
        )
        self.report.actions[task] = table

    def joint(self) -> None:
        """Whether the motion and the caption of a pair made from nothing tell of the same action."""
        samples = self.generate("joint", self.settings.joint)
        seen = observe(self.judge, [sample.motion for sample in samples if sample.motion is not None])
        said = [read_caption(sample.text or "").action for sample in samples]
        agree = [s == one.action for s, one in zip(said, seen, strict=True) if s in self.judge.config.actions]
        self.add("joint: the action of the motion is the action of the caption", agree)

    def speed(self) -> None:
        """Median seconds of the longest motion, one prompt at a time, and with its GIF."""
        joints, pictures = [], []
        with tempfile.TemporaryDirectory() as folder:
            for number in range(-2, self.settings.timed):
                start = time.perf_counter()
                text, _ = self.prompt(number % len(self.real))
                [sample] = self.model.generate(
                    "text-to-motion", text=text, seconds=MAX_SECONDS, guidance=self.settings.guidance, seed=number + 2
                )
                done = time.perf_counter()
                assert sample.motion is not None
                render_gif(sample.motion, Path(folder) / "motion.gif")
                if number >= 0:
                    joints.append(done - start)
                    pictures.append(time.perf_counter() - start)
        row = partial(Row, count=len(joints), unit="s", at_most=True)
        what = f"{MAX_SECONDS} s of motion, {STEPS} steps, median"
        self.report.rows.append(row(what=f"text to joints, {what}", measured=statistics.median(joints), target=0.2))
        self.report.rows.append(row(what=f"text to GIF, {what}", measured=statistics.median(pictures), target=1.0))


def evaluate(model: MoTe, judge: Evaluator, clips: Clips, settings: Settings, parts: Sequence[Part]) -> Report:
    """The report of the parts asked for, in their own order."""
    evaluation = Evaluation(model, judge, clips, settings)
    run: dict[Part, Callable[[], None]] = {
        "real": evaluation.judge_real_clips,
        "med": evaluation.reconstruct,
        "ted": evaluation.write_back,
        "text-to-motion": evaluation.text_to_motion,
        "motion-to-text": evaluation.motion_to_text,
        "joint": evaluation.joint,
        "speed": evaluation.speed,
    }
    for part in parts:
        run[part]()
    return evaluation.report


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report, and write REPORT.md and report.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a folder with med, ted and mtdm, or an id of the Hub")
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--evaluator", type=Path, required=True, help="the folder that train.evaluator wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for REPORT.md and report.json")
    parser.add_argument("--split", choices=get_args(Split), default=Settings.split)
    parser.add_argument("--parts", nargs="+", choices=get_args(Part), default=get_args(Part))
    parser.add_argument("--guidance", nargs=2, type=float, metavar=("MOTION", "TEXT"), default=GUIDANCE)
    for name in ("steps", "seed", "batch", "captions", "joint", "timed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Settings, name))
    options = parser.parse_args(arguments)
    values = {part.name: getattr(options, part.name) for part in fields(Settings)}
    settings = Settings(**values | {"guidance": tuple(options.guidance)})
    judge = load(Evaluator, EvaluatorConfig, options.evaluator)
    model = MoTe.from_pretrained(options.model)
    report = evaluate(model, judge, Clips.load(options.data, settings.split), settings, options.parts)
    report.write(options.out)
    print(report.markdown())


if __name__ == "__main__":
    main()
