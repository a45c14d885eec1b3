"""The one error of this package, and the limits that every reader keeps."""

from pathlib import Path

MAX_BYTES = 100 * 2**20
MAX_FRAMES = 100_000
MAX_FPS = 1_000.0
MAX_HOURS = 1.0
MAX_JOINTS = 1_000
MAX_NUMBERS = 20_000_000
MAX_VALUE = 1e6  # in the file's own units: far beyond any stage


class MotionFileError(ValueError):
    """A motion file cannot be read or written; the message is one sentence for the person who chose the file."""


def check_file(path: Path) -> None:
    """Raise MotionFileError unless `path` is a file of a readable size."""
    if not path.exists():
        raise MotionFileError(f"{path.name} was not found: give the path of a file that exists")
    if not path.is_file():
        raise MotionFileError(f"{path.name} is not a file: give the path of one motion file")
    size = path.stat().st_size
    if size == 0:
        raise MotionFileError(f"{path.name} is empty: a motion file holds at least one frame")
    if size > MAX_BYTES:
        raise MotionFileError(f"{path.name} has {size / 2**20:.0f} MB: at most {MAX_BYTES >> 20} MB are read")


def check_frames(path: Path, frames: int, fps: float) -> None:
    """Raise MotionFileError unless the number of frames, their rate and the length in time are sane."""
    if not 1 <= frames <= MAX_FRAMES:
        raise MotionFileError(f"{path.name} has {frames} frames: from 1 to {MAX_FRAMES} frames are read")
    if not 1 <= fps <= MAX_FPS:
        raise MotionFileError(f"{path.name} has {fps:g} frames a second: from 1 to {MAX_FPS:g} are read")
    if frames / fps > MAX_HOURS * 3600:
        raise MotionFileError(f"{path.name} lasts {frames / fps / 3600:.1f} hours: at most {MAX_HOURS:g} is read")
