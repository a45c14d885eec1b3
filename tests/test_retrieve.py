"""Search by meaning on constructed places, and map files that are damaged or belong to another model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from maps import SENTENCES, small_map
from people import body
from safetensors.torch import save_file

from mote import Motion
from mote.files import write
from mote.map import KINDS, Map, MapError
from mote.motion.features import to_features
from mote.retrieve import Index


@pytest.fixture(scope="module")
def atlas(placed_model) -> Map:
    return small_map(placed_model)


@pytest.fixture(scope="module")
def index(atlas, placed_model, tmp_path_factory) -> Index:
    path = tmp_path_factory.mktemp("map") / "map.safetensors"
    atlas.save(path)
    return Index.open(path, placed_model)


@pytest.mark.parametrize("row", range(4))
def test_the_motions_of_a_sentence_are_its_nearest(index, row):
    first, second, *others = index.search(SENTENCES[row], 4, ("recorded", "made"))
    assert {first.kind, second.kind} == {"recorded", "made"}
    assert first.row == second.row == row
    assert first.sentence == SENTENCES[row]
    assert first.score == pytest.approx(1, abs=1e-3)
    assert all(other.row != row and other.score <= first.score for other in others)
    assert index.search(SENTENCES[row], 1, ("sentence",))[0] == index.neighbour("sentence", row)


def test_a_motion_is_searched_too_and_what_is_made_plays(index, placed_model):
    motion = index.search(SENTENCES[1], 1, ("made",))[0].motion()
    assert 1.5 <= motion.seconds <= 9.8
    assert np.isfinite(motion.joints).all()
    found = index.search(motion, 99)
    assert len(found) == len(KINDS) * len(SENTENCES)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_new_point_lies_where_its_nearest_do(index, atlas):
    sharp = replace(atlas, places=torch.eye(6)[:4].expand(3, -1, -1))
    own = Index(sharp, index.model)
    for row in range(4):
        x, y = own.point(torch.eye(6)[row])
        assert np.sign([x, y]).tolist() == sharp.points[0, row].tolist()
    middle = own.point(torch.nn.functional.normalize(torch.eye(6)[0] + torch.eye(6)[1], dim=0))
    assert middle == pytest.approx((0, -1), abs=1e-3)


def test_scores_are_said_as_those_of_the_map_are(index, atlas):
    turned = torch.eye(6)[:4]
    apart = torch.nn.functional.normalize(turned + torch.tensor([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]), dim=-1)
    own = Index(replace(atlas, places=torch.stack([turned, turned, apart])), index.model)
    assert own.levels[0] == pytest.approx(0.5**0.5, abs=1e-3)
    said = [replace(index.neighbour("made", 0, score), index=own).closeness for score in (0.9, -0.5)]
    assert said == ["very close", "far"]


def test_recordings_are_there_where_their_folder_is(index, tmp_path):
    with pytest.raises(MapError, match="open the index with the prepared data"):
        index.neighbour("recorded", 2).motion()
    with pytest.raises(MapError, match="has no folder features"):
        Index(index.map, index.model, tmp_path)
    real = Motion(body(2.0) - [0, 0, 0.05])  # from the origin on, as features are
    folder = tmp_path / "features" / "made-up"
    folder.mkdir(parents=True)
    np.save(folder / "2.npy", to_features(real.joints).astype(np.float16))
    found = Index(index.map, index.model, tmp_path)
    assert np.abs(found.neighbour("recorded", 2).motion().joints - real.joints[:-1]).max() < 0.02
    with pytest.raises(MapError, match="made-up/3 cannot be read"):
        found.neighbour("recorded", 3).motion()


def test_a_map_fits_one_model_only(atlas, placed_model, tiny_model):
    with pytest.raises(MapError, match="has no space of motions and sentences"):
        Index(atlas, tiny_model)
    with pytest.raises(MapError, match=r"belongs to other weights \(abc\).*python -m train.map"):
        Index(replace(atlas, digest="abc"), placed_model)
    with pytest.raises(MapError, match="another size"):
        Index(replace(atlas, latents=atlas.latents[:, :1]), placed_model)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"points": None}, "is no map"),
        ({"points": torch.zeros(3, 3, 2)}, "is not whole"),
        ({"places": torch.full((3, 4, 6), torch.nan)}, "holds what is no number"),
        ({"clips": "[1]"}, "does not say which clips"),
        ({"clips": json.dumps([{"name": "a", "sentence": 1, "action": "b", "style": None}])}, "is no text"),
        ({"clips": json.dumps([{"name": "../../a", "sentence": "b", "action": "b", "style": None}])}, "outside"),
    ],
)
def test_a_damaged_map_is_told_in_a_sentence(atlas, tmp_path, change, says):
    clips = json.dumps([vars(clip) for clip in atlas.clips])
    values = {"places": atlas.places, "points": atlas.points, "latents": atlas.latents, "clips": clips} | change
    told = {"digest": atlas.digest, "clips": values.pop("clips")}
    tensors = {name: value.contiguous() for name, value in values.items() if value is not None}
    save_file(tensors, tmp_path / "map.safetensors", metadata=told)
    with pytest.raises(MapError, match=says):
        Map.read(tmp_path / "map.safetensors")


def test_what_is_no_file_of_tensors_is_told_in_a_sentence(tmp_path):
    with pytest.raises(MapError, match="cannot be read"):
        Map.read(tmp_path / "none.safetensors")
    write(Motion(body()), tmp_path / "motion.npy")
    with pytest.raises(MapError, match="cannot be read"):
        Map.read(tmp_path / "motion.npy")
