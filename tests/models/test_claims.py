"""What is claimed and what is shown, and how the two are compared."""

import math
from dataclasses import replace

import pytest
import torch

from mote.checkpoint import load, save
from mote.models.claims import UNLIKELY, ClaimReader, ClaimReaderConfig

CONFIG = ClaimReaderConfig(
    motion=(2, 8),
    text=(3, 5),
    classes={"action": ("walk", "wave"), "side": ("left", "right")},
    lengths=(30, 60, 90, 120),
    width=8,
    hidden=8,
)
LEAST = math.log(UNLIKELY / (1 + UNLIKELY))


@pytest.fixture(scope="module")
def reader() -> ClaimReader:
    torch.manual_seed(0)
    return ClaimReader(CONFIG).eval()


class Sure(ClaimReader):
    """Sure of what the first numbers of each latent are: places of classes."""

    def shown(self, latents):
        return self._told(latents, 2)

    def said(self, meanings):
        return self._told(meanings, 3)

    def _told(self, latents, classes):
        rows = latents[:, 0, :2].long()
        return {
            kind: 100 * torch.nn.functional.one_hot(rows[:, place], classes).float()
            for place, kind in enumerate(self.config.classes)
        }


def latent(tokens: int, dim: int, *rows: int) -> torch.Tensor:
    """One whose first numbers are the places of an action and a side."""
    out = torch.zeros(1, tokens, dim)
    out[0, 0, :2] = torch.tensor(rows)
    return out


@pytest.mark.parametrize(
    ("shows", "says", "missed"),
    [((1, 0), (1, 0), 0), ((1, 0), (1, 1), 1), ((1, 0), (0, 1), 2), ((1, 0), (1, 2), 0), ((1, 0), (2, 2), 0)],
)
def test_each_claim_that_is_not_shown_costs_and_what_nobody_claims_costs_nothing(shows, says, missed):
    kept = Sure(CONFIG).kept(latent(2, 8, *shows), latent(3, 5, *says))
    assert kept.item() == pytest.approx(missed * LEAST, abs=1e-5)


def test_sentences_that_claim_the_same_are_alike():
    others = torch.cat([latent(3, 5, *rows) for rows in ((1, 0), (1, 1), (1, 2), (0, 1))])
    alike = Sure(CONFIG).among(others).alike(latent(3, 5, 1, 2))
    torch.testing.assert_close(alike, LEAST * torch.tensor([[1.0, 1.0, 0.0, 2.0]]), atol=1e-5, rtol=0)


def test_a_motion_shows_what_some_sentences_claim():
    others = torch.cat([latent(3, 5, *rows) for rows in ((1, 0), (1, 1), (2, 0), (0, 1))])
    shown = Sure(CONFIG).among(others).shown(latent(2, 8, 1, 0))
    torch.testing.assert_close(shown, LEAST * torch.tensor([[0.0, 1.0, 0.0, 2.0]]), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize(
    "ask", [lambda among: among.alike(torch.randn(4, 3, 5)), lambda among: among.shown(torch.randn(2, 2, 8))]
)
def test_what_was_read_on_another_device_is_taken_to_where_it_is_asked_for(reader, ask):
    """From `meta` nothing can be copied: that it cannot tells that it is tried."""
    read = reader.among(torch.randn(4, 3, 5))
    elsewhere = replace(read, claims={kind: each.to("meta") for kind, each in read.claims.items()})
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        ask(elsewhere)


@torch.no_grad()
def test_what_is_unsure_lies_between(reader):
    motions, meanings = torch.randn(6, 2, 8), torch.randn(6, 3, 5)
    kept = reader.kept(motions, meanings)
    assert kept.shape == (6,)
    assert ((kept < 0) & (kept > 2 * LEAST)).all()
    alike = reader.among(meanings).alike(meanings[:2])
    assert alike.shape == (2, 6)
    torch.testing.assert_close(alike[0, 1], alike[1, 0])
    torch.testing.assert_close(reader.kept(motions[1:2], meanings[1:2]), kept[1:2])


def test_by_what_is_measured_no_sentence_is_understood_and_a_draw_is_chosen_where_it_was_said():
    sure = Sure(replace(CONFIG, measured=("side",)))
    walks, says_left, says_right = latent(2, 8, 0, 0), latent(3, 5, 0, 0), latent(3, 5, 0, 1)
    assert sure.among(says_left).alike(says_right).item() == pytest.approx(0, abs=1e-5)
    assert sure.among(says_right).shown(walks).item() == pytest.approx(LEAST)
    waves = latent(3, 5, 1, 1)
    for meaning, said, missed in (
        (says_right, None, 0),
        (says_right, says_left, 0),
        (says_left, says_right, 1),
        (says_left, waves, 1),
        (waves, says_left, 1),
    ):
        assert sure.kept(walks, meaning, said).item() == pytest.approx(missed * LEAST, abs=1e-5)


def test_a_sentence_tells_of_motions_of_several_lengths_and_a_share_of_them_is_no_longer_than(monkeypatch):
    model = ClaimReader(CONFIG)
    shares = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 1.0, 0.0]])
    monkeypatch.setattr(model, "lasting", lambda _: shares.log())
    assert model.frames(torch.zeros(2, 3, 5), (0.05, 0.25, 0.5, 1.0)).tolist() == [[30, 60, 90, 120], [90] * 4]


def test_it_comes_back_from_its_folder(reader, tmp_path):
    save(reader, tmp_path, half=False)
    again = load(ClaimReader, ClaimReaderConfig, tmp_path)
    assert again.config == CONFIG
    latents, meanings = torch.randn(2, 2, 8), torch.randn(2, 3, 5)
    assert torch.equal(reader.shown(latents)["side"], again.shown(latents)["side"])
    assert torch.equal(reader.lasting(meanings), again.lasting(meanings))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": 10}, "does not divide"),
        ({"classes": {}}, "classes"),
        ({"classes": {"action": ()}}, "classes"),
        ({"measured": ("side", "pace")}, "not all of action, side is measured, and nothing else"),
        ({"measured": ("side", "action")}, "not all of action, side"),
        ({"lengths": ()}, "one length"),
        ({"lengths": (30, 30)}, "more than the one before"),
        ({"lengths": (0, 9)}, "more"),
    ],
)
def test_sizes_that_cannot_be_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        ClaimReaderConfig(**{**vars(CONFIG), **change})
