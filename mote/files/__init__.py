"""Motions from and to files, by their suffix."""

from pathlib import Path

from mote.files.amc import read_amc
from mote.files.arrays import read_npy, read_npz, write_npy, write_npz
from mote.files.bvh import read_bvh
from mote.files.bvh_writer import write_bvh, written
from mote.files.errors import MotionFileError
from mote.files.glb import write_glb
from mote.files.source import AS_FOUND, Reading, Source
from mote.motion.convention import find_convention
from mote.motion.motion import Motion
from mote.motion.recording import Recording

__all__ = ["MotionFileError", "Reading", "Source", "open_file", "read", "read_recording", "write"]

_RECORDINGS = {".bvh": read_bvh, ".amc": read_amc}
_READERS = _RECORDINGS | {".npy": read_npy, ".npz": read_npz}
_WRITERS = {".bvh": write_bvh, ".glb": write_glb, ".npy": write_npy, ".npz": write_npz}


def read(path: Path | str, reading: Reading = AS_FOUND) -> Motion:
    """The motion in a .bvh, .amc (with its .asf), .npy or .npz file, or a part of it.

    A recording is fitted to our skeleton at 20 fps (`mote.motion.retarget`); what `write` wrote comes back as it was.
    The frame rate, the units and the axis that is up are found; `reading` corrects them.

    Raises:
        MotionFileError: the file is missing, of another kind or broken; the message says how.
    """
    return open_file(path).motion(reading)


def open_file(path: Path | str) -> Source:
    """What is in a .bvh, .amc (with its .asf), .npy or .npz file, and how it was understood.

    Raises:
        MotionFileError: the file is missing, of another kind or broken; the message says how.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise MotionFileError(f"{path.name} is of an unknown kind: {', '.join(_READERS)} can be read")
    try:
        recording = reader(path)
        recording = written(recording) or recording
        return Source(path=path, recording=recording, convention=find_convention(recording))
    except MotionFileError:
        raise
    except ValueError as error:
        raise MotionFileError(f"{path.name}: {error}") from error


def read_recording(path: Path | str) -> Recording:
    """The joints of a .bvh or .amc file as they stand in it, before they are fitted to our skeleton.

    Raises:
        MotionFileError: the file is missing, of another kind or broken; the message says how.
    """
    path = Path(path)
    reader = _RECORDINGS.get(path.suffix.lower())
    if reader is None:
        raise MotionFileError(f"{path.name} is of an unknown kind: {', '.join(_RECORDINGS)} are recordings")
    return reader(path)


def write(motion: Motion, path: Path | str) -> None:
    """Write a motion as .bvh (centimetres), .glb (metres), .npy (joints at 20 fps) or .npz (joints and fps).

    Raises:
        MotionFileError: the suffix is unknown, or the file cannot be written.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise MotionFileError(f"{path.name} is of an unknown kind: {', '.join(_WRITERS)} can be written")
    try:
        writer(motion, path)
    except OSError as error:
        raise MotionFileError(f"{path.name} cannot be written: {error.strerror}") from error
