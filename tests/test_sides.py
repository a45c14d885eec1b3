"""The mirror of words."""

import pytest

from mote.sides import mirror_text, named_sides


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("a person turns left and raises the right hand", "a person turns right and raises the left hand"),
        ("walks in a clockwise circle", "walks in a counterclockwise circle"),
        ("spins counter-clockwise", "spins clockwise"),
        ("a left-handed throw", "a right-handed throw"),
        ("Right foot first", "Left foot first"),
        ("he is all right and leaves what is left over", "he is all right and leaves what is left over"),
        ("right after the jump he bows to the left", "right after the jump he bows to the right"),
        ("stands upright", "stands upright"),
        (
            "walks to the right as if tired, then turns right after a step",
            "walks to the left as if tired, then turns left after a step",
        ),
    ],
)
def test_mirrored_words(text, mirrored):
    assert mirror_text(text) == mirrored


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("a person waves", 0),
        ("the left hand, then the left foot", 1),
        ("turns right with both arms, all right", 2),
        ("left and right", 3),
        ("turns clockwise", 4),
        ("turns anti-clockwise, counterclockwise", 8),
        ("what is left over", 0),
    ],
)
def test_sides_that_a_sentence_names(text, bits):
    assert named_sides(text) == bits
