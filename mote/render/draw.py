"""Draws the frames of a motion: a body of round limbs, its shadow and its trail on a floor that moves past.

Everything but the painting is computed for many frames at once; then Agg paints each frame in five calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from mote.motion.motion import Motion
from mote.render.body import LIMBS, Flesh, flesh, hulls
from mote.render.camera import Camera
from mote.render.colours import BACKGROUND, FLOOR, GRID, SHADOW, TRAIL, Colour

CELL, STRIP = 0.5, 0.012  # metres between the lines of the floor, and their width
RINGS = np.array([1.0, 0.84, 0.68])  # the floor fades out in steps: shares of its radius
PENUMBRA = np.array([0.6, -0.4])  # steps of the soft edge of the shadow
BLUR, BLUR_RISE = 0.012, 0.09  # metres: how wide the soft edge is, and how much wider for each metre of height
DARKNESS = 0.175  # opacity of each step of the shadow
SUN = np.array([-0.12, 0.0, -0.12])  # how far a shadow moves for each metre of height
TRAIL_SECONDS = 4.0
TRAIL_PARTS, TRAIL_POINTS = 8, 6  # the trail fades out in parts of some points each
STILL = 0.2  # pixels that the floor may move before it is painted again
CHUNK = 64  # frames prepared together: bounds the memory of long motions
STRAIGHT = IdentityTransform()
HIGHLIGHT = np.array([-0.22, -0.26])  # of the radius, in the picture


class Layer:
    """Shapes painted together: filled polygons, or lines where `width` (pixels) is given.

    `corners` (frames, shapes, pieces, corners, 2) are pixels; `colours` is (shapes, 4), or (frames, shapes, 4), with
    opacity last, from 0 to 1.
    """

    def __init__(self, corners: np.ndarray, colours: np.ndarray, width: float = 0.0) -> None:
        frames, shapes, pieces, points, _ = corners.shape
        self.corners = corners.reshape(frames, shapes, pieces * points, 2)
        self.colours = np.broadcast_to(colours, (frames, shapes, 4))
        self.width = width
        self.place = np.zeros(self.corners.shape[1:])
        codes = np.full((pieces, points), Path.LINETO, Path.code_type)
        codes[:, 0] = Path.MOVETO
        self.paths = [Path(place, codes.ravel()) for place in self.place]

    def paint(self, renderer: RendererAgg, context: GraphicsContextBase, frame: int) -> None:
        """Paints one frame of the layer over what is there."""
        self.place[:] = self.corners[frame]  # the paths look at this array
        none, colours = np.zeros((0, 4)), self.colours[frame]
        fill: Any = renderer.draw_path_collection  # Agg takes arrays, matplotlib's type stubs do not say so
        fill(
            context, STRAIGHT, self.paths, np.zeros((0, 3, 3)), np.zeros((0, 2)), STRAIGHT,
            none if self.width else colours, colours if self.width else none, [self.width], [(0, None)], [True],
            [None], "screen",
        )  # fmt: skip


def draw_frames(motion: Motion, size: int = 480) -> Iterator[UInt8[np.ndarray, "size size 4"]]:
    """The frames of a motion, one by one, as opaque RGBA pictures of `size` pixels a side.

    Left limbs are blue, right limbs orange, trunk and head grey. The camera follows the root; its zoom is fixed so
    that the whole motion fits. Each array is overwritten by the next: copy what you keep.

    Raises:
        ValueError: the size is below 16 pixels.
    """
    if size < 16:
        raise ValueError(f"a picture is at least 16 pixels wide, not {size}")
    renderer = RendererAgg(size, size, 72)
    context = renderer.new_gc()
    context.set_snap(False)
    context.set_capstyle("butt")
    picture = np.asarray(renderer.buffer_rgba())[::-1]  # Agg counts rows from the bottom
    pixels = picture.view(np.uint32)  # filled faster by whole pixels than by bytes
    empty = np.array([*BACKGROUND, 255], np.uint8).view(np.uint32)[0]
    backdrop = np.full_like(picture, 255)
    seen: np.ndarray | None = None
    camera = Camera(motion, size)
    for start in range(0, len(motion), CHUNK):
        frames = slice(start, min(start + CHUNK, len(motion)))
        floor, *layers = _layers(motion, camera, frames)
        for frame in range(frames.stop - start):
            if seen is None or np.abs(floor.corners[frame] - seen).max() > STILL:
                seen = floor.corners[frame]
                pixels.fill(empty)
                floor.paint(renderer, context, frame)
                backdrop[:] = picture
            picture[:] = backdrop
            for layer in layers:
                layer.paint(renderer, context, frame)
            yield picture


def _layers(motion: Motion, camera: Camera, frames: slice) -> list[Layer]:
    """What is painted in some frames, from the back to the front."""
    body = flesh(motion.joints[frames])
    look = camera.look[frames]
    radius = min(0.82 * camera.reach, 0.6 * camera.distance)
    return [
        _floor(camera, frames, look, radius),
        _grid(camera, frames, look, radius),
        _trail(camera, frames, motion, radius),
        _shadow(camera, frames, body),
        _body(camera, frames, body),
    ]


def _floor(camera: Camera, frames: slice, look: np.ndarray, radius: float) -> Layer:
    """A disc below the camera's target that fades out."""
    angles = np.linspace(0, 2 * np.pi, 64)
    circle = np.stack([np.cos(angles), np.zeros(64), np.sin(angles)], axis=-1)
    points = _ground(look)[:, None, None] + radius * RINGS[:, None, None] * circle  # (frames, rings, 64, 3)
    return Layer(camera.project(points, frames)[0][:, :, None], _shades(FLOOR, 1 / np.arange(len(RINGS), 0, -1)))


def _grid(camera: Camera, frames: slice, look: np.ndarray, radius: float) -> Layer:
    """Thin strips that stand still in the world, cut to the floor; they fade out as their ends get thinner."""
    count = int(np.ceil(radius / CELL))
    places = np.arange(-count, count + 1) * CELL
    strips = []
    for axis, other in ((0, 2), (2, 0)):
        offset = places - look[:, None, axis] % CELL  # (frames, strips), from the middle of the disc
        reach = np.sqrt(np.maximum((radius * RINGS[1]) ** 2 - offset**2, 0))
        corners = np.zeros((*reach.shape, 6, 3))
        corners[..., axis] = offset[..., None] + np.array([0, 1, 1, 0, -1, -1]) * STRIP / 2
        corners[..., other] = reach[..., None] * np.array([-1, -0.5, 0.5, 1, 0.5, -0.5])
        strips.append(corners)
    points = np.concatenate(strips, axis=1) + _ground(look)[:, None, None]
    return Layer(camera.project(points, frames)[0][:, None], _shades(GRID, 0.45))


def _trail(camera: Camera, frames: slice, motion: Motion, radius: float) -> Layer:
    """Where the root came from in the last seconds, on the floor, as far as the floor reaches."""
    ages = np.linspace(TRAIL_SECONDS * motion.fps, 0, TRAIL_PARTS * (TRAIL_POINTS - 1) + 1)
    then = np.maximum(np.arange(frames.start, frames.stop)[:, None] - ages, 0)
    points = np.stack([np.interp(then, np.arange(len(motion)), axis) for axis in motion.joints[:, 0].T], axis=-1)
    points[..., 1] = 0
    away = points - _ground(camera.look[frames])[:, None]
    points += away * (np.minimum(radius * RINGS[1] / np.maximum(np.linalg.norm(away, axis=-1), 1e-6), 1) - 1)[..., None]
    parts = np.arange(TRAIL_PARTS)[:, None] * (TRAIL_POINTS - 1) + np.arange(TRAIL_POINTS)
    opacity = np.linspace(0.1, 0.75, TRAIL_PARTS)
    corners = camera.project(points, frames)[0][:, parts][:, :, None]
    return Layer(corners, _shades(TRAIL, opacity), width=max(1.5, camera.size / 150))


def _shadow(camera: Camera, frames: slice, body: Flesh) -> Layer:
    """The limbs pressed on the floor: sharp and dark where they touch it, soft and faint where they are high."""
    cast = [limb.casts for limb in LIMBS]
    ends, radii = body.ends[:, cast], body.radii[cast]
    height = np.maximum(ends[..., 1], 0)  # (frames, limbs, 2)
    flat = ends + height[..., None] * SUN
    radii = np.maximum(radii + PENUMBRA[:, None, None, None] * (BLUR + BLUR_RISE * height), 0)
    plane = np.broadcast_to(flat[..., [0, 2]], (*radii.shape, 2))
    outline = hulls(plane, radii, corners=4)  # (steps, frames, limbs, corners, 2)
    points = np.stack([outline[..., 0], np.zeros(outline.shape[:-1]), outline[..., 1]], axis=-1)
    corners = camera.project(np.moveaxis(points, 0, 1), frames)[0]  # (frames, steps, limbs, corners, 2)
    lift = 1 / (1 + 1.5 * np.maximum(height.min(axis=(1, 2)) - 0.05, 0))
    colours = np.repeat(_shades(SHADOW, np.full(len(PENUMBRA), DARKNESS))[None], len(lift), axis=0)
    colours[..., 3] *= lift[:, None]
    return Layer(corners, colours)


def _body(camera: Camera, frames: slice, body: Flesh) -> Layer:
    """Every limb as outline, body and highlight, the far ones first."""
    ends, scale = camera.project(body.ends, frames)
    radii = body.radii * scale  # (frames, limbs, 2) pixels
    rim = max(1.0, camera.size / 320)
    along = ends[..., 1, :] - ends[..., 0, :]
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    tip = np.array([limb.tip for limb in LIMBS])[:, None]
    tucked = np.stack([ends[..., 0, :] + rim * along, ends[..., 1, :] - rim * along * ~tip], axis=-2)
    shapes = [
        hulls(tucked, radii + rim),
        hulls(ends, radii),
        hulls(ends + HIGHLIGHT * radii[..., None], 0.45 * radii),
    ]
    groups = [limb.group for limb in LIMBS]
    depth = scale.mean(axis=-1)
    shared = np.stack([depth[:, [g == group for g in groups]].mean(axis=1) for group in groups], axis=1)
    order = np.argsort(np.stack([shared * (1 + 1e-7 * layer) for layer in range(3)], axis=1).reshape(len(ends), -1))
    polygons = np.stack(shapes, axis=1).reshape(len(ends), -1, 1, *shapes[0].shape[-2:])
    painted = np.concatenate([_shades(limb.material.layers[layer], 1.0) for layer in range(3) for limb in LIMBS])
    return Layer(np.take_along_axis(polygons, order[:, :, None, None, None], axis=1), painted[order])


def _ground(points: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
    return points * np.array([1.0, 0.0, 1.0])


def _shades(colour: Colour, opacity: float | np.ndarray) -> Float[np.ndarray, "shapes 4"]:
    """One colour in several opacities."""
    opacity = np.atleast_1d(opacity)
    return np.concatenate([np.broadcast_to(np.divide(colour, 255), (len(opacity), 3)), opacity[:, None]], axis=1)
