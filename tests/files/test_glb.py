"""Binary glTF: what a reader finds in the files that we write."""

from pathlib import Path

import numpy as np
import pytest
from gltf import install_validator, joints, played, validated, values
from pygltflib import GLTF2

from mote.files import MotionFileError, write
from mote.files.glb import COLOURS
from mote.files.rig import ARMATURES
from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.retarget import canonical
from mote.motion.rotation import about, rotate
from mote.motion.skeleton import HUMANML3D

ARMATURE = ARMATURES[HUMANML3D.names]
NAMES, PARENTS = ARMATURE.names, ARMATURE.parents


@pytest.fixture(scope="module")
def validator(tmp_path_factory) -> Path:
    """The folder that Khronos' validator is installed in."""
    return install_validator(tmp_path_factory.mktemp("validator")) or pytest.skip("npm cannot fetch the validator")


@pytest.fixture
def dancer() -> Motion:
    """Two turns in four seconds, limbs going to and fro."""
    pose = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents[1:], start=1):
        pose[joint] = pose[parent] + HUMANML3D.offsets[joint]
    time = np.linspace(0, 4, 81)
    rng = np.random.default_rng(0)
    swings = 0.15 * np.sin(time[:, None, None] * 2 + rng.uniform(0, 6, (22, 3)))
    turned = rotate(about("Y", np.pi * time)[:, None], pose + swings)
    return canonical(Motion(with_bone_lengths(turned + time[:, None, None] * [0.3, 0, 0.1], HUMANML3D)))


@pytest.fixture
def written(dancer, tmp_path) -> GLTF2:
    write(dancer, tmp_path / "dance.glb")
    return GLTF2().load(str(tmp_path / "dance.glb"))


def test_the_joints_are_where_they_were_at_their_times(dancer, written):
    np.testing.assert_allclose(joints(written), dancer.joints, atol=1e-4)
    times = values(written, written.animations[0].samplers[0].input)[:, 0]
    np.testing.assert_allclose(times, np.arange(len(dancer)) / dancer.fps, atol=1e-6)


def test_bones_that_are_not_rigid_keep_their_joints_too(dancer, tmp_path):
    rubber = Motion(dancer.joints * (1 + 0.1 * np.sin(np.arange(81))[:, None, None]))
    write(rubber, tmp_path / "rubber.glb")
    np.testing.assert_allclose(joints(GLTF2().load(str(tmp_path / "rubber.glb"))), rubber.joints, atol=1e-4)


def test_khronos_own_validator_finds_nothing(validator, dancer, tmp_path):
    rubber = Motion(dancer.joints * (1 + 0.1 * np.sin(np.arange(81))[:, None, None]))
    for name, motion in (("dance", dancer), ("rubber", rubber), ("still", dancer[:1])):
        write(motion, tmp_path / f"{name}.glb")
        assert validated(validator, tmp_path / f"{name}.glb") == [], name


def test_the_validator_is_one_that_finds_something(validator, dancer, tmp_path):
    write(dancer, tmp_path / "dance.glb")
    gltf = GLTF2().load(str(tmp_path / "dance.glb"))
    gltf.accessors[gltf.meshes[0].primitives[0].attributes.POSITION].max = [0.0, 0.0, 0.0]
    gltf.save(str(tmp_path / "dance.glb"))
    assert "ACCESSOR_MAX_MISMATCH" in validated(validator, tmp_path / "dance.glb")


def test_rotations_are_unit_and_never_change_their_sign(written):
    for channel in written.animations[0].channels:
        if channel.target.path == "rotation":
            turns = values(written, written.animations[0].samplers[channel.sampler].output)
            np.testing.assert_allclose(np.linalg.norm(turns, axis=-1), 1, atol=1e-5)
            assert ((turns[1:] * turns[:-1]).sum(-1) > 0).all(), "a linear blend of two keys stays a rotation"


def test_one_armature_of_named_joints_carries_the_mesh(written):
    [skin] = written.skins
    assert [written.nodes[joint].name for joint in skin.joints] == list(NAMES)
    roots = [written.nodes[node] for node in written.scenes[0].nodes]
    assert [(node.name, node.skin) for node in roots] == [("Armature", None), ("Body", 0)]
    assert [node for joint in skin.joints for node in written.nodes[joint].children] == [
        child for parent in range(len(NAMES)) for child in range(len(NAMES)) if PARENTS[child] == parent
    ]


def test_the_mesh_moves_with_the_bones(dancer, written):
    world = played(written)
    unbind = values(written, written.skins[0].inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
    ends = []
    for primitive in written.meshes[0].primitives:
        points = np.pad(values(written, primitive.attributes.POSITION), [(0, 0), (0, 1)], constant_values=1)
        owners = values(written, primitive.attributes.JOINTS_0)[:, 0]
        assert (values(written, primitive.attributes.WEIGHTS_0) == [1, 0, 0, 0]).all()
        moved = np.einsum("fpij,pjk,pk->fpi", world[:, owners], unbind[owners], points)[..., :3]
        ends.append(moved)
    body = np.concatenate(ends, axis=1)
    gaps = np.linalg.norm(body[:, None] - dancer.joints[:, :, None], axis=-1).min(-1)
    assert gaps.max() < 0.02, "a corner of the mesh is at every joint in every frame"
    assert len(written.meshes[0].primitives) == len(COLOURS) == len(written.materials)


def test_a_bone_is_closed_and_seen_from_outside(written):
    for primitive in written.meshes[0].primitives:
        corners = values(written, primitive.attributes.POSITION).reshape(-1, 8, 3, 3).astype(np.float64)
        normals = np.cross(corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :])
        outward = corners.mean(2) - corners.mean((1, 2))[:, None]
        assert ((normals * outward).sum(-1) > 0).all()
        np.testing.assert_allclose(normals.sum(1), 0, atol=1e-6)


def test_a_folder_that_is_missing_is_said(dancer, tmp_path):
    with pytest.raises(MotionFileError, match="cannot be written"):
        write(dancer, tmp_path / "nowhere" / "dance.glb")
