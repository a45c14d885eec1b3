"""Motions from and to files, by their suffix."""

from pathlib import Path

from mote.files.amc import read_amc
from mote.files.arrays import read_npy, read_npz, write_npy, write_npz
from mote.files.bvh import read_bvh
from mote.files.bvh_writer import write_bvh, written_joints
from mote.files.errors import MotionFileError
from mote.files.glb import write_glb
from mote.motion.motion import Motion
from mote.motion.retarget import Recording, retarget

__all__ = ["MotionFileError", "read", "read_recording", "write"]

_RECORDINGS = {".bvh": read_bvh, ".amc": read_amc}
_ARRAYS = {".npy": read_npy, ".npz": read_npz}
_WRITERS = {".bvh": write_bvh, ".glb": write_glb, ".npy": write_npy, ".npz": write_npz}


def read(path: Path | str) -> Motion:
    """The motion in a .bvh, .amc (with its .asf), .npy or .npz file.

    A recording is fitted to our skeleton at 20 fps (`mote.motion.retarget`); what `write` wrote comes back as it was.

    Raises:
        MotionFileError: the file is missing, of another kind or broken; the message says how.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in _RECORDINGS | _ARRAYS:
        raise MotionFileError(f"{path.name} is of an unknown kind: {', '.join(_RECORDINGS | _ARRAYS)} can be read")
    try:
        if kind in _ARRAYS:
            return _ARRAYS[kind](path)
        recording = _RECORDINGS[kind](path)
        ours = written_joints(recording)
        return retarget(recording) if ours is None else Motion(ours, recording.fps)
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
