"""Files that are no motion, each broken in its own way, and one of each kind that is whole."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

HIERARCHY = """HIERARCHY
ROOT Hips {
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  End Site { OFFSET 0 10 0 }
}
"""
BVH = HIERARCHY + "MOTION\nFrames: 2\nFrame Time: 0.05\n0 0 0 0 0 0\n0 0 0 0 0 0\n"
AMC = "#!OML:ASF\n:FULLY-SPECIFIED\n:DEGREES\n1\nroot 0 0 0 0 0 0\n2\nroot 0 0 0 0 0 0\n"
ASF = """:version 1.10
:name x
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
:hierarchy
  begin
  end
"""


def npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def header(shape: str, kind: str = "<f4", order: str = "False") -> bytes:
    """An npy file that declares an array and holds nothing of it."""
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


class Bomb:
    """What runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('it was unpickled')",)


STILL = np.zeros((40, 22, 3), np.float32)
NAN, FAR = STILL.copy(), STILL.copy()
NAN[3], FAR[3] = np.nan, 1e30

ARRAYS: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"\x93",
    "magic alone": b"\x93NUMPY",
    "text": b"hello, I am a motion",
    "html": b"<script>alert(1)</script>",
    "a pickle": pickle.dumps(Bomb()),
    "a pickle in an array": npy(np.array([Bomb()], dtype=object), allow_pickle=True),
    "a header of nonsense": b"\x93NUMPY\x01\x00\x10\x00{'descr': oh no!}",
    "a header that runs": b"\x93NUMPY\x01\x00\x2c\x00{'descr': __import__('os').system('true'), 'x': 1}",
    "a header that ends too soon": b"\x93NUMPY\x01\x00\xff\xff{'descr': '<f4'",
    "a version from the future": b"\x93NUMPY\x09\x00\x10\x00" + bytes(16),
    "a billion frames": header("(1000000000, 22, 3)"),
    "more than there is memory": header("(1000000000000000, 22, 3)"),
    "a negative shape": header("(-5, 22, 3)"),
    "a shape of words": header("('a', 22, 3)"),
    "a shape too deep": header("(" + "1," * 100 + ")"),
    "an unknown type": header("(40, 22, 3)", "<q9"),
    "objects": header("(40, 22, 3)", "|O"),
    "nothing behind the header": header("(40, 22, 3)"),
    "half of it": npy(STILL)[:2000],
    "no frames": npy(STILL[:0]),
    "one frame": npy(STILL[:1]),
    "one second": npy(STILL[:20]),
    "20 joints": npy(STILL[:, :20]),
    "two axes": npy(STILL[..., :2]),
    "a number": npy(np.float64(3)),
    "a list": npy(np.zeros(100)),
    "five axes": npy(np.zeros((2, 2, 2, 22, 3))),
    "262 features": npy(np.zeros((40, 262))),
    "words": npy(np.full((40, 22, 3), "walk")),
    "complex": npy(STILL.astype(np.complex64)),
    "booleans": npy(STILL.astype(bool)),
    "dates": npy(np.zeros((40, 22, 3), "datetime64[s]")),
    "a structure": npy(np.zeros((40, 22), [("x", "f4"), ("y", "f4"), ("z", "f4")])),
    "NaN": npy(NAN),
    "infinity": npy(np.where(NAN == NAN, STILL, np.inf)),
    "too far": npy(FAR),
    "too many frames": npy(np.zeros((100_001, 22, 3), np.int8)),
}
ARCHIVES: dict[str, bytes] = {
    "empty": b"",
    "text": b"hello, I am a motion",
    "no members": archive({}),
    "half of it": npz(joints=STILL, fps=20)[:3000],
    "bytes turned over": npz(joints=STILL, fps=20)[::-1],
    "a bomb": archive({"joints.npy": header("(1000000, 22, 3)") + bytes(110_000_000)}),
    "a lie about its size": archive({"joints.npy": npy(STILL)}).replace(
        struct.pack("<I", len(npy(STILL))), b"\1\0\0\0"
    ),
    "a zip in a zip": archive({"joints.npy": archive({"joints.npy": npy(STILL)})}),
    "ten thousand members": archive({f"{number}.npy": b"" for number in range(10_000)}),
    "a way out": archive({"../../joints.npy": npy(STILL)}),
    "another name": npz(motion=STILL),
    "SMPL": npz(poses=np.zeros((40, 156)), trans=np.zeros((40, 3))),
    "a name of html": npz(**{"<img src=x onerror=alert(1)>": STILL}),
    "pickled": archive({"joints.npy": npy(np.array([Bomb()], dtype=object), allow_pickle=True)}),
    "pickled fps": archive(
        {"joints.npy": npy(STILL), "fps.npy": npy(np.array([Bomb()], dtype=object), allow_pickle=True)}
    ),
    "a member that is no array": archive({"joints.npy": b"walk"}),
    "no fps": npz(joints=STILL, fps=np.nan),
    "fps 0": npz(joints=STILL, fps=0),
    "fps -20": npz(joints=STILL, fps=-20),
    "fps beyond all": npz(joints=STILL, fps=1e300),
    "fps of no measure": npz(joints=STILL, fps=1e-300),
    "many fps": npz(joints=STILL, fps=[20, 30]),
    "fps in words": npz(joints=STILL, fps="twenty"),
    "complex fps": npz(joints=STILL, fps=20j),
    "NaN": npz(joints=NAN, fps=20),
}
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "blanks": b" \n\t\n" * 100,
    "zeros": bytes(1000),
    "all bytes": bytes(range(256)) * 4,
    "utf-16": BVH.encode("utf-16"),
    "emoji": "🕺💃".encode(),
    "html": b"<html><body onload=alert(1)></body></html>",
    "no motion": HIERARCHY.encode(),
    "no hierarchy": b"HIERARCHY\nMOTION\nFrames: 2\nFrame Time: 0.05\n0 0\n",
    "the end is missing": BVH[: len(HIERARCHY) - 3].encode(),
    "too short": BVH.encode(),
    "a billion frames": BVH.replace("Frames: 2", "Frames: 1000000000").encode(),
    "frames beyond all": BVH.replace("Frames: 2", "Frames: 1e308").encode(),
    "frames without end": BVH.replace("Frames: 2", "Frames: inf").encode(),
    "no frames": BVH.replace("Frames: 2", "Frames: 0").encode(),
    "frames below zero": BVH.replace("Frames: 2", "Frames: -2").encode(),
    "half a frame": BVH.replace("Frames: 2", "Frames: 1.5").encode(),
    "frames in words": BVH.replace("Frames: 2", "Frames: two").encode(),
    "no time": BVH.replace("0.05", "0").encode(),
    "time back": BVH.replace("0.05", "-0.05").encode(),
    "time that is none": BVH.replace("0.05", "nan").encode(),
    "time beyond all": BVH.replace("0.05", "1e308").encode(),
    "time of no measure": BVH.replace("0.05", "1e-308").encode(),
    "NaN": BVH.replace("\n0 0 0", "\nnan 0 0").encode(),
    "infinity": BVH.replace("\n0 0 0", "\ninf 0 0").encode(),
    "too far": BVH.replace("\n0 0 0", "\n1e300 0 0").encode(),
    "words for numbers": BVH.replace("\n0 0 0", "\nzero 0 0").encode(),
    "a number more": BVH.encode() + b"7\n",
    "a number less": BVH.encode()[:-3],
    "an offset less": BVH.replace("OFFSET 0 10 0", "OFFSET 0 10").encode(),
    "an offset of NaN": BVH.replace("OFFSET 0 10 0", "OFFSET 0 nan 0").encode(),
    "a channel less": BVH.replace("CHANNELS 6", "CHANNELS 5").encode(),
    "a billion channels": BVH.replace("CHANNELS 6", "CHANNELS 999999999").encode(),
    "unknown channels": BVH.replace("Xposition", "Wposition").encode(),
    "channels twice": BVH.replace("Yposition", "Xposition").encode(),
    "two roots": (HIERARCHY + BVH.replace("HIERARCHY", "")).encode(),
    "a brace more": BVH.replace("MOTION", "}\nMOTION").encode(),
    "ten thousand joints": ("HIERARCHY\nROOT r { OFFSET 0 0 0 " + "JOINT j { OFFSET 0 0 0 " * 10_000).encode(),
    "a name of html": BVH.replace("Hips", "<img src=x onerror=alert(1)>").encode(),
    "a name of 100,000 letters": BVH.replace("Hips", "H" * 100_000).encode(),
    "binary in the middle": BVH.replace("MOTION", "\0\1\2MOTION").encode(),
}
RECORDINGS: dict[str, tuple[bytes, bytes]] = {
    "both empty": (b"", b""),
    "no skeleton in it": (AMC.encode(), b""),
    "a BVH as skeleton": (AMC.encode(), BVH.encode()),
    "a skeleton as motion": (ASF.encode(), ASF.encode()),
    "bones that are not there": (AMC.replace("root", "hips").encode(), ASF.encode()),
    "too short": (AMC.encode(), ASF.encode()),
    "NaN": (AMC.replace("root 0", "root nan").encode(), ASF.encode()),
    "a number less": (AMC.replace("root 0", "root").encode(), ASF.encode()),
    "frames that jump": (AMC.replace("\n2\n", "\n1000000000\n").encode(), ASF.encode()),
    "units of nothing": (AMC.encode(), ASF.replace("0.45", "0").encode()),
    "an order of words": (AMC.encode(), ASF.replace("TX TY", "UP DOWN").encode()),
    "all bytes": (bytes(range(256)), bytes(range(256))),
    "bones without end": (AMC.encode(), ASF.replace(":hierarchy", "  begin\n" * 5000 + ":hierarchy").encode()),
    "blank lines": ((AMC + "\n" * 100_000).encode(), ASF.encode()),
    "one bone for ever": (("1\n" + "root 0 0 0 0 0 0\n" * 20_000).encode(), ASF.encode()),
    "lines without end": (AMC.encode(), ASF.replace(":hierarchy", "\n" * 100_000 + ":h").encode()),
    "half a skeleton": (AMC.encode(), ASF[:90].encode()),
}
