"""Feet that slide, bodies that tremble, and how fast they go, on motions made for it."""

import numpy as np
import pytest
from people import standing

from mote.motion.motion import Motion
from mote.motion.quality import measure_movement
from mote.motion.skeleton import HUMANML3D


def test_who_stands_still_neither_slides_nor_trembles():
    found = measure_movement(Motion(standing()))
    assert (found.speed, found.skating, found.jitter) == pytest.approx((0, 0, 0), abs=1e-3)


def test_a_foot_that_slides_for_half_of_the_time():
    slid = standing(41)
    foot = HUMANML3D.left_foot[1]
    slid[20:, foot, 2] += np.arange(21) * 0.05  # a metre a second, on the floor
    assert measure_movement(Motion(slid)).skating == pytest.approx(0.5)
    slid[:, foot, 1] += 0.2
    assert measure_movement(Motion(slid)).skating == 0, "a foot in the air may"


def test_trembling_is_the_third_difference_and_speed_the_first():
    shaken = standing(40)
    shaken[::2, :, 0] += 0.001
    found = measure_movement(Motion(shaken))
    assert (found.speed, found.jitter) == pytest.approx((1, 4), rel=1e-2)


def test_the_figures_are_those_of_20_frames_a_second():
    way = np.arange(120)[:, None, None] / 60 * [0, 0, 1.2]  # 1.2 metres a second
    found = measure_movement(Motion(standing(120) + way, fps=60))
    assert found.speed == pytest.approx(60, rel=1e-2)
    assert found.skating == 1


def test_a_motion_that_is_too_short_is_said_to_be():
    with pytest.raises(ValueError, match="four frames"):
        measure_movement(Motion(standing(3)))
