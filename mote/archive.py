"""All files of one result, and a ZIP of them: motions in every form, sentences, what was given, and the recipe.

What reads a recipe takes that ZIP as well.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from mote.export import Format, export, slug
from mote.files import MotionFileError, read, write
from mote.motion.features import to_features
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from mote.pipeline import Sample
from mote.recipe import GIVEN, Identity, Recipe, RecipeError, from_json

FORMATS: tuple[Format, ...] = get_args(Format)
RECIPE, CAPTIONS = "recipe.json", "captions.txt"
LARGEST_RECIPE = 1 << 20
"""Bytes; a longer one is no recipe."""
LARGEST_MOTION = 16 << 20
"""Bytes of a given motion; a minute at 20 fps takes 0.3 MB."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a recipe made, and the motion that it was given, if any."""

    recipe: Recipe
    made: Sequence[Sample]
    given: Motion | None

    def write(self, folder: Path, formats: Sequence[Format] = FORMATS) -> list[list[Path]]:
        """Write every file into a folder, which is made if it is not there; the paths of each sample's motion.

        A motion is written in each of the formats, with npy its 263 features too (frames - 1, 263) as
        NAME-features.npy, if it has HumanML3D's joints (KIT-ML's 251 are in units of its own); the sentences, one on a
        line, as captions.txt; the given motion under its name in the recipe.

        Raises:
            MotionFileError: a file cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECIPE).write_text(self.recipe.to_json(), encoding="utf-8")
        if self.given is not None and self.recipe.motion is not None:
            write(self.given, folder / self.recipe.motion.name)
        sentences = [sample.text for sample in self.made if sample.text is not None]
        if sentences:
            (folder / CAPTIONS).write_text("".join(f"{text}\n" for text in sentences), encoding="utf-8")
        return [self._write_motion(sample, folder, formats) for sample in self.made]

    def write_zip(self, path: Path) -> Path:
        """Write all that `write` does as one ZIP, and return its path.

        Raises:
            MotionFileError: a file cannot be written.
        """
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            self.write(Path(folder))
            for file in sorted(Path(folder).iterdir()):
                archive.write(file, file.name)
        return path

    def _write_motion(self, sample: Sample, folder: Path, formats: Sequence[Format]) -> list[Path]:
        if sample.motion is None:
            return []
        stem = f"{slug(sample.text or self.recipe.title)}-{sample.seed}"
        paths = [export(sample.motion, folder / f"{stem}.{form}") for form in formats]
        if "npy" in formats and sample.motion.skeleton.names == HUMANML3D.names:
            paths.append(folder / f"{stem}-features.npy")
            np.save(paths[-1], to_features(sample.motion.joints))
        return paths


def given(motion: Motion, name: str, folder: Path) -> tuple[Identity, Path]:
    """Write a given motion as npy into a folder, under a safe form of a name; what a recipe calls it, and its path.

    Raises:
        MotionFileError: the file cannot be written.
    """
    path = export(motion, folder / f"{GIVEN}{slug(name.removeprefix(GIVEN))}.npy")
    return Identity(name=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest()), path


def open_recipe(path: Path, folder: Path) -> tuple[Recipe, Path | None]:
    """The recipe in a JSON file, or in a ZIP that `Result.write_zip` wrote; and the path of the motion it was given.

    That motion is looked for in the ZIP and then copied to `folder`, or beside the JSON file; None if it is not there.

    Raises:
        RecipeError: the file is missing or no recipe, or the motion there is another one.
    """
    if path.suffix.lower() == ".zip":
        return _open_zip(path, folder)
    try:
        with path.open("rb") as file:
            recipe = from_json(_bounded(file.read(LARGEST_RECIPE + 1), path.name))
        beside = path.parent / recipe.motion.name if recipe.motion else None
        data = beside.read_bytes() if beside and beside.is_file() else None
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}") from error
    return recipe, beside if _checked(recipe, data) else None


def read_given(recipe: Recipe, path: Path | None) -> Motion | None:
    """The given motion of a recipe, as `open_recipe` found it.

    Raises:
        RecipeError: it is no motion.
    """
    try:
        return read(path) if path else None
    except MotionFileError as error:
        raise RecipeError(f"the motion of the recipe cannot be read: {error}") from error


def _open_zip(path: Path, folder: Path) -> tuple[Recipe, Path | None]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if RECIPE not in names:
                raise RecipeError(f"the ZIP {path.name} has no {RECIPE} in it")
            with archive.open(RECIPE) as file:
                recipe = from_json(_bounded(file.read(LARGEST_RECIPE + 1), path.name))
            if recipe.motion is None or recipe.motion.name not in names:
                return recipe, None
            with archive.open(recipe.motion.name) as file:
                data = file.read(LARGEST_MOTION + 1)
    except RecipeError:
        raise
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise RecipeError(f"the ZIP {path.name} is not whole: {error}") from error
    _checked(recipe, data)
    found = folder / recipe.motion.name
    found.write_bytes(data)
    return recipe, found


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > LARGEST_RECIPE:
        raise RecipeError(f"the file {name} is too long for a recipe")
    return data


def _checked(recipe: Recipe, data: bytes | None) -> bool:
    """Whether a motion was found; another than the recipe's is a RecipeError."""
    if recipe.motion and data is not None and hashlib.sha256(data).hexdigest() != recipe.motion.sha256:
        raise RecipeError(
            f"the motion {recipe.motion.name} is not the one that the recipe was given: its SHA-256 differs"
        )
    return data is not None
