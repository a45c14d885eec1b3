"""Sizes by name: ours are those of the model that is here, the paper's make the networks that they say."""

import argparse
import json

import pytest
import torch

from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.ted_pretrained import PretrainedTED, PretrainedTEDConfig
from tests.conftest import COMMITTED
from train import sizes

CLIP_L = {
    "model_type": "clip_text_model", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "vocab_size": 49408,
}  # fmt: skip


def asked(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    sizes.add_arguments(parser)
    parser.add_argument("--layers", type=int)
    return parser.parse_args(options)


@pytest.mark.parametrize(("part", "config"), [("med", MEDConfig), ("mtdm", MTDMConfig)])
def test_our_own_are_those_of_the_model_that_is_here(part, config):
    values = json.loads((COMMITTED / part / "config.json").read_text())
    latents = {name: values[name] for name in values if part == "mtdm" and name[:5] in ("motio", "text_")}
    made = config(**sizes.fields(asked(), part), **latents)
    assert {name: getattr(made, name) for name in values if name != "lengths"} == {
        name: value for name, value in values.items() if name != "lengths"
    }


def test_the_paper_s_are_as_large_as_mld_s():
    paper = sizes.SIZES["paper"]
    text = {"text_tokens": paper["ted"]["tokens"], "text_dim": paper["ted"]["width"]}
    motion = {"motion_tokens": paper["med"]["tokens"], "motion_dim": paper["med"]["dim"]}
    with torch.device("meta"):
        med = MED(MEDConfig(**paper["med"]))
        ted = PretrainedTED(PretrainedTEDConfig(encoder=CLIP_L, decoder={"model_type": "gpt2"}, **paper["ted"]))
        mtdm = MTDM(MTDMConfig(**paper["mtdm"], **motion, **text))
    assert len(med.encoder.blocks) == len(med.decoder.blocks) == len(mtdm.blocks) == 9
    assert mtdm.blocks[0].motion.mlp.inner.out_features == 1024
    millions = [round(sum(weight.numel() for weight in part.parameters()) / 1e6) for part in (med, ted, mtdm)]
    assert millions == [19, 250, 19]


def test_what_is_asked_for_goes_before_the_size():
    assert sizes.fields(asked("--size", "paper"), "mtdm", "layers")["layers"] == 9
    assert sizes.fields(asked("--size", "paper", "--layers", "2"), "mtdm", "layers")["layers"] == 2
    assert sizes.fields(asked(), "mtdm", "layers") == {"layers": 3}
