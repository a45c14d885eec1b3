"""Quaternions against matrices and against turns worked out by hand."""

from itertools import permutations

import numpy as np
import pytest

from mote.motion.rotation import (
    about,
    between,
    from_euler,
    from_matrix,
    inverse,
    multiply,
    normalise,
    rotate,
    to_6d,
    to_euler,
    to_matrix,
)

X, Y, Z = np.eye(3)
ORDERS = ["".join(order) for order in permutations("XYZ")]


@pytest.fixture
def turns() -> np.ndarray:
    """Unit quaternions (50, 4), no turn and half turns about the axes among them."""
    rng = np.random.default_rng(0)
    return np.concatenate([normalise(rng.normal(size=(46, 4))), np.eye(4)])


@pytest.mark.parametrize(("axis", "before", "after"), [("X", Y, Z), ("Y", Z, X), ("Z", X, Y)])
def test_a_quarter_turn_is_right_handed(axis, before, after):
    np.testing.assert_allclose(rotate(about(axis, np.array(np.pi / 2)), before), after, atol=1e-12)


def test_products_turn_by_the_second_first(turns):
    a, b = turns, turns[::-1]
    np.testing.assert_allclose(to_matrix(multiply(a, b)), to_matrix(a) @ to_matrix(b), atol=1e-12)


def test_the_inverse_undoes_a_turn(turns):
    vectors = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_allclose(rotate(inverse(turns), rotate(turns, vectors)), vectors, atol=1e-12)


def test_matrices_are_proper_and_come_back(turns):
    matrices = to_matrix(turns)
    np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=1e-12)
    again = from_matrix(matrices)
    assert (again[:, 0] >= 0).all()
    np.testing.assert_allclose(np.abs((again * turns).sum(-1)), 1, atol=1e-9)


def test_six_numbers_are_the_first_two_columns(turns):
    matrices = to_matrix(turns)
    np.testing.assert_allclose(to_6d(turns), np.concatenate([matrices[..., 0], matrices[..., 1]], axis=-1), atol=1e-12)


def test_a_zero_vector_stays_zero_and_others_become_units():
    np.testing.assert_array_equal(normalise(np.array([[0.0, 0, 0], [0, 3, 4]])), [[0, 0, 0], [0, 0.6, 0.8]])


def test_between_is_the_shortest_turn():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 40, 3))
    turn = between(a, b)
    np.testing.assert_allclose(rotate(turn, normalise(a)), normalise(b), atol=1e-9)
    angle = np.arccos((normalise(a) * normalise(b)).sum(-1))
    np.testing.assert_allclose(2 * np.arccos(turn[:, 0]), angle, atol=1e-7)


@pytest.mark.parametrize("direction", [X, Y, Z, np.array([1.0, -2.0, 0.5])])
def test_between_opposites_is_half_a_turn(direction):
    turn = between(direction, -direction)
    np.testing.assert_allclose(rotate(turn, direction), -direction, atol=1e-9)
    assert abs(turn[0]) < 1e-9
    np.testing.assert_allclose(between(direction, direction), [1, 0, 0, 0], atol=1e-9)


def test_euler_angles_are_intrinsic():
    z, x, y = np.array([30.0, -50.0, 110.0])
    expected = np.eye(3)
    for axis, degrees in (("Z", z), ("X", x), ("Y", y)):
        expected = expected @ to_matrix(about(axis, np.radians(degrees)))
    np.testing.assert_allclose(to_matrix(from_euler(np.array([z, x, y]), "ZXY")), expected, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_come_back_in_every_order(order):
    angles = np.random.default_rng(3).uniform([-179, -89, -179], [179, 89, 179], size=(60, 3))
    np.testing.assert_allclose(to_euler(from_euler(angles, order), order), angles, atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("middle", [90.0, -90.0])
def test_a_gimbal_lock_keeps_the_turn(order, middle):
    turn = from_euler(np.array([[20.0, middle, 35.0], [-140.0, middle, 5.0]]), order)
    again = from_euler(to_euler(turn, order), order)
    np.testing.assert_allclose(np.abs((turn * again).sum(-1)), 1, atol=1e-9)
