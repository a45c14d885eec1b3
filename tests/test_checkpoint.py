"""A model comes back from its folder as it was, or not at all: every mistake is named."""

import json
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from mote import checkpoint
from mote.checkpoint import CONFIG, INDEX, VOCABULARY, WEIGHTS, CheckpointError, digest, load, load_vocabulary, save
from mote.models.med import MED, MEDConfig

TINY = MEDConfig(tokens=2, dim=4, width=8, heads=2, encoder_layers=1, decoder_layers=1, head_width=8)


@pytest.fixture(scope="module")
def model() -> MED:
    torch.manual_seed(0)
    return MED(TINY)


@pytest.fixture
def folder(model, tmp_path):
    save(model, tmp_path / "med")
    return tmp_path / "med"


def edit_config(folder, **changes):
    """Set fields of config.json; None takes a field out."""
    values = json.loads((folder / CONFIG).read_text()) | changes
    (folder / CONFIG).write_text(json.dumps({name: value for name, value in values.items() if value is not None}))


def edit_weights(folder, change):
    state = load_file(folder / WEIGHTS)
    change(state)
    save_file(state, folder / WEIGHTS)


def test_weights_come_back_as_they_were(model, folder):
    save(model, folder, half=False)
    again = load(MED, MEDConfig, folder)
    assert not again.training
    assert again.config == TINY
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_weights_are_kept_in_half_and_used_in_float32(model, folder):
    assert {value.dtype for value in load_file(folder / WEIGHTS).values()} == {torch.float16}
    again = load(MED, MEDConfig, folder)
    for name, value in again.state_dict().items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, model.state_dict()[name], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 3}, "unknown field: depth"),
        ({"stride": None}, "lacks a field: stride"),
        ({"stride": 3}, "stride is even"),
        ({"width": "wide"}, "width is a positive whole number"),
    ],
)
def test_a_wrong_field_is_named(folder, changes, message):
    edit_config(folder, **changes)
    with pytest.raises(CheckpointError, match=message):
        load(MED, MEDConfig, folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.update(ghost=torch.zeros(1)), "unknown weight: ghost"),
        (lambda state: state.pop("decoder.place"), "lacks a weight: decoder.place"),
        (
            lambda state: state.update({"decoder.place": torch.zeros(3, 8)}),
            r"decoder.place has shape \(3, 8\), not \(2, 8\)",
        ),
    ],
)
def test_a_wrong_weight_is_named(folder, change, message):
    edit_weights(folder, change)
    with pytest.raises(CheckpointError, match=message):
        load(MED, MEDConfig, folder)


@pytest.mark.parametrize("text", ["", "{", "not JSON", "\x00\xff"])
def test_a_config_that_is_no_json_is_told_so(folder, text):
    (folder / CONFIG).write_bytes(text.encode("latin-1"))
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read as JSON"):
        load(MED, MEDConfig, folder)


def test_a_config_that_is_no_object_is_told_so(folder):
    (folder / CONFIG).write_text("[1, 2]")
    with pytest.raises(CheckpointError, match="holds list"):
        load(MED, MEDConfig, folder)


def test_a_pickle_is_not_opened(folder, tmp_path):
    marker = tmp_path / "opened"

    class Trap:
        def __reduce__(self):
            return marker.touch, ()

    (folder / WEIGHTS).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        load(MED, MEDConfig, folder)
    assert not marker.exists()


@pytest.mark.parametrize("size", [0, 4, 200])
def test_truncated_weights_are_told_so(folder, size):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        load(MED, MEDConfig, folder)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load(MED, MEDConfig, folder)


def test_a_missing_folder_is_named(folder):
    shutil.rmtree(folder)
    with pytest.raises(CheckpointError, match="med"):
        load(MED, MEDConfig, folder)


@pytest.fixture
def parts(model, tmp_path, monkeypatch):
    """The model's folder with its weights in several files."""
    monkeypatch.setattr(checkpoint, "LARGEST", "2KB")
    save(model, tmp_path / "parts")
    assert len([*(tmp_path / "parts").glob("*.safetensors")]) > 1
    return tmp_path / "parts"


def test_weights_in_several_files_are_the_same_weights(folder, parts):
    one, several = load(MED, MEDConfig, folder).state_dict(), load(MED, MEDConfig, parts).state_dict()
    assert all(torch.equal(value, several[name]) for name, value in one.items())


def test_a_model_s_vocabulary_is_a_list_of_sentences_or_left_out(tmp_path):
    assert load_vocabulary(tmp_path) == []
    for text, said in (('{"a": 1}', "is not a list of sentences"), ("[1]", "is not a list"), ("[", "cannot be read")):
        (tmp_path / VOCABULARY).write_text(text)
        with pytest.raises(CheckpointError, match=said):
            load_vocabulary(tmp_path)


def test_what_is_saved_next_leaves_none_of_the_files_before(model, parts, monkeypatch):
    monkeypatch.undo()
    save(model, parts)
    assert {path.name for path in parts.iterdir()} == {CONFIG, WEIGHTS}


def test_a_missing_part_is_named(parts):
    gone = sorted(parts.glob("*.safetensors"))[1]
    gone.unlink()
    with pytest.raises(CheckpointError, match=gone.name):
        load(MED, MEDConfig, parts)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a": 3}}'])
def test_an_index_that_names_no_files_is_told_so(parts, text):
    (parts / INDEX).write_text(text)
    with pytest.raises(CheckpointError, match="does not say in which files"):
        load(MED, MEDConfig, parts)


def test_the_digest_is_that_of_the_weights_and_of_nothing_else(folder):
    before = digest(folder)
    assert len(before) == 64
    (folder / "notes.txt").write_text("hello")
    assert digest(folder) == digest(folder.parent) == before, "files are told apart by their bytes and their order"
    edit_weights(folder, lambda state: next(iter(state.values())).add_(1))
    assert digest(folder) != before


def test_a_folder_without_weights_has_no_digest(tmp_path):
    with pytest.raises(CheckpointError, match="no safetensors files"):
        digest(tmp_path)
