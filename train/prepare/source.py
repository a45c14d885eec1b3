"""What every data source yields: clips with a label, a licence and a split unit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Source = Literal["bandai-namco", "cmu", "snu-patches", "snu-ys2010"]
Side = Literal["left", "right", "both"]


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A stretch of a recorded take that shows one action."""

    name: str
    """Unique over all sources: the source, the take, and the number of the clip within the take."""
    source: Source
    licence: str
    path: Path
    start: float | None = None
    """Seconds within the take; None is its beginning."""
    end: float | None = None
    """Seconds within the take; None is its end."""
    action: str
    """The id that the caption grammar knows, such as `wave-right-hand`."""
    style: str | None = None
    side: Side | None = None
    """The limb that acts or the way that the body turns, where the label names one."""
    texts: tuple[str, ...] = ()
    """Whole sentences about this very clip; may be empty."""
    take: str
    """The split unit: clips of one take, or of people recorded together, share a split."""
