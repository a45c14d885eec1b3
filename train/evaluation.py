"""What every part of the evaluation shares: the model, the clips of a split, one prompt for each, and what is made."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mote.motion.motion import Motion
from mote.pipeline import STEPS, MoTe, Sample
from mote.sampling import Task
from train.data import Clips, Split
from train.engine import shared
from train.evaluator import Evaluator
from train.matching import Matching
from train.observe import RealClip, observe_clips, share
from train.official import Official
from train.report import Report, Row

Item = TypeVar("Item")
Made = TypeVar("Made")

SEEDS = 1_000_003
"""How far the seeds of two repeats lie apart."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is evaluated and how."""

    split: Split = "test"
    steps: int = STEPS
    guidance: tuple[float, float] | None = None
    """Of motion and of text, in all tasks; each task's own (`mote.pipeline.usual_guidance`) where there is none."""
    seed: int = 0
    batch: int = 32
    captions: int = 600
    """Captions that TED is tried on."""
    joint: int = 128
    """Pairs that the joint task makes, and sentences that are made from nothing."""
    timed: int = 20
    """Prompts that are timed, after two to warm up."""
    repeats: int = 20
    """Times that the matching networks' figures are measured, each with motions of other seeds."""
    texts: int = 100
    """Prompts of MultiModality."""
    samples: int = 30
    """Motions for each of them."""

    def in_batches(
        self, make: Callable[[Sequence[Item], range], Sequence[Made]], items: Sequence[Item], repeat: int, name: str
    ) -> list[Made]:
        """What `make` makes of each item with a seed of its own, in batches; every repeat has other seeds.

        All processes come here together, share the batches out, and are given all.
        """
        first = self.seed + SEEDS * repeat

        def work(start: int) -> Sequence[Made]:
            part = items[start : start + self.batch]
            return make(part, range(first + start, first + start + len(part)))

        parts = shared(work, range(0, len(items), self.batch), name=name)
        return [made for part in parts for made in part]


class Evaluation:
    """A model, a judge, and the clips of a split as the judge sees them; each part adds its rows to the report.

    The judge, the matching networks, the published evaluator and the folder of the language model of BERTScore are
    there where figures that need them are wanted.
    """

    def __init__(
        self,
        model: MoTe,
        judge: Evaluator | None,
        clips: Clips,
        settings: Settings,
        matching: Matching | None = None,
        bert: Path | None = None,
        official: Official | None = None,
    ) -> None:
        self.model, self._judge, self.clips, self.settings = model, judge, clips, settings
        self.matching, self.bert, self.official = matching, bert, official
        shape = {"motion tokens": model.med.config.tokens, "text tokens": model.ted.config.tokens}
        rest = {"interaction": model.mtdm.config.interaction, "weights": model.digest[:12]}
        self.report = Report(settings=json.loads(json.dumps(asdict(settings) | shape | rest)))
        chance = np.random.default_rng(settings.seed)
        self.drawn = [int(chance.integers(len(record["captions"]))) for record in clips.records]

    @property
    def judge(self) -> Evaluator:
        """The classifier of motions, which `main` sees to where a part needs it."""
        assert self._judge is not None
        return self._judge

    @cached_property
    def real(self) -> list[RealClip]:
        """The clips beside what the judge sees in them."""
        return observe_clips(self.judge, self.clips)

    def prompt(self, number: int) -> tuple[str, bool]:
        """The caption drawn for a clip, and whether its wording is held out from training."""
        record, drawn = self.clips.records[number], self.drawn[number]
        return record["captions"][drawn], record["held_out"][drawn]

    @property
    def prompts(self) -> list[str]:
        """The caption drawn for each clip."""
        return [self.prompt(number)[0] for number in range(len(self.clips))]

    @cached_property
    def motions(self) -> list[Motion]:
        """One motion for each clip's prompt."""
        return self.make_motions(self.prompts)

    def make_motions(self, prompts: Sequence[str], repeat: int = 0, seconds: float | None = None) -> list[Motion]:
        """One motion for each of some prompts; every repeat has seeds of its own."""
        made = self.generate("text-to-motion", prompts, repeat, seconds)
        return [sample.motion for sample in made if sample.motion is not None]

    @cached_property
    def captions(self) -> list[str]:
        """One caption for each clip's motion."""
        made = self.generate("motion-to-text", [clip.motion for clip in self.real])
        return [sample.text or "" for sample in made]

    def add(self, what: str, values: Sequence[bool | None], least: float | None = None) -> None:
        """A row with the share of what is right among what can be judged."""
        measured, count = share(values)
        self.report.rows.append(Row(what=what, measured=measured, count=count, least=least))

    def generate(
        self,
        task: Task,
        inputs: Sequence[str] | Sequence[Motion] | int,
        repeat: int = 0,
        seconds: float | None = None,
    ) -> list[Sample]:
        """One sample for each input, or so many with none, as `Settings.in_batches` has it."""
        items: Sequence[Any] = range(inputs) if isinstance(inputs, int) else inputs
        side = "text" if task == "text-to-motion" else "motion"

        def make(part: Sequence[Any], seeds: range) -> list[Sample]:
            given: dict[str, Any] = {} if isinstance(inputs, int) else {side: list(part)}
            options: dict[str, Any] = {
                "steps": self.settings.steps,
                "guidance": self.settings.guidance,
                "seconds": seconds,
            }
            return self.model.generate(task, **given, **options, seed=seeds)

        return self.settings.in_batches(make, items, repeat, task)
