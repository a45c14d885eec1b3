"""What the two text formats share: a file's text, and numbers from words."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mote.files.errors import MAX_VALUE, MotionFileError, check_file


def read_text(path: Path, kind: str) -> str:
    """The text of a file; `kind` names the format in the error for a file that is not text."""
    check_file(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MotionFileError(f"{path.name} cannot be opened: {error.strerror}") from error
    if b"\0" in data:
        raise MotionFileError(f"{path.name} is not {kind}: it holds binary data, and {kind} is plain text")
    return data.decode("utf-8-sig", errors="replace")


def to_numbers(path: Path, words: Sequence[str], where: str) -> np.ndarray:
    """Words as float64; `where` says in an error what they are."""
    try:
        values = np.fromiter(map(float, words), np.float64, len(words))
    except ValueError as error:
        raise MotionFileError(f"{path.name} has a word among {where}: {error}") from error
    if not (np.abs(values) <= MAX_VALUE).all():  # false for NaN as well
        raise MotionFileError(f"{path.name} has NaN, infinity or a number beyond {MAX_VALUE:g} among {where}")
    return values
