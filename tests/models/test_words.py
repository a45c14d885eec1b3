"""Text as TED reads and writes it."""

import pytest

from mote.models.words import clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  A PERSON   walks . ", "a person walks"),
        ("a person\u2019s café walk \u2013 slow!", "a person's cafe walk - slow"),
        ("turns left 🙂 , then stops;", "turns left, then stops"),
        ("takes 4 steps (forward)", "takes 4 steps (forward)"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
