"""Binary glTF (GLB, Khronos glTF 2.0): an armature that moves, with a mesh on it.

Without a mesh Blender makes loose empties of the joints; with one that is skinned to them it makes an armature.
"""

from pathlib import Path

import numpy as np
from pygltflib import (
    ARRAY_BUFFER,
    FLOAT,
    GLTF2,
    UNSIGNED_BYTE,
    Accessor,
    Animation,
    AnimationChannel,
    AnimationChannelTarget,
    AnimationSampler,
    Asset,
    Attributes,
    Buffer,
    BufferView,
    Material,
    Mesh,
    Node,
    PbrMetallicRoughness,
    Primitive,
    Scene,
    Skin,
)

from mote.files.rig import TIPS, Rigged, rig
from mote.motion.motion import Motion
from mote.motion.rotation import normalise

COLOURS = {"Left": (0.0, 0.168, 0.445), "Right": (0.791, 0.347, 0.0), "": (0.076, 0.089, 0.114)}
"""Linear red, green and blue of the bones by how their names begin, those of the pictures; all else is the trunk."""
WAIST = 0.2
"""Where along a bone its mesh is widest, as Blender draws bones."""


def write_glb(motion: Motion, path: Path) -> None:
    """Write a motion in metres, Y up, facing +Z at the start: an armature in a T pose, its bones as a mesh, and one
    animation with a key for each frame.

    Raises:
        OSError: the file cannot be written.
    """
    rigged = rig(motion)
    blob = _Blob()
    names, parents = rigged.armature.names, rigged.armature.parents
    joints = range(len(names))
    nodes = [
        Node(
            name=name,
            translation=rigged.offsets[joint].tolist(),
            children=[child for child in joints if parents[child] == joint],
        )
        for joint, name in enumerate(names)
    ]
    rest = _rest(rigged)
    unbound = np.tile(np.eye(4), (len(rest), 1, 1))
    unbound[:, 3, :3] = -rest  # columns come first in glTF
    armature, carrier = len(nodes), len(nodes) + 1
    nodes += [Node(name="Armature", children=[0]), Node(name="Body", mesh=0, skin=0)]
    gltf = GLTF2(
        asset=Asset(generator="MoTe Studio"),
        scene=0,
        scenes=[Scene(nodes=[armature, carrier])],
        nodes=nodes,
        meshes=[Mesh(name="Body", primitives=_primitives(rigged, rest, blob))],
        materials=[
            Material(
                name=side or "Trunk",
                pbrMetallicRoughness=PbrMetallicRoughness(
                    baseColorFactor=[*colour, 1.0], metallicFactor=0.0, roughnessFactor=0.6
                ),
            )
            for side, colour in COLOURS.items()
        ],
        skins=[Skin(joints=[*joints], skeleton=0, inverseBindMatrices=blob.add(unbound.reshape(-1, 16), "MAT4"))],
        animations=[_animation(rigged, motion.fps, blob)],
        accessors=blob.accessors,
        bufferViews=blob.views,
        buffers=[Buffer(byteLength=len(blob.data))],
    )
    gltf.set_binary_blob(bytes(blob.data))
    path.write_bytes(b"".join(gltf.save_to_bytes()))


class _Blob:
    """The binary part of the file, and the accessors that say what lies where in it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[BufferView] = []
        self.accessors: list[Accessor] = []

    def add(self, values: np.ndarray, kind: str, *, vertices: bool = False, bounds: bool = False) -> int:
        """Append rows of numbers, bytes or float32, and return the place of their accessor."""
        whole = values.dtype == np.uint8
        rows = np.ascontiguousarray(values if whole else values.astype("<f4"))
        target = ARRAY_BUFFER if vertices else None
        self.views.append(BufferView(buffer=0, byteOffset=len(self.data), byteLength=rows.nbytes, target=target))
        self.data += rows.tobytes()
        self.accessors.append(
            Accessor(
                bufferView=len(self.views) - 1,
                componentType=UNSIGNED_BYTE if whole else FLOAT,
                count=len(rows),
                type=kind,
                min=rows.reshape(len(rows), -1).min(0).tolist() if bounds else None,
                max=rows.reshape(len(rows), -1).max(0).tolist() if bounds else None,
            )
        )
        return len(self.accessors) - 1


def _rest(rigged: Rigged) -> np.ndarray:
    """Where the joints of the T pose are, (joints, 3)."""
    rest = rigged.offsets.copy()
    for joint, parent in enumerate(rigged.armature.parents):
        if parent >= 0:
            rest[joint] += rest[parent]
    return rest


def _primitives(rigged: Rigged, rest: np.ndarray, blob: _Blob) -> list[Primitive]:
    """The bones of each side as triangles; each moves with the joint that it starts from."""
    names, parents = rigged.armature.names, rigged.armature.parents
    bones = [
        (names[joint], parents[joint], rest[joint]) for joint in np.flatnonzero(rigged.armature.directions.any(-1))
    ]
    bones += [(name, names.index(name), rest[names.index(name)] + tip) for name, tip in TIPS.items()]
    made = []
    for material, side in enumerate(COLOURS):
        own = [bone for bone in bones if next(filter(bone[0].startswith, COLOURS)) == side]
        corners = np.stack([_bone(rest[start], end) for _, start, end in own])  # (bones, triangles, 3, 3)
        normals = normalise(np.cross(corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :]))
        owners = np.zeros((*corners.shape[:-1], 4), np.uint8)
        owners[..., 0] = np.array([start for _, start, _ in own])[:, None, None]
        weights = np.broadcast_to([1.0, 0.0, 0.0, 0.0], owners.shape)
        attributes = Attributes(
            POSITION=blob.add(corners.reshape(-1, 3), "VEC3", vertices=True, bounds=True),
            NORMAL=blob.add(normals.repeat(3, axis=1).reshape(-1, 3), "VEC3", vertices=True),
            JOINTS_0=blob.add(owners.reshape(-1, 4), "VEC4", vertices=True),
            WEIGHTS_0=blob.add(weights.reshape(-1, 4), "VEC4", vertices=True),
        )
        made.append(Primitive(attributes=attributes, material=material))
    return made


def _bone(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """An octahedron from a joint to the next, (8, 3, 3): triangles whose corners go round as seen from outside."""
    along = end - start
    length = np.linalg.norm(along)
    across = normalise(np.cross(along, np.eye(3)[np.abs(along).argmin()]))
    other = np.cross(along / length, across)
    middle = start + WAIST * along
    ring = middle + np.clip(0.2 * length, 0.025, 0.06) * np.stack([across, other, -across, -other])
    near = [(start, ring[(number + 1) % 4], ring[number]) for number in range(4)]
    far = [(end, ring[number], ring[(number + 1) % 4]) for number in range(4)]
    return np.array(near + far)


def _animation(rigged: Rigged, fps: float, blob: _Blob) -> Animation:
    """A key for every frame of every joint's rotation, and of the places of those that have other ones than at rest."""
    times = blob.add(np.arange(len(rigged.rotations))[:, None] / fps, "SCALAR", bounds=True)
    tracks = [(joint, "translation", offsets, "VEC3") for joint, offsets in rigged.translations.items()]
    tracks += [
        (joint, "rotation", np.roll(_continuous(rigged.rotations[:, joint]), -1, axis=-1), "VEC4")  # x, y, z, w
        for joint in range(len(rigged.armature.names))
    ]
    return Animation(
        name="Motion",
        samplers=[AnimationSampler(input=times, output=blob.add(keys, kind)) for _, _, keys, kind in tracks],
        channels=[
            AnimationChannel(sampler=number, target=AnimationChannelTarget(node=joint, path=what))
            for number, (joint, what, _, _) in enumerate(tracks)
        ],
    )


def _continuous(quaternions: np.ndarray) -> np.ndarray:
    """The same rotations (frames, 4), each written with the sign that is nearer to the frame before."""
    turns = (quaternions[1:] * quaternions[:-1]).sum(-1) >= 0
    return quaternions * np.cumprod(np.concatenate([[1], np.where(turns, 1, -1)]))[:, None]
