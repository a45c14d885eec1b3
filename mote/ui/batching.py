"""One batch of all that wait: twenty calls of the model at once take a few times as long as one.

Whoever asks while the model is busy waits in a line.  When the model is free, the first in the line and all behind it
that agree in what a batch has in common become one call; those who come a moment later are let in.  Each keeps its own
seed and length, and gets what it would have got alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from mote.motion.motion import Motion
from mote.pipeline import MoTe, Sample
from mote.sampling import Task
from mote.ui.zero_gpu import on_lent_gpu

MAX_SAMPLES = 32
"""What a batch makes at most; what one request asks for is never parted."""
MOMENT = 0.005
"""Seconds without a new request, after which a batch begins: who comes with others does not wait for the first."""


class CancelledError(Exception):
    """Nobody wants the result any more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """One call of `MoTe.generate`, and how the one who makes it hears of it.

    `waits` is called with the number of requests before it, when it begins to wait and whenever a batch begins without
    it; `stepped` after each step with the steps done and all steps; both in the context of the thread that made the
    request.  `gone` tells whether nobody wants the result any more.
    """

    task: Task
    texts: Sequence[str] = ()
    motions: Sequence[Motion] = ()
    seconds: float | None
    samples: int
    steps: int
    guidance: float | tuple[float, float] | None
    seed: int
    waits: Callable[[int], None]
    stepped: Callable[[int, int], None]
    gone: Callable[[], bool]
    context: Context = field(default_factory=copy_context, init=False)
    answer: Future[list[Sample]] = field(default_factory=Future, init=False)

    @property
    def inputs(self) -> int:
        return len(self.texts) or len(self.motions) or 1

    @property
    def size(self) -> int:
        """Samples that it asks for."""
        return self.inputs * self.samples

    @property
    def shared(self) -> tuple[Any, ...]:
        """What all of a batch have in common."""
        return self.task, self.samples, self.steps, self.guidance

    def wanted(self) -> bool:
        """Whether somebody waits for the answer; where everybody has gone, the request ends."""
        if not self.answer.done() and self.gone():
            self.answer.set_exception(CancelledError())
        return not self.answer.done()


class Line:
    """The line in front of a model, and the one thread that runs the model."""

    def __init__(self, model: MoTe) -> None:
        self._run_model = on_lent_gpu(model)
        self._waiting: list[Request] = []
        self._running = 0  # requests
        self._came = threading.Event()  # a request, since the model's thread last looked
        self._guard = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")

    def ask(self, request: Request) -> list[Sample]:
        """The samples of a request, once it had its turn.

        Raises:
            CancelledError: `gone` said so; the model works on for the others of the batch.
            ValueError: as `MoTe.generate`; the others of the batch are not troubled.
        """
        if before := self._running + len(self._waiting):
            request.context.run(request.waits, before)
        with self._guard:
            self._waiting.append(request)
        self._came.set()
        self._thread.submit(self._serve)
        return request.answer.result()

    def _serve(self) -> None:
        """Run the next batch, if an earlier one has left any request."""
        while self._came.is_set() and len(self._waiting) < MAX_SAMPLES:
            self._came.clear()
            time.sleep(MOMENT)
        with self._guard:
            batch = _agreeing(self._waiting)
            self._waiting = behind = [request for request in self._waiting if request not in batch]
            self._running = len(batch)
        for before, request in enumerate(behind, start=len(batch)):
            if request.wanted():
                request.context.run(request.waits, before)
        self._run(batch)
        self._running = 0

    def _run(self, batch: Sequence[Request]) -> None:
        """Answer all of a batch. Where it fails, each is run alone, so that what is wrong with one is told to it."""
        batch = [request for request in batch if request.wanted()]
        if not batch:
            return
        try:
            made = batch[0].context.copy().run(self._generate, batch)
        except CancelledError:
            return
        except Exception as error:
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
                return
            for request in batch:
                self._run([request])
            return
        for request in batch:
            own, made = made[: request.size], made[request.size :]
            if request.wanted():
                request.answer.set_result(own)

    def _generate(self, batch: Sequence[Request]) -> list[Sample]:
        """The samples of all requests, one after another."""

        def stepped(done: int, of: int) -> None:
            listening = [request for request in batch if request.wanted()]
            if not listening:
                raise CancelledError
            for request in listening:
                request.context.run(request.stepped, done, of)

        first = batch[0]
        return self._run_model(
            first.task,
            text=[text for request in batch for text in request.texts] or None,
            motion=[motion for request in batch for motion in request.motions] or None,
            seconds=[request.seconds for request in batch for _ in range(request.inputs)],
            samples=first.samples,
            steps=first.steps,
            guidance=first.guidance,
            seed=[request.seed for request in batch for _ in range(request.inputs)],
            callback=stepped,
        )


@cache
def line(model: MoTe) -> Line:
    """The one line in front of a model, whoever asks."""
    return Line(model)


def _agreeing(waiting: Sequence[Request]) -> list[Request]:
    """The first that waits, and those behind it that fit into one batch with it."""
    batch: list[Request] = []
    for request in waiting:
        fits = sum(other.size for other in batch) + request.size <= MAX_SAMPLES
        if not batch or (fits and request.shared == batch[0].shared):
            batch.append(request)
    return batch
