"""What a reader finds in a glTF file, by the rules of glTF and nothing of ours; and what Khronos' validator says."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
from pygltflib import FLOAT, GLTF2

from mote.files.rig import ARMATURES
from mote.motion.skeleton import HUMANML3D

WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
ARMATURE = ARMATURES[HUMANML3D.names]
NAMES = ARMATURE.names
PLACES = [ARMATURE.joints.index(joint) for joint in range(22)]
VALIDATE = """
const bytes = new Uint8Array(require("fs").readFileSync(process.argv[1]));
require("gltf-validator").validateBytes(bytes).then(({ issues }) => console.log(JSON.stringify(issues.messages)));
"""


def values(gltf: GLTF2, place: int) -> np.ndarray:
    """The rows of an accessor."""
    accessor = gltf.accessors[place]
    view = gltf.bufferViews[accessor.bufferView]
    assert view.byteOffset % 4 == 0
    dtype = np.float32 if accessor.componentType == FLOAT else np.uint8
    rows = np.frombuffer(gltf.binary_blob(), dtype, accessor.count * WIDTHS[accessor.type], view.byteOffset)
    return rows.reshape(accessor.count, -1)


def played(gltf: GLTF2) -> np.ndarray:
    """Global transforms (frames, joints, 4, 4) of the animation."""
    [animation] = gltf.animations
    tracks = {
        (channel.target.node, channel.target.path): values(gltf, animation.samplers[channel.sampler].output)
        for channel in animation.channels
    }
    frames = len(values(gltf, animation.samplers[0].input))
    parents = {child: number for number, node in enumerate(gltf.nodes) for child in node.children}
    world = np.tile(np.eye(4), (frames, len(NAMES), 1, 1))
    for joint in range(len(NAMES)):
        x, y, z, w = tracks[joint, "rotation"].astype(np.float64).T
        local = np.tile(np.eye(4), (frames, 1, 1))
        local[:, :3, :3] = np.stack([
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], -1),
            np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], -1),
            np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], -1),
        ], -2)  # fmt: skip
        local[:, :3, 3] = tracks.get((joint, "translation"), gltf.nodes[joint].translation)
        above = parents[joint]
        world[:, joint] = world[:, above] @ local if above < len(NAMES) else local
    return world


def joints(gltf: GLTF2) -> np.ndarray:
    """Where HumanML3D's joints are, (frames, 22, 3), in metres."""
    return played(gltf)[..., :3, 3][:, PLACES]


def install_validator(folder: Path) -> Path | None:
    """Install the pinned validator into a folder by npm; None where there is no npm or it cannot fetch it."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path(__file__).parent / "gltf-validator" / name, folder)
    install = ["npm", "ci", "--no-audit", "--no-fund"]
    if not shutil.which("npm") or subprocess.run(install, cwd=folder, capture_output=True).returncode:
        return None
    return folder


def validated(validator: Path, file: Path) -> list[str]:
    """The codes of all that the validator has to say of a file: errors, warnings, hints."""
    told = subprocess.run(["node", "-e", VALIDATE, file], cwd=validator, capture_output=True, text=True, check=True)
    return [message["code"] for message in json.loads(told.stdout)]
