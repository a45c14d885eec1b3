"""A tiny real model, its checkpoint on disk, and where the data and the committed model lie."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of each of the processes that share the tests out

import pytest
import torch
from tokenizers import Tokenizer

from mote.checkpoint import save
from mote.models.claims import ClaimReader, ClaimReaderConfig
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.models.ted import TED, TEDConfig
from mote.pipeline import MoTe
from train.claims import CLASSES
from train.teacher import make_tokenizer

COMMITTED = Path(__file__).parent.parent / "checkpoints" / "mote-open"
SENTENCES = ["a person walks forward", "a man waves his left hand", "someone turns right and jumps twice"]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of raw data that MOTE_DATA names."""
    if "MOTE_DATA" not in os.environ:
        pytest.skip("MOTE_DATA does not name a folder of raw data")
    return Path(os.environ["MOTE_DATA"])


@pytest.fixture(scope="session")
def committed() -> MoTe:
    """The model in the repository."""
    if not COMMITTED.is_dir():
        pytest.skip("there is no committed checkpoint")
    return MoTe.from_pretrained(COMMITTED, device="cpu")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of untrained networks of a few thousand weights."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    words = tokenizer()
    med = MED(MEDConfig(tokens=2, dim=8, width=16, heads=2, encoder_layers=1, decoder_layers=1, head_width=8))
    ted = TED(
        TEDConfig(
            words=words.get_vocab_size(), tokens=3, width=14, places=2, place_width=3, table_width=16, max_words=12,
            encoder_width=16, encoder_layers=1, encoder_heads=2, decoder_width=16, decoder_layers=1, decoder_heads=2,
            familiar=4,
        )
    )  # fmt: skip
    ted.set_tokenizer(words)
    mtdm = MTDM(MTDMConfig(motion_tokens=2, motion_dim=8, text_tokens=3, text_dim=14, width=16, layers=1, heads=2))
    for name, module in (("med", med), ("ted", ted), ("mtdm", mtdm)):
        save(module, folder / name)
    ted.save_tokenizer(folder / "ted")
    return folder


@pytest.fixture(scope="session")
def placed_model(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> MoTe:
    """The tiny model with a space of motions and sentences, untrained as it is."""
    folder = shutil.copytree(tiny_folder, tmp_path_factory.mktemp("placed") / "placed")
    model = MoTe.from_pretrained(folder, device="cpu")
    text = (model.ted.config.tokens, model.ted.config.meaning_width)
    torch.manual_seed(0)
    save(
        Retrieval(RetrievalConfig(motion=(2, 8), text=text, width=8, layers=1, heads=2, space=6)), folder / "retrieval"
    )
    return MoTe.from_pretrained(folder, device="cpu")


@pytest.fixture(scope="session")
def choosy_folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with an untrained reader of claims, by which it chooses among its draws."""
    folder = shutil.copytree(tiny_folder, tmp_path_factory.mktemp("choosy") / "choosy")
    torch.manual_seed(0)
    sizes = {"width": 8, "layers": 1, "heads": 2, "hidden": 8}
    lengths = (30, 40, 53, 70)
    config = ClaimReaderConfig(motion=(2, 8), text=(3, 8), classes=CLASSES, lengths=lengths, words=16, **sizes)
    save(ClaimReader(config), folder / "claims")
    return folder


@pytest.fixture(scope="session")
def choosy_model(choosy_folder: Path) -> MoTe:
    return MoTe.from_pretrained(choosy_folder, device="cpu")


@pytest.fixture(scope="session")
def tiny_model(tiny_folder: Path) -> MoTe:
    return MoTe.from_pretrained(tiny_folder, device="cpu")


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """While it lasts, no file can be written beyond a few thousand bytes."""

    @contextmanager
    def full() -> Iterator[None]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    return full


def tokenizer() -> Tokenizer:
    """A vocabulary of a few words and every letter."""
    words = sorted({word for sentence in SENTENCES for word in sentence.split()})
    letters = [mark + letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789" for mark in ("", "##")]
    return make_tokenizer(list(dict.fromkeys([*words, *letters])))
