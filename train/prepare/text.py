"""The captions of HumanML3D, KIT-ML and our own clips as sentences for TED, by their official splits."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from mote.models.words import clean
from train import data
from train.storage import StoppedError, reason

Split = Literal["train", "val"]
"""TED never sees the test captions of HumanML3D and KIT-ML."""


def humanml3d(folder: Path, split: Split) -> list[str]:
    """The human captions of a split in `captions_part.json`, cleaned."""
    with _reading(path := folder / "captions_part.json"):
        clips = json.loads(path.read_text(encoding="utf-8")).values()
        return _cleaned(caption for clip in clips if clip["split"] == split for caption in clip["captions"])


def kit(folder: Path, split: Split) -> list[str]:
    """The annotations in `annotations.json` of the motions that `<split>.txt` lists, cleaned."""
    with _reading(folder):
        motions = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
        names = (folder / f"{split}.txt").read_text(encoding="utf-8").split()
        return _cleaned(row["text"] for name in names if name in motions for row in motions[name]["annotations"])


def human(folder: Path) -> list[str]:
    """The captions that people wrote for the training clips of both sets, in `humanml3d` and `kit-ml`."""
    return humanml3d(folder / "humanml3d", "train") + kit(folder / "kit-ml", "train")


def clips(prepared: Path, split: data.Split) -> list[str]:
    """The captions of a split of our own prepared clips and of their mirror images, each once."""
    records = data.read_manifest(prepared, split)
    captions = (text for record in records for text in [*record["captions"], *record["mirrored_captions"]])
    return list(dict.fromkeys(_cleaned(captions)))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in a sentence where captions cannot be read.

    Raises:
        StoppedError: they cannot, most likely because the folder is another.
    """
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoppedError(
            f"{path} has no captions that can be read: name the folder that holds humanml3d and kit-ml "
            f"({reason(error)})"
        ) from error


def count_words(sentences: Iterable[str]) -> Counter[str]:
    """How often each word (letters and digits alone) occurs."""
    return Counter(word for sentence in sentences for word in re.findall(r"[a-z0-9]+", sentence))


def substitute(sentences: Sequence[str], words: Sequence[str], chooser: random.Random) -> list[str]:
    """For each word a sentence that holds it: one of the sentences with that word in place of one of its own."""
    made = []
    for word in words:
        sentence = chooser.choice(sentences)
        spots = [spot.span() for spot in re.finditer(r"[a-z0-9]+", sentence)]
        start, end = chooser.choice(spots)
        made.append(sentence[:start] + word + sentence[end:])
    return made


def _cleaned(texts: Iterable[str]) -> list[str]:
    return [text for text in map(clean, texts) if re.search("[a-z]", text)]
