"""The colours of a drawing, all told apart by colour-blind people (Okabe and Ito, 2008), and its GIF palette."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from PIL import Image

Colour = tuple[int, int, int]

BACKGROUND: Colour = (244, 246, 249)
FLOOR: Colour = (230, 234, 240)
GRID: Colour = (140, 152, 170)
SHADOW: Colour = (28, 36, 52)
TRAIL: Colour = (0, 158, 115)
CONTACT: Colour = (204, 121, 167)  # of a foot that stands still, in the player


@dataclass(frozen=True, kw_only=True)
class Material:
    """Outline, body and highlight of one kind of limb."""

    outline: Colour
    base: Colour
    light: Colour

    @property
    def layers(self) -> tuple[Colour, Colour, Colour]:
        """From the back to the front."""
        return self.outline, self.base, self.light


LEFT = Material(outline=(0, 70, 116), base=(0, 114, 178), light=(62, 157, 212))
RIGHT = Material(outline=(158, 101, 0), base=(230, 159, 0), light=(250, 196, 80))
TRUNK = Material(outline=(40, 44, 52), base=(78, 84, 95), light=(101, 108, 120))
FACE = Material(outline=(78, 84, 95), base=(214, 219, 226), light=(238, 241, 245))


def mix(below: Colour, above: Colour, alpha: float) -> Colour:
    """`above` laid over `below` with an opacity from 0 to 1."""
    red, green, blue = (round(a + (b - a) * alpha) for a, b in zip(below, above, strict=True))
    return red, green, blue


@cache
def palette() -> np.ndarray:
    """256 colours (256, 3) uint8 for every frame of every GIF: the colours above and the blends of their edges."""
    materials = [colour for material in (LEFT, RIGHT, TRUNK, FACE) for colour in material.layers]
    floors = [mix(FLOOR, SHADOW, alpha) for alpha in np.linspace(0, 0.6, 20)]
    grids = [mix(FLOOR, GRID, alpha) for alpha in np.linspace(0, 1, 10)]
    trails = [mix(ground, TRAIL, alpha) for ground in (FLOOR, floors[6]) for alpha in np.linspace(0.1, 0.9, 9)]
    grounds = [mix(BACKGROUND, FLOOR, alpha) for alpha in (0, 1 / 3, 2 / 3, 1)]
    exact = list(dict.fromkeys([*grounds, *materials, *floors, *grids, *trails]))
    meeting = [*combinations([*materials, floors[8], TRAIL], 2)]
    meeting += [(ground, limb) for limb in materials for ground in (BACKGROUND, floors[0], floors[5])] * 3
    edges = [mix(one, other, alpha) for one, other in meeting for alpha in np.linspace(0.125, 0.875, 7)]
    image = Image.fromarray(np.array([edges], np.uint8)).quantize(256 - len(exact), kmeans=2)
    blends = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    colours = np.concatenate([np.array(exact, np.uint8), blends])[:256]
    return np.pad(colours, ((0, 256 - len(colours)), (0, 0)))
