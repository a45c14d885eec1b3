"""What the app does: one handler per task, and the export of motions.  No layout here.

The docstrings of the handlers are what the API page and MCP clients show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from mote import advice
from mote.export import Format
from mote.motion.convention import Units, Up
from mote.motion.motion import Motion
from mote.pipeline import GUIDANCE, STEPS, MoTe, one_after_another, usual_guidance
from mote.sampling import Task, sides_made
from mote.sequence import one_by_one
from mote.ui import batching, checks, presence, results, uploads
from mote.ui.batching import CancelledError, Request
from mote.ui.results import Captions, Motions, Pairs, Run

MOTION_GUIDANCE, TEXT_GUIDANCE = GUIDANCE
PAIR_GUIDANCE, _ = usual_guidance("joint")

DENOISING = 0.5  # of the progress bar; the rest is the drawing of the motions
ONE_BY_ONE = "The model learned from clips of one action, so these are made one by one and joined: {}."
_TRACKER = gr.Progress()


@dataclass(frozen=True)
class Handlers:
    """The app's functions on one model.  Bad input raises gr.Error with one sentence for the person.

    `draws` is whether motions come with their GIFs, as programs expect them; the page draws them afterwards, and says
    itself of a strange prompt that it is (`offers`).  `note` is told of each run the settings of its recipe, by their
    names there, and the given motion.
    """

    model: MoTe
    draws: bool = True
    note: Callable[[Mapping[str, Any], Motion | None], None] = lambda *_: None

    def text_to_motion(
        self,
        text: str,
        seconds: float | None = None,
        samples: int = 1,
        steps: int = STEPS,
        guidance: float = MOTION_GUIDANCE,
        seed: int | None = None,
        progress: gr.Progress = _TRACKER,
    ) -> Motions:
        """Make motions that do what a sentence says; where that is several actions, lines or "then" between them, one
        after another.

        Args:
            text: What the person does, for example "a person waves with the left hand"; up to six actions.
            seconds: Length of the motion, or of each action's, with mote-open 1.5 to 9.8; none lets the model choose.
            samples: How many motions to make, 1 to 4.
            steps: Denoising steps, 1 to 100; more take longer.
            guidance: How closely the motion follows the text, 0 to 20; 1 is no guidance.
            seed: Start of the random numbers; none draws a new one.

        Returns:
            GIFs of the motions; npy files of their joints, frames x 22 x 3, metres; the first seed; the time it took.
        """
        lines = checks.lines(text)
        actions = checks.actions([action for line in lines for action in one_by_one(self.model, line)])
        if len(actions) > len(lines):
            gr.Info(escape(ONE_BY_ONE.format("; ".join(actions)), quote=False))
        return self._run(
            "text-to-motion", progress, samples, steps, seed, texts=actions, seconds=seconds, guidance=guidance
        ).motions(text)

    def motion_to_text(
        self,
        motion: str,
        samples: int = 1,
        steps: int = STEPS,
        guidance: float = TEXT_GUIDANCE,
        seed: int | None = None,
        skeleton: str | None = None,
        start: float | None = None,
        end: float | None = None,
        fps: float | None = None,
        units: Units | None = None,
        up: Up | None = None,
        progress: gr.Progress = _TRACKER,
    ) -> Captions:
        """Describe a motion in words.

        Args:
            motion: A BVH, AMC, npy or npz file.
            samples: How many captions to write, 1 to 4.
            steps: Denoising steps, 1 to 100; more take longer.
            guidance: How closely the caption follows the motion, 0 to 20; 1 is no guidance.
            seed: Start of the random numbers; none draws a new one.
            skeleton: The ASF file of an AMC file; none for every other kind.
            start: Where in the file to begin, in seconds; none is its beginning.
            end: Where in the file to end, in seconds; none is its end, or as far as the model (mote-open: 9.8 s) goes.
            fps: Frames a second of the file; none is as found in it.
            units: Units of the file: m, cm, mm, in or ft; none is as found by the size of the body.
            up: The axis of the file that is up, Y or Z; none is as found.

        Returns:
            The sentences, a line each; the first seed; the time it took.
        """
        given = uploads.given(self.model.limits, motion, skeleton, start, end, fps, units, up).motion
        return self._run("motion-to-text", progress, samples, steps, seed, motion=given, guidance=guidance).captions()

    def joint(
        self,
        seconds: float | None = None,
        samples: int = 1,
        steps: int = STEPS,
        motion_guidance: float = PAIR_GUIDANCE,
        text_guidance: float = TEXT_GUIDANCE,
        seed: int | None = None,
        progress: gr.Progress = _TRACKER,
    ) -> Pairs:
        """Invent motions together with sentences that describe them.

        Args:
            seconds: Length of the motion, with mote-open 1.5 to 9.8; none lets the model choose.
            samples: How many pairs to make, 1 to 4.
            steps: Denoising steps, 1 to 100; more take longer.
            motion_guidance: How closely the motion follows the caption, 0 to 20; 1 is no guidance.
            text_guidance: How closely the caption follows the motion, 0 to 20; 1 is no guidance.
            seed: Start of the random numbers; none draws a new one.

        Returns:
            GIFs of the motions; the sentences, a line each; npy files of the joints; the first seed; the time it took.
        """
        guidance = (motion_guidance, text_guidance)
        return self._run("joint", progress, samples, steps, seed, seconds=seconds, guidance=guidance).pairs()

    def motion(
        self,
        seconds: float | None = None,
        samples: int = 1,
        steps: int = STEPS,
        seed: int | None = None,
        progress: gr.Progress = _TRACKER,
    ) -> Motions:
        """Invent motions, without a text.

        Args:
            seconds: Length of the motion, with mote-open 1.5 to 9.8; none lets the model choose.
            samples: How many motions to make, 1 to 4.
            steps: Denoising steps, 1 to 100; more take longer.
            seed: Start of the random numbers; none draws a new one.

        Returns:
            GIFs of the motions; npy files of their joints, frames x 22 x 3, metres; the first seed; the time it took.
        """
        return self._run("motion", progress, samples, steps, seed, seconds=seconds).motions("motion")

    def text(
        self, samples: int = 1, steps: int = STEPS, seed: int | None = None, progress: gr.Progress = _TRACKER
    ) -> Captions:
        """Invent sentences about motions, without a motion.

        Args:
            samples: How many sentences to write, 1 to 4.
            steps: Denoising steps, 1 to 100; more take longer.
            seed: Start of the random numbers; none draws a new one.

        Returns:
            The sentences, a line each; the first seed; the time it took.
        """
        return self._run("text", progress, samples, steps, seed).captions()

    def motion_variation(
        self,
        motion: str,
        seconds: float | None = None,
        samples: int = 1,
        steps: int = STEPS,
        motion_guidance: float = MOTION_GUIDANCE,
        text_guidance: float = TEXT_GUIDANCE,
        seed: int | None = None,
        skeleton: str | None = None,
        start: float | None = None,
        end: float | None = None,
        fps: float | None = None,
        units: Units | None = None,
        up: Up | None = None,
        progress: gr.Progress = _TRACKER,
    ) -> Motions:
        """Make other motions that mean the same as a given one.

        Args:
            motion: A BVH, AMC, npy or npz file.
            seconds: Length of the new motion, with mote-open 1.5 to 9.8; none keeps that of the given one.
            samples: How many motions to make, 1 to 4.
            steps: Denoising steps of each half of the way, 1 to 100; more take longer.
            motion_guidance: How closely the new motion follows the meaning, 0 to 20; 1 is no guidance.
            text_guidance: How closely the meaning follows the given motion, 0 to 20; 1 is no guidance.
            seed: Start of the random numbers; none draws a new one.
            skeleton: The ASF file of an AMC file; none for every other kind.
            start: Where in the file to begin, in seconds; none is its beginning.
            end: Where in the file to end, in seconds; none is its end, or as far as the model (mote-open: 9.8 s) goes.
            fps: Frames a second of the file; none is as found in it.
            units: Units of the file: m, cm, mm, in or ft; none is as found by the size of the body.
            up: The axis of the file that is up, Y or Z; none is as found.

        Returns:
            GIFs of the motions; npy files of their joints, frames x 22 x 3, metres; the first seed; the time it took.
        """
        given = uploads.given(self.model.limits, motion, skeleton, start, end, fps, units, up).motion
        guidance = (motion_guidance, text_guidance)
        return self._run(
            "motion-variation", progress, samples, steps, seed, motion=given, seconds=seconds, guidance=guidance
        ).motions("variation")

    def text_variation(
        self,
        text: str,
        samples: int = 1,
        steps: int = STEPS,
        motion_guidance: float = MOTION_GUIDANCE,
        text_guidance: float = TEXT_GUIDANCE,
        seed: int | None = None,
        progress: gr.Progress = _TRACKER,
    ) -> Captions:
        """Say in other words what a sentence says.

        Args:
            text: What the person does, for example "a person waves with the left hand".
            samples: How many sentences to write, 1 to 4.
            steps: Denoising steps of each half of the way, 1 to 100; more take longer.
            motion_guidance: How closely the motion in between follows the text, 0 to 20; 1 is no guidance.
            text_guidance: How closely the new sentence follows that motion, 0 to 20; 1 is no guidance.
            seed: Start of the random numbers; none draws a new one.

        Returns:
            The sentences, a line each; the first seed; the time it took.
        """
        texts, guidance = [checks.prompt(text)], (motion_guidance, text_guidance)
        return self._run("text-variation", progress, samples, steps, seed, texts=texts, guidance=guidance).captions()

    def _run(
        self,
        task: Task,
        progress: gr.Progress,
        samples: int,
        steps: int,
        seed: int | None,
        *,
        texts: Sequence[str] = (),
        motion: Motion | None = None,
        seconds: float | None = None,
        guidance: checks.Guidance | None = None,
    ) -> Run:
        """The samples of one task, with its settings checked and its steps shown as progress.

        The motions of several texts are joined to one for each seed.
        """
        started = time.perf_counter()
        share = DENOISING if self.draws and "motion" in sides_made(task) else 1.0
        gone = presence.gone()
        settings: dict[str, Any] = {
            "seconds": checks.length(seconds, self.model.limits),
            "samples": checks.samples(samples),
            "steps": checks.steps(steps),
            "guidance": checks.guidance(guidance),
            "seed": checks.seed(seed),
        }
        request = Request(
            task=task,
            texts=texts,
            motions=[motion] if motion else [],
            waits=lambda before: progress(0, desc=f"Waiting, {before} before this"),
            stepped=lambda step, of: progress(share * step / of, desc=f"Denoising, step {step} of {of}"),
            gone=gone,
            **settings,
        )

        def drawn(done: int, of: int) -> None:
            if gone():
                raise checks.stopped()
            progress(share + (1 - share) * done / of, desc=f"Drawing, motion {done + 1} of {of}")

        try:
            if self.draws and (
                warning := next(filter(None, (advice.strange(self.model, text) for text in texts)), None)
            ):
                gr.Info(warning)
            made = batching.line(self.model).ask(request)
        except CancelledError as error:
            raise checks.stopped() from error
        except ValueError as error:
            raise checks.fault(checks.sentence(error)) from error
        if len(texts) > 1:
            made = one_after_another(made, request.samples)
        self.note({"task": task, "text": tuple(texts), **settings, "seed": made[0].seed}, motion)
        return Run(made, started, drawn, self.draws)


def export(files: list[str] | None, index: int, form: Format) -> str:
    """One of the made motions as a file of another form.

    Args:
        files: The npy files of the last run.
        index: Which of them, from 0.
        form: gif, mp4, bvh or npy.
    """
    if not files:
        raise checks.fault("There is no motion to download yet: generate one first.")
    return results.convert(files[min(index, len(files) - 1)], form)
