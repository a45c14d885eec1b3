"""What a person has on the map: what they searched, and the parts of their last result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from mote.files import read
from mote.retrieve import Index
from mote.ui import checks
from mote.ui.runs import Record

SEARCHED = "searched"
YOU = "You are here"
LONG = "Longer than the {:.4g} s that the model takes at once: it stands in the middle of its {} parts."


@dataclass(frozen=True, kw_only=True, eq=False)
class Spot:
    """Something of the person's own on the map: the motion of an npy file, or a text.

    `source` is the folder of its run, or SEARCHED; `label` stands on the map, `name` in a sentence, and `note` above
    what is nearest to it.
    """

    source: str
    label: str
    name: str
    place: Tensor
    point: tuple[float, float]
    motion: str | None = None
    text: str | None = None
    note: str = ""


def of_motion(index: Index, source: str, label: str, name: str, file: str) -> Spot:
    """The spot of the motion of an npy file.

    Raises:
        ValueError: the file cannot be read, or the motion is shorter than the model takes.
    """
    motion = read(file)
    place, count = index.place(motion), len(index.parts(motion))
    note = LONG.format(index.model.limits.most, count) if count > 1 else ""
    point = index.point(place)
    return Spot(source=source, label=label, name=name, place=place, point=point, motion=file, note=note)


def of_text(index: Index, source: str, label: str, name: str, text: str, note: str = "") -> Spot:
    """The spot of a text.

    Raises:
        ValueError: the text has no words.
    """
    place = index.place(text)
    return Spot(source=source, label=label, name=name, place=place, point=index.point(place), text=text, note=note)


def of_run(index: Index, record: Record, chosen: int) -> tuple[list[Spot], list[str]]:
    """The spots of what a run was given and made, and why any of that is not on the map, a sentence each.

    Args:
        chosen: which of the samples, from 0, is where the person is.
    """
    found: list[Spot] = []
    told: dict[str, None] = {}
    for label, name, file, text in _parts(record, min(chosen, record.recipe.samples - 1)):
        source = record.folder.name
        try:
            spot = of_motion(index, source, label, name, file) if file else of_text(index, source, label, name, text)
        except ValueError as error:
            told[checks.sentence(error)] = None
        else:
            found.append(spot)
    return found, [*told]


def without(spots: Sequence[Spot], source: str) -> list[Spot]:
    """Those of another source."""
    return [spot for spot in spots if spot.source != source]


def _parts(record: Record, chosen: int) -> Iterator[tuple[str, str, str | None, str]]:
    """Label, name, and the npy file or the text of each part of a run."""
    task = record.recipe
    if record.given:
        yield "Given", "the given motion", record.given, ""
    for text in task.text:
        yield "Prompt", "your prompt", None, text
    for number, file in enumerate(record.files):
        seed = task.seed + number
        yield YOU if number == chosen else f"Seed {seed}", f"your result of seed {seed}", file, ""
    for number, caption in enumerate(record.captions):
        yield YOU if number == chosen and not record.files else "Caption", f"“{caption}”", None, caption
