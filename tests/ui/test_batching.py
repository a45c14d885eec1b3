"""The line in front of the model: who shares a batch, what each gets of it, and who may leave it."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from types import SimpleNamespace

import numpy as np
import pytest

from mote.pipeline import MoTe
from mote.ui import batching, zero_gpu
from mote.ui.batching import CancelledError, Line, Request

NAME: ContextVar[str] = ContextVar("name")


class Studio:
    """A line whose model notes the batches that it runs, and stays busy until all requests of a test wait."""

    def __init__(self, model: MoTe, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches, self.free = [], threading.Event()
        generate = model.generate

        def noted(task, **settings):
            self.batches.append((task, settings["text"] or len(settings["seed"])))
            return generate(task, **settings)

        monkeypatch.setattr(model, "generate", noted)
        self.line = Line(model)
        self.line._thread.submit(self.free.wait)

    def ask(self, *requests: Request) -> list:
        """What each request is answered, samples or an error, when all of them wait together."""
        with ThreadPoolExecutor(len(requests)) as people:
            answers = []
            for place, asked in enumerate(requests):
                answers.append(people.submit(self.line.ask, asked))
                while len(self.line._waiting) <= place:
                    pass
            self.free.set()
            return [answer.exception() or answer.result() for answer in answers]


@pytest.fixture
def studio(tiny_model, monkeypatch) -> Studio:
    return Studio(tiny_model, monkeypatch)


def request(text: str = "a person walks", **settings) -> Request:
    """A prompt, unless another task is asked for, as quick as it gets."""
    own = {
        "task": "text-to-motion", "seconds": 2.0, "samples": 1, "steps": 2, "guidance": 7.5, "seed": 5,
        "waits": lambda before: None, "stepped": lambda done, of: None, "gone": lambda: False,
    }  # fmt: skip
    if settings.get("task", "text-to-motion") == "text-to-motion":
        own["texts"] = [text]
    return Request(**own | settings)


def test_what_agrees_runs_as_one_batch_and_everyone_gets_their_own(studio, tiny_model):
    asked = [
        request("a person walks", seed=3, seconds=None),
        request("a man waves", seed=70, seconds=4.0),
        request(texts=["someone jumps", "a person turns"], seed=3),
    ]
    answers = studio.ask(*asked)
    assert len(studio.batches) == 1
    assert [[sample.seed for sample in samples] for samples in answers] == [[3], [70], [3, 3]]
    for one, samples in zip(asked, answers, strict=True):
        alone = tiny_model.generate(
            one.task, text=one.texts, seconds=one.seconds, steps=one.steps, guidance=one.guidance, seed=one.seed
        )
        for got, own in zip(samples, alone, strict=True):
            np.testing.assert_allclose(got.motion.joints, own.motion.joints, rtol=1e-5, atol=1e-5)


def test_those_who_come_at_once_to_a_free_model_are_one_batch(studio, monkeypatch):
    monkeypatch.setattr(batching, "MOMENT", 0.3)
    studio.free.set()
    with ThreadPoolExecutor(3) as people:
        answers = people.map(studio.line.ask, [request(f"a person {number}") for number in range(3)])
        assert [len(samples) for samples in answers] == [1, 1, 1]
    assert [len(texts) for _, texts in studio.batches] == [3]


def test_what_differs_runs_apart_in_the_order_of_its_first(studio):
    settings = [{}, {"steps": 3}, {"guidance": 2.0}, {"task": "motion"}, {"steps": 3}, {"samples": 2}]
    answers = studio.ask(*(request(f"a person {number}", **own) for number, own in enumerate(settings)))
    assert [len(samples) for samples in answers] == [1, 1, 1, 1, 1, 2]
    assert studio.batches == [
        ("text-to-motion", ["a person 0"]),
        ("text-to-motion", ["a person 1", "a person 4"]),
        ("text-to-motion", ["a person 2"]),
        ("motion", 1),
        ("text-to-motion", ["a person 5"]),
    ]


def test_a_batch_has_an_end(studio, monkeypatch):
    monkeypatch.setattr(batching, "MAX_SAMPLES", 3)
    studio.ask(*(request(task="text", samples=2, guidance=None) for _ in range(2)), request(task="text", guidance=None))
    assert studio.batches == [("text", 1), ("text", 1), ("text", 1)]
    studio.ask(*(request(task="motion", guidance=None) for _ in range(2)))
    assert sum(size for _, size in studio.batches[3:]) == 2


def test_what_is_wrong_with_one_is_told_to_it_alone(studio):
    first, wrong, last = studio.ask(request("a person walks"), request("?!"), request("a man waves"))
    assert len(first) == len(last) == 1
    assert isinstance(wrong, ValueError)
    assert "no words" in str(wrong)


def test_everyone_hears_of_every_step_in_their_own_context_and_of_who_is_before_them(studio):
    heard = {"first": [], "second": [], "third": []}

    def asked(name: str, **settings) -> Request:
        def said(*news: int) -> None:
            heard[name].append((NAME.get(), *news))

        NAME.set(name)
        return request(stepped=said, waits=said, **settings)

    studio.ask(asked("first"), asked("second"), asked("third", steps=1))
    assert heard["first"] == [("first", 1, 2), ("first", 2, 2)]
    assert ("third", 2) in heard["third"]
    assert heard["third"][-1] == ("third", 1, 1)
    assert [news for news in heard["second"] if len(news) == 3] == [("second", 1, 2), ("second", 2, 2)]


def test_one_who_leaves_is_let_go_within_a_step_and_the_others_get_theirs(studio, tiny_model):
    steps, left = [], threading.Event()

    def leave(done: int, of: int) -> None:
        steps.append(done)
        left.set()

    stays, leaves = request("a person walks", steps=6), request("a man waves", steps=6, gone=left.is_set, stepped=leave)
    answer, error = studio.ask(stays, leaves)
    assert isinstance(error, CancelledError)
    assert steps == [1]
    [own] = tiny_model.generate("text-to-motion", text="a person walks", seconds=2.0, steps=6, guidance=7.5, seed=5)
    np.testing.assert_allclose(answer[0].motion.joints, own.motion.joints, rtol=1e-5, atol=1e-5)


def test_a_batch_that_everyone_has_left_stops(studio):
    done = []
    left = threading.Event()

    def leave(step: int, of: int) -> None:
        done.append(step)
        if step == 2:
            left.set()

    [error] = studio.ask(request(steps=50, gone=left.is_set, stepped=leave))
    assert isinstance(error, CancelledError)
    assert done == [1, 2]


def test_one_who_leaves_before_their_turn_costs_nothing(studio):
    [error] = studio.ask(request(gone=lambda: True))
    assert isinstance(error, CancelledError)
    assert studio.batches == []


def test_a_model_has_one_line(tiny_model):
    assert batching.line(tiny_model) is batching.line(tiny_model)


def test_on_zero_gpu_the_model_runs_under_its_decorator_and_nothing_is_called_back(tiny_model, monkeypatch):
    lent = []

    def lend(function):
        return lambda *given, **settings: lent.append(settings) or [*given]

    monkeypatch.setattr(zero_gpu, "HERE", True)
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lend))
    assert zero_gpu.on_lent_gpu(tiny_model)("motion", seed=[1], callback=print) == ["motion"]
    assert lent == [{"seed": [1]}]
    monkeypatch.setattr(zero_gpu, "HERE", False)
    assert zero_gpu.on_lent_gpu(tiny_model) == tiny_model.generate
