"""Motions as the 3D player gets them: small, precise, with the feet that stand, and the colours of the GIFs."""

import base64
import json

import numpy as np
import pytest

from mote.motion.features import LAYOUT, contacts, to_features
from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from mote.render.body import LIMBS, flesh
from mote.render.colours import LEFT
from mote.ui.packing import POINTS, figure, pack

FRAMES = 200


@pytest.fixture
def walk() -> Motion:
    """Ten seconds of a body that sways, and steps forward with one foot after the other."""
    generator = np.random.default_rng(0)
    rest = np.cumsum(generator.normal(0, 0.2, (22, 3)), axis=0)
    time = np.arange(FRAMES)[:, None, None] / 20
    joints = rest + np.array([0.3, 0.0, 1.2]) * time + 0.1 * np.sin(3 * time + np.arange(22)[:, None])
    joints[50:100, HUMANML3D.left_foot] = joints[50, HUMANML3D.left_foot]
    return Motion(joints)


def unpack(packed: dict) -> tuple[np.ndarray, np.ndarray]:
    """Points (frames, points, 3) in metres, and contacts (frames, 4)."""
    data = base64.b64decode(packed["data"])
    frames, points = packed["frames"], figure()["points"]
    steps = np.frombuffer(data, "<i2", frames * points * 3).reshape(frames, points, 3)
    bits = np.frombuffer(data, np.uint8, offset=steps.nbytes)
    return steps * packed["scale"] + packed["origin"], np.unpackbits(bits[:, None], axis=1, bitorder="little")[:, :4]


def test_positions_come_back_within_the_stated_precision(walk):
    (packed,) = pack({"Seed 1": walk})["motions"]
    points, _ = unpack(packed)
    ends = [figure()["limbs"][index]["ends"] for index in range(len(LIMBS))]
    error = np.abs(points[:, ends] - flesh(walk.joints).ends).max()
    assert np.ptp(walk.joints, axis=(0, 1)).max() > 10
    assert error <= packed["scale"] / 2 + 1e-9
    assert error < 0.5e-3


def test_ten_seconds_take_less_than_50_kilobytes(walk):
    assert walk.seconds == 10
    assert len(json.dumps(pack({"Seed 1": walk}))) < 50_000


def test_contacts_are_those_of_the_features_and_the_last_is_repeated(walk):
    (packed,) = pack({"Seed 1": walk})["motions"]
    _, standing = unpack(packed)
    np.testing.assert_array_equal(standing[:-1], to_features(walk.joints)[:, LAYOUT.contacts])
    np.testing.assert_array_equal(standing[:-1], contacts(walk.joints))
    np.testing.assert_array_equal(standing[-1], standing[-2])
    assert standing[50:99, :2].all()


def test_any_frame_rate_arrives_at_that_of_the_model(walk):
    (packed,) = pack({"Seed 1": walk.resample(60)})["motions"]
    assert packed["fps"] == 20
    assert packed["frames"] == pytest.approx(FRAMES, abs=1)


def test_one_frame_and_a_body_that_never_moves_can_be_packed(walk):
    for frames in (walk.joints[:1], np.repeat(walk.joints[:1], 30, axis=0)):
        (packed,) = pack({"Seed 1": Motion(frames)})["motions"]
        points, standing = unpack(packed)
        assert len(points) == len(standing) == len(frames)
        np.testing.assert_allclose(points[0, POINTS.index("pelvis")], walk.joints[0, 0], atol=1e-3)


def test_the_figure_is_the_one_that_the_gifs_show():
    shown = figure()
    assert json.loads(json.dumps(shown)) == shown
    assert len(shown["limbs"]) == len(LIMBS)
    assert shown["materials"][0] == ["#" + bytes(colour).hex() for colour in LEFT.layers]
    assert [limb["standing"] for limb in shown["limbs"] if limb["standing"]] == [0b0011, 0b1100]
