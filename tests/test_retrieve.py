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
from mote.pipeline import MoTe
from mote.reference import RealClips
from mote.retrieve import Index
from train.evaluate_prompts import OUTSIDE


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


def test_a_score_is_said_by_the_quarter_of_real_pairs_that_it_is_in(placed_model, atlas):
    real = RealClips(
        speed=(),
        skating=((0, 1),),
        jitter=((0, 1),),
        match=(0.1, 0.2, 0.3, 0.4, 0.5),
        agreement=(0.5, 0.6, 0.7, 0.8, 0.9),
    )
    model = MoTe(placed_model.med, placed_model.ted, placed_model.mtdm, retrieval=placed_model.retrieval, real=real)
    own = Index(replace(atlas, digest=""), model)
    said = [own.neighbour("made", 0, score, "text").closeness for score in (0.0, 0.25, 0.35, 0.45, 0.95)]
    assert said == ["far", "loosely related", "close", "very close", "very close"]
    assert own.neighbour("sentence", 0, 0.45).closeness == "very close", "of a motion"
    assert own.neighbour("sentence", 0, 0.45, "text").closeness == "far", "two sentences are nearer by nature"
    assert {one.pairing for one in own.search(SENTENCES[0], 12)} == {"match", "agreement"}
    assert Index(atlas, placed_model).neighbour("made", 0).closeness is None


def test_of_what_nobody_recorded_little_is_close(committed):
    index = Index.open("assets/map.safetensors", committed)
    strange = [index.search(text, 1, ("recorded", "made"))[0].closeness for text in OUTSIDE]
    assert sum("close" in said for said in strange) <= len(OUTSIDE) / 10
    sentences = {clip.sentence for clip in index.map.clips[::10]}
    known = [index.search(text, 1, ("recorded", "made"))[0].closeness for text in sentences]
    assert sum("close" in said for said in known) >= 0.75 * len(sentences)


def test_what_is_too_long_lies_in_the_middle_of_its_parts(index):
    one, other = (index.made(row)[:30] for row in (0, 1))
    long = Motion(np.concatenate([np.tile(part.joints, (6, 1, 1)) for part in (one, other)]))
    parts = index.parts(long)
    assert [len(part) for part in parts] == [180, 180]
    places = [index.model.place(part) for part in parts]
    middle = torch.nn.functional.normalize(places[0] + places[1], dim=0)
    assert torch.allclose(index.place(long), middle, atol=1e-5)
    assert index.search(long, 1)[0].score == pytest.approx(max(index._places.flatten(0, 1) @ middle).item(), abs=1e-5)
    assert len(index.parts(one)) == 1


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
