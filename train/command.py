"""How a command of `train` ends where it is given what it cannot use: in a sentence, with no traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from functools import wraps

from train.storage import StoppedError, reason

OURS = ("mote", "train")
"""Packages whose ValueErrors are sentences for the user; those of others are faults to be looked into."""


def command(main: Callable[[Sequence[str] | None], None]) -> Callable[..., None]:
    """A command's `main`, which reads the arguments, those of the command line where it is given none.

    What the user can mend ends it as StoppedError does: a file or folder that the system cannot give, or a value that
    this code refuses.  `python -X dev -m train...` shows where that was found.
    """

    @wraps(main)
    def run(arguments: Sequence[str] | None = None) -> None:
        try:
            main(arguments)
        except (OSError, ValueError) as error:
            if sys.flags.dev_mode or not (isinstance(error, OSError) or _is_ours(error)):
                raise
            raise StoppedError(_sentence(error)) from error

    return run


def _is_ours(error: ValueError) -> bool:
    """Whether our own code raised it."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return (frame.f_globals.get("__package__") or "").partition(".")[0] in OURS


def _sentence(error: OSError | ValueError) -> str:
    """What it says, in one line; of a file, its name first."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename} cannot be used: {reason(error)}"
    return reason(error)
