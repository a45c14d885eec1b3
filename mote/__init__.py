"""MoTe: a motion-text diffusion model for seven generation tasks."""

from mote.motion.motion import Motion
from mote.motion.sequence import join
from mote.pipeline import MoTe, Sample

__all__ = ["MoTe", "Motion", "Sample", "join"]
