"""The model in the repository: every task answers, and what it makes is a person who does what was asked."""

import numpy as np
import pytest

from mote import MoTe
from mote.motion.skeleton import HUMANML3D
from mote.sampling import TASKS
from mote.sequence import one_by_one


@pytest.mark.parametrize("task", TASKS)
def test_every_task_answers(committed: MoTe, task):
    (walk,) = committed.generate("text-to-motion", text="a person walks forward", seed=1)
    first = TASKS[task][0]
    given = {"text": "a person walks forward"} if first.text == "given" else {}
    given |= {"motion": walk.motion} if first.motion == "given" else {}
    (sample,) = committed.generate(task, **given, seed=2)
    if sample.text is not None:
        assert len(sample.text.split()) >= 2
    if sample.motion is not None:
        assert 1.5 <= sample.motion.seconds <= 9.8
        assert np.isfinite(sample.motion.joints).all()


def test_walking_goes_somewhere_and_standing_does_not(committed):
    (walk,) = committed.generate("text-to-motion", text="a person walks forward", seconds=4.0, seed=0)
    (wave,) = committed.generate("text-to-motion", text="a person waves with both hands", seconds=4.0, seed=0)
    moved = [np.linalg.norm(np.ptp(one.motion.joints[:, 0, [0, 2]], axis=0)) for one in (walk, wave)]
    assert moved[0] > 1.5
    assert moved[1] < 0.5


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_hand_that_was_named_is_raised(committed, side):
    samples = committed.generate("text-to-motion", text=f"a person raises the {side} hand", samples=4, seed=0)
    hands = [HUMANML3D.index(f"{name} wrist") for name in ("left", "right")]
    rose = [("left", "right")[int(one.motion.joints[:, hands, 1].max(0).argmax())] for one in samples]
    assert rose.count(side) >= 3


def test_a_raised_hand_is_read_back(committed):
    (raised,) = committed.generate("text-to-motion", text="a person raises the right hand", seed=0)
    for motion, side in ((raised.motion, "right"), (raised.motion.mirror(), "left")):
        captions = committed.generate("motion-to-text", motion=motion, samples=4, seed=0)
        assert sum(side in caption.text for caption in captions) >= 3


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("a person walks forward", False),
        ("a man waves with his left hand", False),
        ("an old woman turns to the right", False),
        ("a person swims", True),
        ("a person plays the guitar", True),
        ("the stock market fell today", True),
    ],
)
def test_it_knows_what_it_was_not_trained_on(committed, text, strange):
    assert (committed.strangeness(text) > 1) is strange


def test_it_tells_actions_apart(committed):
    assert one_by_one(committed, "A man walks forward, sits down, and then waves.") == [
        "A man walks forward", "A man sits down", "A man waves",
    ]  # fmt: skip
    whole = "a person walks ahead, then turns to the left"
    assert one_by_one(committed, whole) == [whole]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("a person strolls around", "a person walks"),
        ("a baby moves on all fours", "a person crawls"),
        ("he smashes a window", "a person washes a window"),
    ],
)
def test_it_offers_what_it_knows_for_what_it_does_not(committed, text, known):
    assert committed.nearest(text)[0] == known
    assert len(committed.nearest(text)) == 3
