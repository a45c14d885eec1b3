"""Numbers that sentences spell out."""

import pytest

from mote.spelled import climb, height, numbers, uncounted


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a person walks three meters", {"meters": 3}),
        ("a person walks 4.5 m forward", {"meters": 4.5}),
        ("a woman runs two and a half metres", {"meters": 2.5}),
        ("someone walks ten feet", {"meters": pytest.approx(3.048)}),
        ("a 5 meter walk", {"meters": 5}),
        ("a person takes four steps", {"steps": 4}),
        ("in 16 paces", {"steps": 16}),
        ("turns 90° to the left", {"degrees": 90}),
        ("a person turns 180 degrees", {"degrees": 180}),
        ("a person jumps twice", {"times": 2}),
        ("he waves three times", {"times": 3}),
        ("walks 3 m taking five steps", {"meters": 3, "steps": 5}),
        ("walks two steps, then three steps", {}),
        ("a person stands on two feet", {}),
        ("with both of his feet", {}),
        ("walks up the steps", {}),
        ("walks for 3 minutes", {}),
        ("takes zero steps", {}),
        ("a person steps sideways", {}),
        (f"a person walks {'9' * 400} meters", {}),
        (f"a person takes {'9' * 400} steps and turns {'9' * 400}.5 degrees", {}),
        ("makes a half-turn", {"degrees": 180}),
        ("turns once around", {"degrees": 360}),
    ],
)
def test_a_number_is_read_with_its_unit(text, named):
    assert numbers(text) == named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("raises a hand to shoulder height", "shoulder"),
        ("holds both hands above her head", "over"),
        ("waves at the level of the chest", "chest"),
        ("a hand at head-height", "head"),
        ("shakes the head", None),
    ],
)
def test_a_height_is_read_by_the_part_of_the_body(text, named):
    assert height(text) == named


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("a person jumps three times", "a person jumps"),
        ("a man kicks twice with the left foot", "a man kicks with the left foot"),
        ("hops for about 3 times in a row, then bows", "hops, then bows"),
        ("Jumps 2 times high", "Jumps high"),
        ("three times", "three times"),
        ("a person jumps several times", "a person jumps several times"),
        ("a person takes four steps", "a person takes four steps"),
        ("at times she jumps", "at times she jumps"),
    ],
)
def test_how_often_is_left_out(text, rest):
    assert uncounted(text) == rest


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("a person climbs a ladder", "up"),
        ("walks upstairs", "up"),
        ("a man Descends the stairs", "down"),
        ("walks down the steps", "down"),
        ("climbs up and down", None),
        ("climbs a downy cupboard", "up"),
    ],
)
def test_who_climbs_climbs_up_unless_it_is_said_otherwise(text, leads):
    assert climb(text) == leads
