"""Frames to an animated GIF or an MP4 file, streamed: a long motion takes no more memory than a short one."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from struct import pack
from tempfile import mkstemp

import imageio_ffmpeg
import numpy as np
from jaxtyping import Integer, UInt8
from PIL import Image

from mote.render.colours import palette

FASTEST_GIF = 50.0  # frames a second: players slow down anything faster
BLOCK = 1 << 16  # bytes of a picture looked up together: they stay in the cache


def write_gif(frames: Iterable[UInt8[np.ndarray, "h w 4"]], path: str | os.PathLike[str], fps: float) -> Path:
    """Writes RGBA frames as an endless GIF with one palette for all of them, and returns its path.

    Every frame is kept, equal ones too. GIF counts in 1/100 s: durations are rounded so that their sum is right.

    Raises:
        ValueError: there is no frame, or fps is not between 0 and 50, the fastest that players show.
    """
    if not 0 < fps <= FASTEST_GIF:
        raise ValueError(f"a GIF has up to {FASTEST_GIF:g} frames a second, not {fps:g}")
    with _replacing(path) as temporary, temporary.open("wb") as file:
        count, shown = 0, None
        for count, frame in enumerate(frames, start=1):
            if shown is None:
                file.write(b"GIF89a" + pack("<HHBBB", frame.shape[1], frame.shape[0], 0xF7, 0, 0) + palette().tobytes())
                file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + pack("<H", 0) + b"\0")  # repeat for ever
            hundredths = round(count * 100 / fps) - round((count - 1) * 100 / fps)
            file.write(b"!\xf9\x04" + pack("<BHBB", 0x04, min(hundredths, 0xFFFF), 0, 0))  # leave the frame in place
            rows, columns = _changed(shown, frame)
            part = frame[rows, columns]
            file.write(b"," + pack("<HHHHBB", columns.start, rows.start, part.shape[1], part.shape[0], 0, 8))
            indices = [_nearest().take(_cells(block)) for block in np.array_split(part, -(-part.size // BLOCK))]
            file.write(Image.fromarray(np.concatenate(indices)).tobytes("gif", "L", 8, 0) + b"\0")
            shown = frame.copy() if shown is None else shown
            shown[rows, columns] = part
        if count == 0:
            raise ValueError("a GIF needs at least one frame")
        file.write(b";")
    return Path(path)


def write_mp4(frames: Iterable[UInt8[np.ndarray, "h w 4"]], path: str | os.PathLike[str], fps: float) -> Path:
    """Writes RGBA frames as H.264 video (yuv420p, plays in browsers) and returns its path.

    Raises:
        ValueError: there is no frame, or a side is odd.
        RuntimeError: ffmpeg is missing or failed.
    """
    try:
        imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise RuntimeError("MP4 needs ffmpeg: install imageio[ffmpeg], or ffmpeg itself") from error
    with _replacing(path) as temporary:
        writer = None
        try:
            for frame in frames:
                writer = writer or _video(temporary, frame, fps)
                writer.send(np.ascontiguousarray(frame))
            if writer is None:
                raise ValueError("a video needs at least one frame")
            writer.close()
        except OSError as error:
            raise RuntimeError(f"ffmpeg could not write the video: {error}") from error
        if not temporary.stat().st_size:
            raise RuntimeError("ffmpeg wrote no video")
    return Path(path)


def _video(path: Path, frame: np.ndarray, fps: float) -> Generator[None, bytes | np.ndarray | None, None]:
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        raise ValueError(f"the sides of a video are even, not {width} x {height}")
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), fps=fps, codec="libx264", pix_fmt_in="rgba", pix_fmt_out="yuv420p",
        macro_block_size=2, quality=8, output_params=["-movflags", "+faststart", "-f", "mp4"],
    )  # fmt: skip
    writer.send(None)
    return writer


@contextmanager
def _replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place at the end, or goes away on an error."""
    path = Path(path)
    handle, name = mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _changed(shown: np.ndarray | None, frame: UInt8[np.ndarray, "h w 4"]) -> tuple[slice, slice]:
    """The rows and columns that differ from the frame shown before: at least one pixel, as a GIF needs."""
    if shown is None:
        return slice(0, frame.shape[0]), slice(0, frame.shape[1])
    differs = shown.view("<u4")[..., 0] != frame.view("<u4")[..., 0]
    spans = [np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0)]
    rows, columns = (slice(int(span[0]), int(span[-1]) + 1) if len(span) else slice(0, 1) for span in spans)
    return rows, columns


def _cells(frame: UInt8[np.ndarray, "h w 4"]) -> Integer[np.ndarray, "h w"]:
    """RGBA to one number a pixel: 5 bits of red, from bit 0, 6 of green, from bit 7, and 5 of blue, from bit 16."""
    return (frame.view("<u4")[..., 0] & 0xF8FCF8) >> 3


@cache
def _nearest() -> UInt8[np.ndarray, " cells"]:
    """The palette's nearest colour for each of the numbers of `_cells`."""
    blue, green, red = np.meshgrid(np.arange(32), np.arange(64), np.arange(32), indexing="ij")
    centres = np.stack([red * 8 + 3.5, green * 4 + 1.5, blue * 8 + 3.5], axis=-1).reshape(-1, 3)
    colours = palette().astype(np.float32)
    distance = centres.astype(np.float32) @ (-2 * colours.T) + (colours**2).sum(axis=1)
    nearest = np.zeros(1 << 21, np.uint8)
    nearest[(red | green << 7 | blue << 16).ravel()] = distance.argmin(axis=1)
    first = np.arange(255, -1, -1, dtype=np.uint8)  # of two colours in one cell, the first of the palette stays
    nearest[_cells(np.pad(palette(), ((0, 0), (0, 1)))[None])[0, first]] = first
    return nearest
