"""What a motion file holds, how it was understood, and the motion that it becomes as it is understood or corrected."""

from dataclasses import dataclass, replace
from pathlib import Path

from mote.files.errors import MotionFileError, check_frames
from mote.motion.convention import LEGS, UNITS, Convention, Units, Up, legs, y_up
from mote.motion.motion import Motion
from mote.motion.recording import Recording, find_joints, right_handed
from mote.motion.retarget import retarget
from mote.motion.skeleton import HUMANML3D, KIT_BODY


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which part of a file is read, and how where that is not as found: None is as found.

    `start` and `end` are seconds at the rate that holds, the end being that of the file where it is None; `fps` are
    frames a second, `units` those of the file's lengths, `up` the axis of the file that is up.
    """

    start: float = 0.0
    end: float | None = None
    fps: float | None = None
    units: Units | None = None
    up: Up | None = None


AS_FOUND = Reading()


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """The joints in a file, as they stand in it, and what they were found to be in.

    HumanML3D's 22 joints are only scaled and turned, and so are KIT-ML's 21, so that the legs are as long as
    HumanML3D's; all others are fitted to the 22, at 20 fps.
    """

    path: Path
    recording: Recording
    convention: Convention

    def fps(self, corrected: float | None) -> float:
        """The frames a second that hold: the corrected ones, or those found."""
        return self.recording.fps if corrected is None else corrected

    def seconds(self, reading: Reading) -> float:
        """How long the whole file lasts at the rate that holds.

        Raises:
            MotionFileError: no file has this rate, or is so long.
        """
        fps, frames = self.fps(reading.fps), len(self.recording.positions)
        check_frames(self.path, frames, fps)
        return frames / fps

    def motion(self, reading: Reading) -> Motion:
        """The part of the file that is asked for, as a motion.

        The units of a recording that is fitted to our skeleton change nothing but what is refused.

        Raises:
            MotionFileError: the file has no such part, or cannot be what it is said to be.
        """
        cut = self._cut(reading)
        try:
            metres, up = self.convention.metres(reading.units), reading.up or self.convention.up
            placed = y_up(cut.positions * metres, up)
            if cut.names == HUMANML3D.names:
                return Motion(placed, cut.fps)
            if cut.names == KIT_BODY.names:
                found = find_joints(cut.names)
                scale = LEGS / max(legs(placed, found), 1e-9)
                return Motion(right_handed(placed, found) * scale, cut.fps).on_floor()
            return retarget(cut, up=up)
        except ValueError as error:
            raise MotionFileError(f"{self.path.name}: {error}") from error

    def described(self, reading: Reading) -> str:
        """What holds for the file, such as '30 fps, centimetres, Y up, 12.4 s'."""
        units = reading.units or self.convention.units
        return ", ".join((
            f"{self.fps(reading.fps):g} fps",
            UNITS[units] if units else "units of its own",
            f"{reading.up or self.convention.up} up",
            f"{self.seconds(reading):.1f} s",
        ))  # fmt: skip

    @property
    def reasons(self) -> str:
        """Why the file is thought to be as it was found."""
        found, recording = self.convention, self.recording
        rate = "is the file's own" if recording.timed else "is usual for such a file, which does not say it"
        tall = f"{found.height:.3g} {UNITS[found.units]}" if found.units else f"{found.height:.3g}, of no usual unit"
        stands = "It stands along Z." if found.up == "Z" else "It does not stand along Z, so Y is up."
        return f"The rate {rate}. By its legs the body is {tall} tall. {stands}"

    def _cut(self, reading: Reading) -> Recording:
        """The frames of the recording between start and end, at the rate that holds."""
        seconds, fps = self.seconds(reading), self.fps(reading.fps)
        start, end = reading.start, seconds if reading.end is None else reading.end
        if not 0 <= start < seconds:
            raise MotionFileError(f"{self.path.name} lasts {seconds:.1f} s: the range cannot start at {start:g} s")
        if not start < end:
            raise MotionFileError(f"{self.path.name} has nothing to use: the range ends at {end:g} s, it starts later")
        first, last = round(start * fps), round(min(end, seconds) * fps)
        return replace(self.recording, positions=self.recording.positions[first : max(last, first + 1)], fps=fps)
