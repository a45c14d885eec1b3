"""A run becomes a folder with its own figures and the licence that its data asks for, whole or not at all."""

import json
import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants, metadata_load

from mote.checkpoint import VOCABULARY, digest
from mote.pipeline import MoTe
from mote.ui.about import card_text
from train.card import SOURCES, use_of
from train.evaluate_prompts import CALLED
from train.export import RECORD, export, main, replacing
from train.report import JSON, Report, Row

LICENCES = {"cmu": "free for all uses", "bandai-namco": "CC-BY-NC-4.0", "snu-ys2010": "Apache-2.0"}


def make_run(folder: Path, model: Path, *sources: str, **about: object) -> Path:
    """A run of a model on a clip of each source for each split."""
    shutil.copytree(model, folder / "model")
    records = [
        {"source": source, "licence": LICENCES.get(source, "theirs"), "split": split, "frames": 720, "action": "walk"}
        for source in sources
        for split in ("train", "train", "val", "test")
    ]
    (folder / "prepared").mkdir()
    (folder / "prepared" / "manifest.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "stages" / "med").mkdir(parents=True)
    rows = ["kind,step,seconds,figure,value", "train,50,60.0,loss,1", "train,100,90.0,loss,0.5"]
    (folder / "stages" / "med" / "log.csv").write_text("\n".join(rows))
    (folder / RECORD).write_text(json.dumps(about))
    row = Row(what="MED: mean joint error", measured=12.3, count=7, most=15.0, unit="mm")
    walk = {"walk": {"count": 8, "action": 0.75, "side": None, "style": None, "taken_for": {}}}
    Report(settings={"weights": digest(model)[:12]}, rows=[row], groups={f"{CALLED}, by action": walk}).write(
        folder / "report"
    )
    return folder


@pytest.fixture
def run(tmp_path, tiny_folder) -> Path:
    commands = {"med": ["train.med", "--data", "RUN/prepared"]}
    return make_run(tmp_path / "run", tiny_folder, "cmu", "bandai-namco", commands=commands, read=["teacher"])


def test_a_folder_is_the_model_with_a_card_of_its_own_figures(run, tiny_folder, tmp_path):
    out = tmp_path / "checkpoints" / "walker"
    main(["--run", str(run), "--name", "walker", "--out", str(out)])
    assert MoTe.from_pretrained(out, device="cpu").digest == digest(tiny_folder)
    card = (out / "README.md").read_text()
    assert "| MED: mean joint error | ≤ 15.0 mm | 12.3 mm | yes | 7 |" in card
    assert re.search(r"\| \[CMU[^|]*\| 4 \| 0.04 \| free", card)
    assert "4 for train, 2 for val, 2 for test" in card
    assert "| med | 100 | 1.5 |" in card
    assert "python -m train.med --data RUN/prepared" in card
    assert "| walk | a person walks | 4 | 75.0 % |" in card
    assert "Not to be evaluated on the test set of HumanML3D (through AMASS) or KIT-ML" in card
    assert "22 joints at 20 frames a second, up to 9.8 seconds" in card
    assert str(tmp_path) not in card
    assert json.loads((out / VOCABULARY).read_text()) == ["a person walks"]
    assert Report.read(out / JSON).rows[0].measured == 12.3
    for source in (SOURCES["cmu"], SOURCES["bandai-namco"], SOURCES["teacher"]):
        assert source.attribution in card
        assert source.attribution in (out / "LICENSE").read_text()
    assert "12.3 mm" in card_text(out / "README.md")


@pytest.mark.parametrize(
    ("sources", "about", "licence"),
    [
        (["cmu", "snu-ys2010"], {"read": ["humanml3d-captions", "kit-ml-captions"]}, "apache-2.0"),
        (["cmu", "bandai-namco"], {}, "cc-by-nc-4.0"),
        (["humanml3d"], {}, "other"),
        (["kit-ml"], {}, "other"),
        (["my-clips"], {}, "other"),
        (["cmu"], {"start": {"name": "mote-open", "use": "non-commercial"}}, "cc-by-nc-4.0"),
    ],
)
def test_the_licence_is_the_strictest_of_the_data(tmp_path, tiny_folder, sources, about, licence):
    run = make_run(tmp_path / "run", tiny_folder, *sources, **about)
    export(run, "walker", tmp_path / "out", run / "none")
    told = metadata_load(tmp_path / "out" / "README.md")
    assert told["license"] == licence
    assert ("license_name" in told) == (licence == "other")
    assert "Not evaluated yet" in (tmp_path / "out" / "README.md").read_text()
    assert {"apache-2.0": "any", "cc-by-nc-4.0": "non-commercial", "other": "research"}[licence] == use_of(
        tmp_path / "out"
    )


def test_a_stage_that_was_killed_before_its_first_figure_is_told(run, tmp_path):
    (run / "stages" / "med" / "log.csv").write_text("kind,step,seconds,figure,value\n")
    export(run, "walker", tmp_path / "out", run / "report")
    assert "| med | 0 | 0.0 |" in (tmp_path / "out" / "README.md").read_text()


def test_published_parts_are_named(tmp_path, tiny_folder):
    run = make_run(tmp_path / "run", tiny_folder, "cmu", encoder="openai/clip-vit-large-patch14", decoder="my-gpt2")
    export(run, "walker", tmp_path / "out", run / "report")
    assert metadata_load(tmp_path / "out" / "README.md")["base_model"] == ["openai/clip-vit-large-patch14"]
    assert "The decoder of the text autoencoder began as my-gpt2" in (tmp_path / "out" / "LICENSE").read_text()


def test_what_does_not_belong_together_is_refused(run, tmp_path):
    def refused(*options: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--run", str(run), "--name", "walker", "--out", str(tmp_path / "out"), *options])
        assert not (tmp_path / "out").exists()
        return str(ended.value)

    Report(settings={"weights": "0123"}).write(tmp_path / "other")
    assert "is of the weights 0123, not of those in" in refused("--report", str(tmp_path / "other"))
    (run / "prepared" / "manifest.jsonl").unlink()
    assert "has no manifest.jsonl that can be read" in refused()
    shutil.rmtree(run / "model" / "mtdm")
    assert "config.json cannot be read" in refused()


def test_a_full_disk_leaves_what_was_there(run, tmp_path, full_disk):
    out = tmp_path / "checkpoints" / "walker"
    export(run, "walker", out, run / "report")
    before = digest(out)
    with full_disk(), pytest.raises(SystemExit, match="walker was not written, and what was there stays"):
        export(run, "again", out, run / "report")
    assert [path.name for path in out.parent.iterdir()] == ["walker"]
    assert digest(out) == before
    assert "# walker" in (out / "README.md").read_text()


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path):
    folder = tmp_path / "model"
    with replacing(folder) as whole:
        (whole / "weights").write_text("old")
    folder.rename(tmp_path / ".model.before")
    with pytest.raises(ZeroDivisionError), replacing(folder) as whole:
        (whole / "weights").write_text(str(1 / 0))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (folder / "weights").read_text() == "old"


def test_a_push_says_what_it_lacks(run, tmp_path, monkeypatch):
    options = ["--run", str(run), "--name", "walker", "--out", str(tmp_path / "out"), "--push"]

    def refused(name: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*options, name])
        return str(ended.value)

    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    assert "is no name of a repository of the Hub: give ORG/NAME" in refused("an org/a name")
    assert "nobody is logged in to the Hub: run `hf auth login`" in refused("org/walker")
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv("HF_TOKEN", "hf_none")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody answers there
    assert "is whole, but was not pushed to org/walker" in refused("org/walker")
    assert (tmp_path / "out" / "README.md").exists()
