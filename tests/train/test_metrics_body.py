"""The figures of bodies on motions made for them."""

import numpy as np
import pytest
from people import standing

from mote.motion.motion import Motion
from mote.motion.skeleton import HUMANML3D
from train.metrics_body import mean_body, measure_body


def test_who_stands_still_has_no_fault():
    body = measure_body(Motion(standing().astype(np.float32)))
    assert (body.skating, body.penetration, body.jitter, body.drift) == pytest.approx((0, 0, 0, 0), abs=1e-3)


def test_who_is_pushed_along_skates_and_who_flies_does_not():
    moved = standing() + np.arange(20)[:, None, None] * [0, 0, 0.05]  # a metre a second
    assert measure_body(Motion(moved.astype(np.float32))).skating == 1
    assert measure_body(Motion((moved + np.array([0, 0.5, 0])).astype(np.float32))).skating == 0
    assert (
        measure_body(Motion((standing() + np.arange(20)[:, None, None] * [0, 0, 0.01]).astype(np.float32))).skating == 0
    )


def test_depth_below_the_floor_in_millimetres():
    sunk = standing()
    sunk[:10, :, 1] -= 0.02
    assert measure_body(Motion(sunk.astype(np.float32))).penetration == pytest.approx(10, abs=0.01)


def test_a_bone_that_breathes_drifts():
    stretched = standing()
    stretched[::2, 20, 1] -= 0.042  # the last of 21 bones, an arm that hangs, 21 mm to and fro
    body = measure_body(Motion(stretched.astype(np.float32)))
    assert body.drift == pytest.approx(1.0, abs=0.01)
    assert body.jitter == pytest.approx(1000 * 4 * 0.042 / 22, rel=1e-3)


def test_means_over_motions_and_too_short_ones():
    still = Motion(standing().astype(np.float32))
    sunk = Motion((standing() - [0, 0.01, 0]).astype(np.float32))
    assert mean_body([still, sunk]).penetration == pytest.approx(5, abs=0.01)
    with pytest.raises(ValueError, match="four frames"):
        measure_body(Motion(standing(3).astype(np.float32)))


def test_who_stays_up_floats_and_who_jumps_does_not():
    up = standing(40)
    up[10:30, :, 1] += 0.2
    assert measure_body(Motion(up.astype(np.float32))).floating == pytest.approx(0.5)
    jump = standing(40)
    jump[10:18, :, 1] += 0.4  # eight frames of 20 a second
    assert measure_body(Motion(jump.astype(np.float32))).floating == 0
    bent = standing(40)
    bent[10:30, :, 1] += 0.2
    bent[10:30, HUMANML3D.left_foot[1], 1] = 0.0  # a foot that stays down carries the rest
    assert measure_body(Motion(bent.astype(np.float32))).floating == 0
