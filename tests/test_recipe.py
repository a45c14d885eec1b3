"""Recipes as JSON: what is written comes back, and anything else is refused with what differs."""

import json

import pytest

from mote.recipe import Identity, Recipe, RecipeError, from_json, make

RECIPE = Recipe(
    task="motion-variation",
    text=(),
    motion=Identity(name="given-clip.npy", sha256="ab" * 32),
    seconds=2.5,
    samples=2,
    steps=10,
    guidance=(7.5, 7.0),
    seed=2**62,
    model=Identity(name="tiny", sha256="cd" * 32),
)
WORDS = {"task": "text-to-motion", "text": ("a person dances ♪", "bows"), "motion": None, "guidance": 7.5}


@pytest.mark.parametrize("changes", [{}, WORDS, {"task": "motion", "guidance": None, "seconds": None, "motion": None}])
def test_what_is_written_comes_back(changes):
    recipe = Recipe(**{**vars(RECIPE), **changes})
    assert from_json(recipe.to_json()) == recipe
    assert from_json(recipe.to_json().encode()) == recipe


def test_a_title_is_the_words_or_the_given_motion_or_the_task():
    assert Recipe(**{**vars(RECIPE), **WORDS}).title == "a person dances ♪, bows"
    assert RECIPE.title == "clip"
    assert Recipe(**{**vars(RECIPE), "task": "motion", "motion": None}).title == "motion"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mood": "glad"}, "the recipe has an unknown field: mood"),
        ({"task": "dance"}, 'task is "dance": the tasks are text-to-motion'),
        ({"task": ["motion"]}, "task is"),
        ({"text": "a person walks"}, "text is \"a person walks\", not a list"),
        ({"text": [1]}, "text is 1, not a text"),
        ({"samples": 1.5}, "samples is 1.5, not a whole number"),
        ({"samples": True}, "samples is true, not a whole number"),
        ({"steps": "20"}, 'steps is "20", not a whole number'),
        ({"seconds": "2"}, 'seconds is "2", not a number or null'),
        ({"guidance": [1, 2, 3]}, "guidance is one number or two, not 3"),
        ({"guidance": [1, None]}, "guidance is null, not a number"),
        ({"motion": {"name": "clip.npy"}}, "the recipe's motion lacks a field: sha256"),
        ({"motion": "clip.npy"}, "not an object of named fields"),
        ({"motion": {"name": "../clip.npy", "sha256": ""}}, "a path and no name"),
        ({"motion": {"name": "..\\clip.npy", "sha256": ""}}, "a path and no name"),
        ({"model": None}, "the recipe's model is null, not an object"),
        ({"version": 1}, "version is 1, not a text"),
    ],
)  # fmt: skip
def test_what_is_no_recipe_is_refused_with_what_differs(changes, said):
    with pytest.raises(RecipeError, match="recipe") as error:
        from_json(json.dumps(json.loads(RECIPE.to_json()) | changes))
    assert said in str(error.value)


@pytest.mark.parametrize("field", json.loads(RECIPE.to_json()))
def test_a_missing_field_is_named(field):
    values = json.loads(RECIPE.to_json())
    del values[field]
    with pytest.raises(RecipeError, match=f"lacks a field: {field}"):
        from_json(json.dumps(values))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"seed": NaN}', b"\xff\xfe\x00", "[" * 100_000])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(RecipeError):
        from_json(text)


def test_a_motion_that_is_not_there_is_named(tiny_model):
    with pytest.raises(RecipeError, match=r"given-clip\.npy, which is not with it"):
        make(RECIPE, tiny_model, None)


def test_another_model_is_said_to_be_one(tiny_model):
    own = Identity(name=tiny_model.name, sha256=tiny_model.digest)
    assert Recipe(**{**vars(RECIPE), "model": own}).foreign(tiny_model) is None
    assert RECIPE.foreign(tiny_model).startswith("The recipe is of another model (tiny, cdcdcdcdcdcd) than this one")
