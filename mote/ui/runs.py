"""A run as the page keeps it: its recipe and its files, from which it is shown again, sent on, compared or packed."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from mote import archive
from mote.files import read
from mote.motion.motion import Motion
from mote.pipeline import Sample
from mote.recipe import Identity, Recipe, RecipeError, from_json
from mote.sampling import Task
from mote.ui import results
from mote.ui.handlers import Handlers
from mote.ui.packing import pack
from mote.ui.tasks import endpoint

RECORD = "run.json"
GIVEN = "Given"
"""What the player calls the motion that a run was given."""
_NAME = re.compile(rf"{results.PREFIX}[0-9a-f]{{32}}")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A run: `files` are the npy files of its motions, in the folder that is its own, and `given` that of the motion it
    was given; `captions` are its sentences, in the same order.  A `restored` one was not made just now."""

    recipe: Recipe
    folder: Path
    files: tuple[str, ...]
    captions: tuple[str, ...]
    given: str | None
    restored: bool = False

    @property
    def samples(self) -> list[Sample]:
        """The motions and sentences as the model made them."""
        return [
            Sample(
                motion=read(self.files[number]) if self.files else None,
                text=self.captions[number] if self.captions else None,
                seed=self.recipe.seed + number,
            )
            for number in range(self.recipe.samples)
        ]

    def shown(self) -> dict[str, Any] | None:
        """What the player shows: the motion that the run was given, if any, and each motion made; None without any."""
        if not self.files:
            return None
        labelled = {GIVEN: read(self.given)} if self.given else {}
        for sample in self.samples:
            if sample.motion is not None:
                name = f"Seed {sample.seed}"
                labelled[f"{name}: {sample.text}" if sample.text else name] = sample.motion
        return pack(labelled)

    def result(self) -> archive.Result:
        """What the ZIP of the run is made of."""
        return archive.Result(
            recipe=self.recipe,
            made=self.samples,
            given=archive.read_given(self.recipe, Path(self.given) if self.given else None),
        )

    def save(self) -> None:
        """Write what `load` reads."""
        values = {
            "recipe": json.loads(self.recipe.to_json()),
            "files": [Path(file).name for file in self.files],
            "captions": self.captions,
            "given": self.given and Path(self.given).name,
        }
        (self.folder / RECORD).write_text(json.dumps(values), encoding="utf-8")


def load(name: str) -> Record | None:
    """The run in the folder of a name, or None where there is none or its files are gone."""
    folder = Path(get_upload_folder()) / name
    if not _NAME.fullmatch(name) or not (folder / RECORD).is_file():
        return None
    values = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    files = tuple(str(folder / file) for file in values["files"])
    given = values["given"] and str(folder / values["given"])
    if not all(Path(file).is_file() for file in (*files, *filter(None, [given]))):
        return None
    try:
        recipe = from_json(json.dumps(values["recipe"]))
    except RecipeError:  # of an older version of this program
        return None
    captions = tuple(values["captions"])
    return Record(recipe=recipe, folder=folder, files=files, captions=captions, given=given, restored=True)


def recorded(actions: Handlers, task: Task) -> Callable[..., tuple[Any, ...]]:
    """The handler of a task without GIFs.

    After its own values come what the player shows, if the task makes motions, and the Record of the run.
    """

    @wraps(getattr(actions, endpoint(task)))
    def run(*values: Any) -> tuple[Any, ...]:
        noted: list[tuple[Mapping[str, Any], Motion | None]] = []
        handler = getattr(replace(actions, draws=False, note=lambda *it: noted.append(it)), endpoint(task))
        result = handler(*values)
        [(settings, motion)] = noted
        files, captions = tuple(getattr(result, "files", ())), getattr(result, "captions", None)
        folder = Path(files[0]).parent if files else results.fresh_folder()
        identity, given = None, None
        if motion is not None:
            name = Path(inspect.signature(handler).bind(*values).arguments["motion"]).stem
            identity, given = archive.given(motion, name, folder)
        model = Identity(name=actions.model.name, sha256=actions.model.digest)
        record = Record(
            recipe=Recipe(**settings, motion=identity, model=model),
            folder=folder,
            files=files,
            captions=() if captions is None else tuple(captions.split("\n")),
            given=str(given) if given else None,
        )
        record.save()
        return (*result, record.shown(), record) if files else (*result, record)

    return run
