"""Bipeds under everybody's names, in any units and axes, become the same person on HumanML3D's skeleton."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mote.motion.kinematics import with_bone_lengths
from mote.motion.motion import Motion
from mote.motion.recording import Recording, RetargetError, find_joints
from mote.motion.retarget import canonical, retarget
from mote.motion.rotation import about, rotate
from mote.motion.skeleton import HUMANML3D

TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck")


@dataclass(frozen=True)
class Names:
    """A convention: the trunk from the root to the neck, then the head, and limbs with `{}` for the side."""

    trunk: str
    arm: str
    leg: str
    sides: tuple[str, str]
    head: str = "Head"


CONVENTIONS = {
    "Bandai": Names(
        "Hips Spine Chest Neck",
        "Shoulder_{} UpperArm_{} LowerArm_{} Hand_{}",
        "UpperLeg_{} LowerLeg_{} Foot_{} Toes_{}",
        ("L", "R"),
    ),
    "Mixamo": Names(
        "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck",
        "mixamorig:{}Shoulder mixamorig:{}Arm mixamorig:{}ForeArm mixamorig:{}Hand",
        "mixamorig:{}UpLeg mixamorig:{}Leg mixamorig:{}Foot mixamorig:{}ToeBase",
        ("Left", "Right"),
        "mixamorig:Head",
    ),
    "Blender": Names(
        "spine spine.001 spine.002 spine.003 spine.004",
        "shoulder.{} upper_arm.{} forearm.{} hand.{}",
        "thigh.{} shin.{} foot.{} toe.{}",
        ("L", "R"),
        "spine.006",
    ),
    "CMU's ASF": Names(
        "root lowerback upperback thorax lowerneck",
        "{}clavicle {}humerus {}radius {}wrist",
        "{}femur {}tibia {}foot {}toes",
        ("l", "r"),
        "head",
    ),
    "CMU's BVH": Names(
        "Hips LowerBack Spine Spine1 Neck",
        "{}Shoulder {}Arm {}ForeArm {}Hand",
        "{}UpLeg {}Leg {}Foot {}ToeBase",
        ("Left", "Right"),
    ),
    "SNU's Poser": Names(
        "root abdomen chest neck", "{}Collar {}Shldr {}ForeArm {}Hand", "{}Thigh {}Shin {}Foot", ("l", "r"), "head"
    ),
    "SNU's woddy": Names(
        "Hips Spine Spine1 HEad",
        "{}Shoulder1 {}Arm {}ForeArm {}Hand",
        "{}UpLeg {}Leg {}Foot {}Toes",
        ("Left", "Right"),
        "HEad end",
    ),
    "Unreal": Names(
        "pelvis spine_01 spine_02 spine_03 neck_01",
        "clavicle_{} upperarm_{} lowerarm_{} hand_{}",
        "thigh_{} calf_{} foot_{} ball_{}",
        ("l", "r"),
        "head",
    ),
    "SMPL": Names(
        "Pelvis Spine1 Spine2 Spine3 Neck",
        "{}_Collar {}_Shoulder {}_Elbow {}_Wrist",
        "{}_Hip {}_Knee {}_Ankle {}_Foot",
        ("L", "R"),
    ),
}


def standing() -> np.ndarray:
    """The rest pose (22, 3) of our skeleton, its root at the origin."""
    rest = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + HUMANML3D.offsets[joint]
    return rest


@pytest.fixture(scope="module")
def waver() -> Motion:
    """Somebody who walks ahead, lifts the left hand over the head and bends the left knee, at 20 fps."""
    joints = np.repeat(standing()[None], 41, axis=0)
    swing = np.sin(np.arange(41) / 4)
    for name, amount in (("left elbow", [0.1, 0.5, 0]), ("left wrist", [0.1, 1.0, 0]), ("left ankle", [0, 0.3, -0.3])):
        joints[:, HUMANML3D.index(name)] += amount
    joints[:, HUMANML3D.index("left foot")] += [0, 0.3, -0.3]
    joints[:, HUMANML3D.index("left wrist"), 0] += 0.2 * swing
    joints[:, HUMANML3D.index("right wrist"), 2] += 0.2 * swing
    joints[..., 2] += 0.03 * np.arange(41)[:, None]
    return canonical(Motion(with_bone_lengths(joints, HUMANML3D)))


def recording(motion: Motion, names: Names) -> Recording:
    """The motion as a file of a convention has it, in metres; the trunk's joints stand along the spine."""
    joints, rest = (np.asarray(part, dtype=np.float64) for part in (motion.joints, standing()))
    labels, parents, places = [], [], []

    def add(label: str, parent: int, place: tuple[str, str, float]) -> int:
        labels.append(label)
        parents.append(parent)
        places.append(place)
        return len(labels) - 1

    parent = -1
    trunk = names.trunk.split()
    for number, label in enumerate(trunk):
        low, share = divmod(number / (len(trunk) - 1) * (len(TRUNK) - 1), 1)
        parent = add(label, parent, (TRUNK[int(low)], TRUNK[min(int(low) + 1, len(TRUNK) - 1)], share))
    chest = parent - 1
    add(names.head, parent, ("head", "head", 0.0))
    for ours, side in zip(("left", "right"), names.sides, strict=True):
        for limb, start, parts in (
            (names.arm, chest, ("collar", "shoulder", "elbow", "wrist")),
            (names.leg, 0, ("hip", "knee", "ankle", "foot")),
        ):
            parent = start
            for label, part in zip(limb.split(), parts, strict=False):
                parent = add(label.format(side), parent, (f"{ours} {part}", f"{ours} {part}", 0.0))

    def at(body: np.ndarray) -> np.ndarray:
        rows = [
            (1 - share) * body[..., HUMANML3D.index(low), :] + share * body[..., HUMANML3D.index(high), :]
            for low, high, share in places
        ]
        return np.stack(rows, axis=-2)

    return Recording(names=tuple(labels), parents=tuple(parents), positions=at(joints), rest=at(rest), fps=motion.fps)


def bones(motion: Motion, names: tuple[str, ...]) -> np.ndarray:
    rows = [HUMANML3D.index(name) for name in names]
    return motion.joints[:, rows] - motion.joints[:, [HUMANML3D.parents[row] for row in rows]]


LIMBS = tuple(f"{side} {part}" for side in ("left", "right") for part in ("knee", "ankle", "elbow", "wrist"))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_is_the_same_person(waver, convention):
    made = retarget(recording(waver, CONVENTIONS[convention]))
    assert made.joints.shape == waver.joints.shape
    assert abs(made.joints[..., 1].min()) < 1e-5
    np.testing.assert_allclose(made.joints[0, 0, [0, 2]], 0, atol=1e-6)
    lengths = np.linalg.norm(bones(made, HUMANML3D.names[1:]), axis=-1)
    np.testing.assert_allclose(lengths, np.tile(HUMANML3D.lengths[1:], (len(made), 1)), atol=1e-5)
    np.testing.assert_allclose(bones(made, LIMBS), bones(waver, LIMBS), atol=0.02)
    path = made.joints[-1, 0] - made.joints[0, 0]
    np.testing.assert_allclose(path, waver.joints[-1, 0] - waver.joints[0, 0], atol=0.01)


def changed(given: Recording, change) -> Recording:
    return replace(given, positions=change(given.positions), rest=change(given.rest))


CHANGES = {
    "in centimetres": lambda places: places * 100,
    "in inches": lambda places: places / 0.0254,
    "far away": lambda places: places + np.array([50, 3, -20]),
    "turned": lambda places: rotate(about("Y", np.array(2.0)), places),
    "facing away": lambda places: places * [-1, 1, -1],
    "with Z up": lambda places: np.stack([places[..., 0], -places[..., 2], places[..., 1]], axis=-1),
    "left-handed": lambda places: places * [-1, 1, 1],
}


@pytest.mark.parametrize("change", CHANGES)
def test_units_place_and_axes_do_not_matter(waver, change):
    plain = recording(waver, CONVENTIONS["Mixamo"])
    made = retarget(changed(plain, CHANGES[change]))
    np.testing.assert_allclose(made.joints, retarget(plain).joints, atol=1e-4)


@pytest.mark.parametrize("change", CHANGES)
def test_left_stays_left(waver, change):
    made = retarget(changed(recording(waver, CONVENTIONS["Bandai"]), CHANGES[change]))
    head, left, right = (made.joints[:, HUMANML3D.index(name)] for name in ("head", "left wrist", "right wrist"))
    assert (left[:, 1] > head[:, 1]).all()
    assert (right[:, 1] < head[:, 1] - 0.3).all()
    assert (left[:, 0] > made.joints[:, 0, 0]).all()  # the left of a body that faces +Z is +X
    assert (right[:, 0] < made.joints[:, 0, 0]).all()
    assert made.joints[-1, 0, 2] > 1


def test_a_recording_at_another_rate_takes_as_long(waver):
    given = replace(recording(waver.resample(60), CONVENTIONS["Unreal"]), fps=60)
    made = retarget(given)
    assert made.fps == 20
    np.testing.assert_allclose(made.joints, retarget(recording(waver, CONVENTIONS["Unreal"])).joints, atol=0.01)


def test_a_long_legged_person_takes_steps_of_ours(waver):
    """A child or a giant: the path is measured in legs, the bones become ours."""
    given = recording(waver, CONVENTIONS["SMPL"])
    twice = retarget(changed(given, lambda places: places * 2))
    np.testing.assert_allclose(twice.joints, retarget(given).joints, atol=1e-4)


def test_names_that_cannot_be_mapped_are_listed():
    with pytest.raises(RetargetError, match=r"left knee.*Joint_1, Bone\.002, tail"):
        find_joints(("Joint_1", "Bone.002", "tail"))


def test_only_what_is_missing_is_named(waver):
    given = recording(waver, CONVENTIONS["Mixamo"])
    names = tuple("Pole" if name == "mixamorig:RightLeg" else name for name in given.names)
    with pytest.raises(RetargetError, match=r"read as right knee; it has .*Pole"):
        retarget(replace(given, names=names))


def test_canonical_is_canonical_already(waver):
    again = canonical(waver)
    np.testing.assert_allclose(again.joints, waver.joints, atol=1e-5)
    moved = Motion(rotate(about("Y", np.array(1.0)), waver.joints) + np.array([3, 2, 1]))
    np.testing.assert_allclose(canonical(moved).joints, waver.joints, atol=1e-4)


def test_what_is_canonical_stays_as_it_is_to_the_bit():
    angle = np.linspace(0.3, 2.0, 30)
    rest = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + HUMANML3D.offsets[joint]
    turns = np.stack([[np.cos(angle), 0 * angle, np.sin(angle)], [0 * angle, 0 * angle + 1, 0 * angle],
                      [-np.sin(angle), 0 * angle, np.cos(angle)]]).transpose(2, 0, 1)  # fmt: skip
    joints = rest @ turns.transpose(0, 2, 1) + np.array([3.0, 0.5, -7.0])
    once = canonical(Motion(joints.astype(np.float32)))
    assert not np.allclose(once.joints, joints, atol=0.1)
    assert np.array_equal(canonical(once).joints, once.joints)
