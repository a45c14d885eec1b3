"""Files that are whole or not there, whatever moment a command is killed at, and what is said where one cannot be."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

import numpy as np

DAMAGED = (OSError, ValueError, EOFError, BadZipFile)
"""What numpy raises of a file that is not there, is cut off, or is another."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a file finds no room."""


class StoppedError(SystemExit):
    """A command cannot go on. Python prints the sentence, which says why and what to do, and ends with the code 1."""


@contextmanager
def whole(path: Path, *, size: int | None = None) -> Iterator[BinaryIO]:
    """A file to write, which is at `path` once it is whole and on the disk: until then it lies beside.

    Args:
        size: about how many bytes it will have, to be told where there is no room for them.

    Raises:
        StoppedError: there is no room for it; what was written is removed, and what was at `path` stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with room(path, size=size):
        try:
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(path)


@contextmanager
def room(path: Path, *, size: int | None = None) -> Iterator[None]:
    """Say in a sentence where a full disk stops what is written to `path`.

    Raises:
        StoppedError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        needed = f" needs {_megabytes(size)} and" if size else ""
        free = _megabytes(shutil.disk_usage(path.parent).free)
        raise StoppedError(
            f"the disk is full: {path}{needed} finds {free} free. What was there before stays: make room, and the same "
            "command goes on from it"
        ) from error


def read_array(path: Path, *, mapped: bool = False) -> np.ndarray:
    """The array in a .npy file, or a map of it.

    Raises:
        ValueError: the file is not there, or holds something else.
    """
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except DAMAGED as error:
        raise ValueError(f"{path} cannot be read as an array of numbers: {reason(error)}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{path} holds several arrays, not one: it is a .npz by another name")
    return array


def reason(error: Exception) -> str:
    """Why a file cannot be used, in words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror[0].lower()}{error.strerror[1:]}"
    return f"it lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
