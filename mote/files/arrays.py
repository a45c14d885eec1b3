"""NumPy arrays: npy told apart by shape, npz by the names in it."""

import zipfile
from pathlib import Path

import numpy as np
from einops import rearrange
from numpy.lib import format as npy

from mote.files.errors import MAX_BYTES, MAX_VALUE, MotionFileError, check_file, check_frames
from mote.motion.features import LAYOUTS, to_joints
from mote.motion.motion import Motion
from mote.motion.recording import Recording
from mote.motion.skeleton import BODIES, Skeleton

_SHAPES = (
    "(frames, 22, 3) or (frames, 66) HumanML3D joints, (frames, 21, 3) or (frames, 63) KIT joints, "
    "(frames, 263) HumanML3D features, (frames, 251) KIT features"
)
_BODIES: dict[tuple[int, ...], Skeleton] = {
    shape: body
    for (joints, body), columns in zip(BODIES.items(), LAYOUTS, strict=True)
    for shape in ((joints, 3), (3 * joints,), (columns,))
}
"""The skeleton of an array whose frames have these shapes."""


def read_npy(path: Path) -> Recording:
    """HumanML3D's 22 joints at 20 fps, or KIT's 21 at 12.5 fps, from an array of joints or features.

    Raises:
        MotionFileError: the file is broken, or its array has another shape.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            array = npy.read_array(file, allow_pickle=False)
    except Exception as error:  # a broken header fails inside numpy in many ways
        raise MotionFileError(f"{path.name} is no whole .npy file of plain numbers ({_first_line(error)})") from error
    return _to_recording(path, array)


def read_npz(path: Path) -> Recording:
    """The joints of the arrays `joints`, of any shape that an .npy may have, and `fps`, as an .npy's if not given.

    Raises:
        MotionFileError: the file is broken, or holds other arrays; their names are in the message.
    """
    check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > MAX_BYTES:
                raise MotionFileError(
                    f"{path.name} unpacks to {unpacked / 2**20:.0f} MB: {MAX_BYTES >> 20} is the most"
                )
        with np.load(path, allow_pickle=False) as arrays:
            if "joints" not in arrays.files:
                raise MotionFileError(_other_arrays(path, arrays.files))
            joints = arrays["joints"]
            fps = arrays["fps"] if "fps" in arrays.files else None
        if any(not isinstance(part, np.ndarray | None) for part in (joints, fps)):  # numpy gives a stranger's bytes
            raise MotionFileError(f"{path.name} is no .npz file: what it holds are not arrays")
    except MotionFileError:
        raise
    except Exception as error:  # so does a broken archive
        raise MotionFileError(f"{path.name} is no whole .npz file of plain numbers ({_first_line(error)})") from error
    if fps is None:
        return _to_recording(path, joints)
    if fps.size != 1 or not np.issubdtype(fps.dtype, np.number) or np.iscomplexobj(fps):
        raise MotionFileError(f"{path.name} needs one number as 'fps', such as 20")
    return _to_recording(path, joints, float(fps.reshape(())))


def write_npy(motion: Motion, path: Path) -> None:
    """Write the joints (frames, 22, 3) at 20 fps, or KIT's 21 at 12.5, as its reader takes for granted."""
    with path.open("wb") as file:
        np.save(file, motion.resample(motion.skeleton.fps).joints)


def write_npz(motion: Motion, path: Path) -> None:
    """Write `joints` (frames, 22, 3), or KIT's 21, and `fps`."""
    with path.open("wb") as file:
        np.savez_compressed(file, joints=motion.joints, fps=np.float64(motion.fps))


def _to_recording(path: Path, array: np.ndarray, fps: float | None = None) -> Recording:
    """The joints in an array of joints or features; without `fps`, at the rate that is usual for them."""
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise MotionFileError(f"{path.name} holds values of type {array.dtype}: a motion is made of real numbers")
    skeleton = _BODIES.get(array.shape[1:])
    if skeleton is None:
        raise MotionFileError(f"{path.name} holds an array of {array.shape}: a motion is {_SHAPES}")
    check_frames(path, len(array), skeleton.fps if fps is None else fps)
    array = array.astype(np.float64)
    if not (np.abs(array) <= MAX_VALUE).all():  # false for NaN as well
        raise MotionFileError(f"{path.name} has NaN, infinity or a number beyond {MAX_VALUE:g} in its frames")
    if array.shape[1] in LAYOUTS:
        array = to_joints(array, LAYOUTS[array.shape[1]])
    elif array.ndim == 2:
        array = rearrange(array, "frames (joints axes) -> frames joints axes", axes=3)
    return Recording(
        names=skeleton.names,
        parents=skeleton.parents,
        positions=array,
        rest=None,
        fps=skeleton.fps if fps is None else fps,
        timed=fps is not None,
    )


def _other_arrays(path: Path, names: list[str]) -> str:
    found = ", ".join(names) or "nothing"
    if {"poses", "trans"} <= set(names):
        return (
            f"{path.name} holds AMASS body parameters ({found}), which need the SMPL body to become joints: "
            "give 'joints' (frames, 22, 3) and 'fps'"
        )
    return f"{path.name} holds {found}: a motion is 'joints' (frames, 22, 3) and 'fps'"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
