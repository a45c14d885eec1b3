"""How a result was made, as JSON: what a model needs to make the same again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from mote.motion.motion import Motion
from mote.pipeline import MoTe, Sample, one_after_another
from mote.sampling import TASKS, Task
from mote.version import VERSION

Guidance = float | tuple[float, float]
"""Of what is made, or of the motion and of the text."""
GIVEN = "given-"
"""How the names of given motions begin, so that they are no names of results."""


class RecipeError(ValueError):
    """A file is no recipe, or not one that fits; the message says what differs."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A name, and the SHA-256, hexadecimal, of what is called by it."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings of a run, with the names that `MoTe.generate` gives them.

    `text` are the sentences that were given, several of which become one motion, one after another; `motion` is the
    npy file that was given, `seed` that of the first sample, and `model` what made the result.
    """

    task: Task
    text: tuple[str, ...]
    motion: Identity | None
    seconds: float | None
    samples: int
    steps: int
    guidance: Guidance | None
    seed: int
    model: Identity
    version: str = VERSION

    @property
    def title(self) -> str:
        """The result in a few words: what was written, or the name of the given motion, or the task."""
        return ", ".join(self.text) or (
            self.motion.name.removeprefix(GIVEN).removesuffix(".npy") if self.motion else self.task
        )

    @property
    def sentence(self) -> str | None:
        """The one sentence that was given, or None where there was none, or several became one motion."""
        return self.text[0] if len(self.text) == 1 else None

    def to_json(self) -> str:
        """JSON that `from_json` reads."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def foreign(self, model: MoTe) -> str | None:
        """A sentence that another model made the result, or None where it is this one."""
        if self.model.sha256 == model.digest:
            return None
        return (
            f"The recipe is of another model ({self.model.name}, {self.model.sha256[:12]}) than this one "
            f"({model.name}, {model.digest[:12]}): the result will differ."
        )


def from_json(text: str | bytes) -> Recipe:
    """The recipe that `Recipe.to_json` wrote.

    Raises:
        RecipeError: it is no JSON, has an unknown or lacks a field, or a field holds something else than it should.
    """
    try:
        values = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"the recipe is no JSON: {error}") from error
    _compare(values, Recipe, "the recipe")
    if values["task"] not in tuple(TASKS):
        raise RecipeError(f"the recipe's task is {_shown(values['task'])}: the tasks are {', '.join(TASKS)}")
    whole = {name: _typed(values[name], (int,), name) for name in ("samples", "steps", "seed")}
    sentences = _typed(values["text"], (list,), "text")
    return Recipe(
        task=values["task"],
        text=tuple(_typed(sentence, (str,), "text") for sentence in sentences),
        motion=None if values["motion"] is None else _identity(values["motion"], "motion"),
        seconds=_typed(values["seconds"], (int, float, type(None)), "seconds"),
        guidance=_guidance(values["guidance"]),
        model=_identity(values["model"], "model"),
        version=_typed(values["version"], (str,), "version"),
        **whole,
    )


def make(
    recipe: Recipe, model: MoTe, motion: Motion | None, callback: Callable[[int, int], None] | None = None
) -> list[Sample]:
    """What a recipe makes of a model; on the machine where it was written, by the same model, bitwise the same.

    Args:
        motion: the motion that the recipe was given, if it was given one.
        callback: called after each denoising step with the steps done and all steps.

    Raises:
        RecipeError: the motion is missing.
        ValueError: as `MoTe.generate`.
    """
    if recipe.motion and motion is None:
        raise RecipeError(f"the recipe was given a motion, {recipe.motion.name}, which is not with it")
    made = model.generate(
        recipe.task,
        text=recipe.text or None,
        motion=motion,
        seconds=recipe.seconds,
        samples=recipe.samples,
        steps=recipe.steps,
        guidance=recipe.guidance,
        seed=recipe.seed,
        callback=callback,
    )
    return one_after_another(made, recipe.samples) if len(recipe.text) > 1 else made


def _identity(values: Any, name: str) -> Identity:
    _compare(values, Identity, f"the recipe's {name}")
    found = Identity(**{part: _typed(value, (str,), f"{name}.{part}") for part, value in values.items()})
    if found.name != found.name.rpartition("/")[2].rpartition("\\")[2]:
        raise RecipeError(f"the recipe's {name} is called {_shown(found.name)}, which is a path and no name")
    return found


def _guidance(value: Any) -> Guidance | None:
    if not isinstance(value, list):
        return _typed(value, (int, float, type(None)), "guidance")
    if len(value) != 2:
        raise RecipeError(f"the recipe's guidance is one number or two, not {len(value)}")
    motion, text = (_typed(part, (int, float), "guidance") for part in value)
    return motion, text


def _compare(values: Any, kind: type[Any], what: str) -> None:
    """Raise RecipeError unless values are an object with just the fields of a dataclass."""
    if not isinstance(values, Mapping):
        raise RecipeError(f"{what} is {_shown(values)}, not an object of named fields")
    expected = {field.name for field in fields(kind)}
    if unknown := sorted(set(values) - expected):
        raise RecipeError(f"{what} has an unknown field: {', '.join(unknown)}")
    if missing := sorted(expected - set(values)):
        raise RecipeError(f"{what} lacks a field: {', '.join(missing)}")


def _typed(value: Any, kinds: Sequence[type], name: str) -> Any:
    if not isinstance(value, tuple(kinds)) or isinstance(value, bool):
        names = {int: "a whole number", float: "a number", str: "a text", list: "a list", type(None): "null"}
        expected = [names[kind] for kind in kinds if not (kind is int and float in kinds)]
        raise RecipeError(f"the recipe's {name} is {_shown(value)}, not {' or '.join(expected)}")
    return value


def _shown(value: Any) -> str:
    """A value as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
