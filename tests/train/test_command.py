"""Every command that is given a wrong folder says so in one sentence, whatever is wrong with the folder."""

import json
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from train.command import command
from train.evaluate_prompts import CALLED
from train.report import Report

WITHOUT_OUT = ("data", "lexicon", "real", "repetition", "vocabulary")
WRITTEN = (
    "config.json", "med/config.json", "model/med/config.json", "manifest.jsonl", "prepared/manifest.jsonl",
    "humanml3d/captions_part.json", "kit-ml/annotations.json", "report.json", "finest.tar", "index.csv", "form.json",
    "new_joint_vecs/a.npy", "tokenizer.json",
)  # fmt: skip
"""Files that the commands look for in the folders that they are given."""
COMMANDS = (
    "alignment --model MODEL --data BAD",
    "alignment --model BAD --data PREPARED",
    "data BAD",
    "claims --prepared BAD --models MODEL",
    "claims --prepared PREPARED --models BAD",
    "decoder --data RAW --prepared BAD --models MODEL",
    "decoder --data RAW --prepared PREPARED --models BAD",
    "evaluate --model BAD --data PREPARED --parts ted",
    "evaluate --model MODEL --data BAD --parts ted",
    "evaluate --model MODEL --data PREPARED --parts body --evaluator BAD",
    "evaluate --model MODEL --data PREPARED --parts ted --matching BAD",
    "evaluate --model MODEL --data PREPARED --parts protocol --official BAD",
    "evaluate --model MODEL --data PREPARED --parts ted --bert BAD",
    "evaluator --data BAD",
    "examples --model BAD",
    "export --run BAD --name walker",
    "focus --actions walk --prepared BAD --models MODEL --start MODEL/mtdm",
    "focus --actions walk --prepared PREPARED --models BAD --start MODEL/mtdm",
    "focus --actions walk --prepared PREPARED --models MODEL --start BAD",
    "generate --model BAD --file PROMPTS",
    "generate --model MODEL --file BAD/prompts.txt",
    "lexicon --model BAD --data PREPARED",
    "lexicon --model MODEL --data BAD",
    "map --model BAD --data PREPARED",
    "map --model MODEL --data BAD",
    "match --data BAD --words MODEL/ted",
    "match --data PREPARED --words BAD",
    "med --data BAD",
    "med --data PREPARED --start BAD",
    "mtdm --prepared BAD --models MODEL",
    "mtdm --prepared PREPARED --models BAD",
    "mtdm --prepared PREPARED --models MODEL --start BAD",
    "plots --reports BAD/report.json",
    "prefer --prepared BAD --models MODEL --start MODEL/mtdm",
    "prefer --prepared PREPARED --models BAD --start MODEL/mtdm",
    "prefer --prepared PREPARED --models MODEL --start BAD",
    "prepare.__main__ --data BAD",
    "prepare.__main__ --data BAD --layout kit-ml",
    "prepare.amass --index BAD/index.csv",
    "real --data PREPARED --model BAD",
    "real --data BAD --model MODEL",
    "refine --prepared BAD --models MODEL --start MODEL/mtdm",
    "refine --prepared PREPARED --models BAD --start MODEL/mtdm",
    "refine --prepared PREPARED --models MODEL --start BAD",
    "repetition --model BAD --ted MODEL/ted --data PREPARED",
    "repetition --model MODEL --ted BAD --data PREPARED",
    "repetition --model MODEL --ted MODEL/ted --data BAD",
    "retrieval --prepared BAD --models MODEL",
    "retrieval --prepared PREPARED --models BAD",
    "run --data BAD",
    "run --data SOURCES --start BAD",
    "speed --data RAW --prepared BAD",
    "ted --data BAD",
    "ted --data RAW --manifest BAD/manifest.jsonl",
    "ted --data RAW --start BAD",
    "vocabulary --data PREPARED --report BAD/report.json",
    "vocabulary --data BAD --report REPORT/report.json",
    "wording --data BAD --prepared PREPARED --ted MODEL/ted",
    "wording --data RAW --prepared BAD --ted MODEL/ted",
    "wording --data RAW --prepared PREPARED --ted BAD",
)
"""BAD is wrong in each way, the other names in capitals are right."""


@pytest.fixture(scope="module")
def right(choosy_folder, tmp_path_factory) -> dict[str, str]:
    """What the names in capitals stand for."""
    folder = tmp_path_factory.mktemp("right")
    (folder / "PREPARED" / "features").mkdir(parents=True)
    records = [
        {
            "name": split, "split": split, "source": "made-up", "licence": "none", "frames": 40, "action": "walk",
            "style": None, "side": None, "captions": ["a person walks"], "mirrored_captions": ["a person walks"],
            "held_out": [False], "tokens": [["a/DET", "person/NOUN", "walk/VERB"]],
        }
        for split in ("train", "val", "test")
    ]  # fmt: skip
    for record in records:
        np.save(folder / "PREPARED" / "features" / f"{record['name']}.npy", np.zeros((40, 263), np.float16))
    (folder / "PREPARED" / "manifest.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "SOURCES" / "cmu").mkdir(parents=True)
    for name in ("humanml3d", "kit-ml"):
        (folder / "RAW" / name).mkdir(parents=True)
    clip = {"split": "train", "captions": ["a person walks"]}
    (folder / "RAW" / "humanml3d" / "captions_part.json").write_text(json.dumps({"1": clip}))
    (folder / "RAW" / "kit-ml" / "annotations.json").write_text("{}")
    (folder / "RAW" / "kit-ml" / "train.txt").write_text("")
    Report(settings={}, groups={f"{CALLED}, by action": {}}).write(folder / "REPORT")
    (folder / "PROMPTS").write_text("a person walks\n")
    return {path.name: str(path) for path in folder.iterdir()} | {"MODEL": str(choosy_folder)}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory) -> list[Path]:
    """Folders that are not what any command asks for."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "empty").mkdir()
    (folder / "file").write_text("no folder")
    for name, content in (("corrupt", b"\x93NUMPY\xff{half"), ("foreign", b'{"of": ["another", "program"]}')):
        for path in WRITTEN:
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_bytes(content)
    return [folder / "missing", *sorted(folder.iterdir())]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_wrong_folder_ends_a_command_with_a_sentence(words, right, wrong, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # nothing is written beside the tests
    name, *given = words.split()
    module = import_module(f"train.{name}")
    out = [] if name in WITHOUT_OUT else ["--out", str(tmp_path / "out")]
    for bad in wrong:
        names = right | {"BAD": str(bad)}
        arguments = [re.sub("[A-Z]{3,}", lambda found, names=names: names[found[0]], word) for word in given]
        with pytest.raises(SystemExit) as ended:
            module.main([*arguments, *out])
        code, errors = ended.value.code, capsys.readouterr().err
        assert code, "a failure"
        sentence = str(code) if isinstance(code, str) else errors.splitlines()[-1]
        assert str(bad) in sentence
        assert "\n" not in sentence


def test_a_fault_of_a_library_keeps_its_traceback():
    @command
    def main(arguments):
        np.zeros(3).reshape(2)

    with pytest.raises(ValueError, match="reshape"):
        main([])
