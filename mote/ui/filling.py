"""What goes into the fields of a tab without a person's typing: the settings of a recipe, or what another tab made."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from mote import archive
from mote.coding import Limits
from mote.recipe import Recipe, RecipeError
from mote.sampling import Side
from mote.ui import checks, results
from mote.ui.handlers import Handlers
from mote.ui.runs import Record
from mote.ui.tasks import TABS, endpoint

ANY_MODEL = Limits(least=0.0, most=600.0, fps=20.0)
"""What the length of a recipe is held to before the model that is to run it says more."""


def fields(recipe: Recipe, given: str | None) -> dict[str, Any]:
    """The value of every input of the recipe's tab, by its name; what a recipe does not say is at its default.

    Args:
        given: The file of the motion that the recipe was given, if there is one.

    Raises:
        gr.Error: a setting is beyond what the page takes.
    """
    guidance = checks.guidance(recipe.guidance)
    motion_guidance, text_guidance = guidance if isinstance(guidance, tuple) else (guidance, guidance)
    known = {
        "text": "\n".join(checks.actions(checks.lines("\n".join(recipe.text)))) if recipe.text else "",
        "motion": given,
        "seconds": checks.length(recipe.seconds, ANY_MODEL),
        "samples": checks.samples(recipe.samples),
        "steps": checks.steps(recipe.steps),
        "guidance": text_guidance if recipe.task == "motion-to-text" else motion_guidance,
        "motion_guidance": motion_guidance,
        "text_guidance": text_guidance,
        "seed": checks.seed(recipe.seed),
    }
    parameters = inspect.signature(getattr(Handlers, endpoint(recipe.task))).parameters
    return {
        name: parameters[name].default if known.get(name) is None and name != "motion" else known[name]
        for name in TABS[recipe.task].inputs
    }


def opened(path: str) -> tuple[Recipe, str | None]:
    """The recipe in a JSON file or a ZIP, and the npy file of the motion it was given, if that is in the ZIP.

    Raises:
        gr.Error: the file is no recipe.
    """
    try:
        recipe, given = archive.open_recipe(Path(path), results.fresh_folder())
        archive.read_given(recipe, given)
    except RecipeError as error:
        raise checks.fault(checks.sentence(error)) from error
    return recipe, str(given) if given else None


def sent(record: Record | None, index: int | None, side: Side) -> str:
    """What of a run is sent on: the npy file of the chosen motion, or the chosen sentence.

    Args:
        index: Which of them, from 0; None is the first.

    Raises:
        gr.Error: nothing was made yet, or its files are gone.
    """
    made = (record.files if side == "motion" else record.captions) if record else ()
    if not made:
        raise checks.fault(
            f"There is no {'motion' if side == 'motion' else 'sentence'} to send on yet: generate first."
        )
    chosen = made[min(index or 0, len(made) - 1)]
    if side == "motion" and not Path(chosen).is_file():
        raise checks.fault("The files of this result are gone, they last a day: generate it again.")
    return chosen
