"""The ZIP of a result: what is in it, and what is said of one that is broken."""

import io
import zipfile
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from gltf import joints
from pygltflib import GLTF2

from mote.archive import Result, given, open_recipe, read_given
from mote.motion.features import to_features
from mote.pipeline import Sample
from mote.recipe import Identity, Recipe, RecipeError


@pytest.fixture(scope="module")
def motion(tiny_model):
    return tiny_model.generate("motion", seconds=1.5, steps=1, seed=3)[0].motion


@pytest.fixture(scope="module")
def result(motion, tmp_path_factory) -> Result:
    identity, _ = given(motion, "My clip: 1", tmp_path_factory.mktemp("given"))
    recipe = Recipe(
        task="joint", text=(), motion=identity, seconds=1.5, samples=2, steps=1, guidance=(1.0, 1.0), seed=3,
        model=Identity(name="tiny", sha256="00"),
    )  # fmt: skip
    made = [Sample(motion=motion, text=text, seed=seed) for text, seed in (("a walk", 3), ("Ein Gruß!", 4))]
    return Result(recipe=recipe, made=made, given=motion)


@pytest.fixture(scope="module")
def zipped(result, tmp_path_factory) -> Path:
    return result.write_zip(tmp_path_factory.mktemp("zipped") / "all.zip")


def test_the_zip_holds_everything(zipped, result, motion):
    with zipfile.ZipFile(zipped) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    stems = ("a-walk-3", "ein-gru-4")
    endings = (".gif", ".mp4", ".bvh", ".glb", ".npy", "-features.npy")
    assert set(files) == {"recipe.json", "captions.txt", "given-my-clip-1.npy"} | {
        stem + ending for stem in stems for ending in endings
    }
    for stem in stems:
        np.testing.assert_array_equal(np.load(io.BytesIO(files[f"{stem}.npy"])), motion.joints)
        np.testing.assert_array_equal(np.load(io.BytesIO(files[f"{stem}-features.npy"])), to_features(motion.joints))
        assert len(iio.imread(files[f"{stem}.mp4"], extension=".mp4")) == len(motion)
        assert iio.immeta(files[f"{stem}.mp4"], extension=".mp4")["fps"] == motion.fps
        np.testing.assert_allclose(joints(GLTF2.load_from_bytes(files[f"{stem}.glb"])), motion.joints, atol=1e-3)
    np.testing.assert_array_equal(np.load(io.BytesIO(files["given-my-clip-1.npy"])), motion.joints)
    assert files["captions.txt"].decode() == "a walk\nEin Gruß!\n"
    assert files["recipe.json"].decode() == result.recipe.to_json()


def test_the_recipe_and_the_given_motion_come_back(zipped, result, motion, tmp_path):
    recipe, path = open_recipe(zipped, tmp_path)
    assert recipe == result.recipe
    np.testing.assert_array_equal(read_given(recipe, path).joints, motion.joints)
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "any.json").write_text(recipe.to_json())
    assert open_recipe(tmp_path / "alone" / "any.json", tmp_path) == (recipe, None)


def test_another_motion_under_the_name_of_the_given_one_is_refused(result, tmp_path):
    result.write(tmp_path / "out", ["bvh"])
    assert open_recipe(tmp_path / "out" / "recipe.json", tmp_path)[1] is not None
    (tmp_path / "out" / "given-my-clip-1.npy").write_bytes(b"another")
    with pytest.raises(RecipeError, match=r"given-my-clip-1\.npy is not the one"):
        open_recipe(tmp_path / "out" / "recipe.json", tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("nothing.zip", b"", "is not whole"),
        ("half.zip", b"PK\x03\x04 and then nothing", "is not whole"),
        ("long.json", b" " * (2 << 20), "too long"),
        ("picture.json", bytes(range(256)), "no JSON"),
    ],
)
def test_a_wrong_file_is_said_to_be_one(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RecipeError, match=said):
        open_recipe(tmp_path / name, tmp_path)


def test_a_zip_without_a_recipe_is_said_to_be_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(RecipeError, match=r"has no recipe\.json in it"):
        open_recipe(tmp_path / "other.zip", tmp_path)


def test_a_zip_whose_recipe_cannot_be_unpacked_is_told_so(tmp_path):
    path = tmp_path / "result.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("recipe.json", "a recipe " * 100)
    whole = bytearray(path.read_bytes())
    start = 30 + len("recipe.json")
    whole[start : start + 6] = b"\xff" * 6
    path.write_bytes(bytes(whole))
    with pytest.raises(RecipeError, match="is not whole"):
        open_recipe(path, tmp_path)
