"""A decoder that learns by how well its own sentences agree with people's."""

import torch

from mote.models.ted import TED
from mote.pipeline import MoTe
from train.critical import agreement, risk


def test_what_more_people_say_agrees_more():
    people = ["a person walks ahead", "a person walks forward", "somebody walks forward"]
    others = ["a man waves", "a man waves both hands"]
    said = ["a person walks forward", "somebody walks ahead", "a man waves"]
    best, some, none, other = agreement([*said, "a man waves"], [people, people, people, others]).tolist()
    assert best > some > none == 0
    assert other > 0


def likelier(ted: TED, latents: torch.Tensor, ids: torch.Tensor) -> list[float]:
    """How much likelier the last of the sentences of each latent is than the first, in logarithms."""
    each = ted.write(latents.repeat_interleave(len(ids) // len(latents), dim=0), ids).log_softmax(dim=-1)
    there = torch.nn.functional.pad((ids == ted.end).cumsum(dim=1), (1, -1)) == 0
    likely = (each.gather(-1, ids[..., None])[..., 0] * there).sum(dim=1).view(len(latents), -1)
    return (likely[:, -1] - likely[:, 0]).tolist()


def test_the_sentence_that_agrees_best_becomes_likelier(tiny_folder):
    ted = MoTe.from_pretrained(tiny_folder, device="cpu").ted
    with torch.no_grad():
        latents = ted.read(*ted.tokenize(["a person walks forward", "someone jumps twice"]))
        ids = ted.search(latents, ted.config.beams)
        found, before = ted.spoken(ids), likelier(ted, latents, ids)
    count = len(found) // 2
    assert found[0] != found[count - 1]
    learning = torch.optim.SGD([*ted.decoder.parameters(), *ted.from_latent.parameters()], lr=0.1)
    loss, agreed = risk(ted, latents, [[found[count - 1]], [found[-1]]])
    loss.backward()
    learning.step()
    with torch.no_grad():
        after = likelier(ted, latents, ids)
    assert all(now > once for now, once in zip(after, before, strict=True))
    assert -10 <= loss.item() <= 0 <= agreed
