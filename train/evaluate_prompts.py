"""The parts of the evaluation that go beyond the clips' own prompts: every action by its plain name, two actions in one
prompt, and things that no clip shows."""

import tomllib
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from mote.motion.sequence import join
from mote.sequence import THEN, one_by_one
from train.evaluation import Evaluation
from train.observe import Fact, Outcome, kept, observe, table_by
from train.prepare.actions import ACTIONS
from train.prepare.reading import read_caption
from train.prepare.words import number
from train.prepare.writer import clause
from train.report import Row

_PROMPTS = tomllib.loads(Path(__file__).with_name("prompts.toml").read_text(encoding="utf-8"))
OUTSIDE: tuple[str, ...] = tuple(_PROMPTS["outside"])
PHRASES: dict[str, str] = _PROMPTS["actions"]
NUMBERS: dict[Fact, dict[str, Any]] = _PROMPTS["numbers"]
CALLS = 8
"""Prompts for each action."""
CALLED = "actions by their plain names"
"""What the report calls them."""
SECONDS = 8.0
"""Of a motion with two actions: four for each."""


def call_actions(evaluation: Evaluation) -> None:
    """Whether each action that the judge knows is done when it is called by the words that name it, nothing more.

    Beside it, how often the judge finds that action in the real clips of the split, where there are any.
    """
    called = [(action, prompt) for action in evaluation.judge.config.actions for prompt in plain_prompts(action)]
    seen = observe(evaluation.judge, evaluation.make_motions([prompt for _, prompt in called]))
    known = [clip for clip in evaluation.real if clip.action in evaluation.judge.config.actions]
    for name, pairs in (
        (
            CALLED,
            [(action, made.action) for (action, _), made in zip(called, seen, strict=True)],
        ),
        ("the judge on real clips", [(clip.action, clip.seen.action) for clip in known]),
    ):
        table = table_by([Outcome(wanted=wanted, got=got, side=None, style=None) for wanted, got in pairs], "wanted")
        shares = [row["action"] for row in table.values()]
        least = 0.85 if name == CALLED else None
        mean = Row(what=f"{name}: mean over actions", measured=float(np.mean(shares)), count=len(shares), least=least)
        evaluation.report.rows.append(mean)
        evaluation.report.groups[f"{name}, by action"] = dict(sorted(table.items()))


def plain_prompts(action: str) -> list[str]:
    """CALLS prompts for an action of the judge's, by the grammar's phrases for it in turn, left and right in turn."""
    phrases = [*dict.fromkeys(phrase for row in ACTIONS.values() if row.group == action for phrase in row.phrases)]
    return [
        clause(phrases[number % len(phrases)], person="a person", form="simple", side=("left", "right")[number % 2])
        .replace("{their}", "their")
        .strip()
        for number in range(CALLS)
    ]


def prompts(evaluation: Evaluation) -> None:
    """Whether each of two actions is done in its half, whether numbers are heard, and which prompts the model calls
    strange (`MoTe.strangeness`).

    The judge knows whole clips of one action: a half that ends in the middle of one is harder for it.
    """
    two_actions(evaluation)
    numbers(evaluation)
    name = "the app says that the model knows little like it"
    captions = [evaluation.prompt(number) for number in range(len(evaluation.real))]
    for which, texts in (
        ("prompts outside of what is known", OUTSIDE),
        ("captions of known wording", [text for text, held in captions if not held]),
        ("captions of held-out wording", [text for text, held in captions if held]),
    ):
        evaluation.add(f"{which}: {name}", [evaluation.model.strangeness(text) > 1 for text in texts])


def two_actions(evaluation: Evaluation) -> None:
    """One motion for each ordered pair of PHRASES, judged by its halves: of one prompt, and of a prompt for each; and
    whether the two are told apart in the one prompt (`one_by_one`), and what clips show in one piece is not."""
    pairs = list(permutations(PHRASES, 2))
    together = [f"a person {PHRASES[first]}, then {PHRASES[second]}" for first, second in pairs]
    apart = [f"a person {PHRASES[action]}" for pair in pairs for action in pair]
    parts = evaluation.make_motions(apart, seconds=SECONDS / 2)
    for name, motions in (
        ("in one prompt", evaluation.make_motions(together, seconds=SECONDS)),
        ("a prompt each, joined", [join(both) for both in zip(parts[::2], parts[1::2], strict=True)]),
    ):
        first = observe(evaluation.judge, [motion[: len(motion) // 2] for motion in motions])
        second = observe(evaluation.judge, [motion[len(motion) // 2 :] for motion in motions])
        done = {
            "the first is done in the first half": [
                seen.action == wanted for seen, (wanted, _) in zip(first, pairs, strict=True)
            ],
            "the second is done in the second half": [
                seen.action == wanted for seen, (_, wanted) in zip(second, pairs, strict=True)
            ],
        }
        done["both are"] = [all(both) for both in zip(*done.values(), strict=True)]
        for what, values in done.items():
            evaluation.add(f"two actions, {name}: {what}", values)
    model = evaluation.model
    split = [[*own] == one_by_one(model, both) for *own, both in zip(apart[::2], apart[1::2], together, strict=True)]
    evaluation.add("two actions, in one prompt: the app makes them one by one", split)
    captions = sorted({text for clip in evaluation.real for text in clip.record["captions"] if THEN.search(text)})
    whole = [one_by_one(model, text) == [text] for text in captions]
    evaluation.add('captions of one clip that say "then" or the like: the app leaves them whole', whole)


def numbers(evaluation: Evaluation) -> None:
    """Whether as many steps, metres and seconds as plain sentences ask for are made, by what is measured."""
    for fact, asked in NUMBERS.items():
        counts = range(asked["from"], asked["to"] + 1)
        texts = [sentence.format(number(count)) for sentence in asked["sentences"] for count in counts]
        seen = observe(evaluation.judge, evaluation.make_motions(texts))
        done = [kept(read_caption(text), made.facts)[fact] for text, made in zip(texts, seen, strict=True)]
        evaluation.add(f"plain prompts that name a number: {fact} as asked for", done)
