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
    words=6,
    width=8,
    hidden=8,
    word_hidden=8,
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
    sure = Sure(CONFIG)
    kept = sure.kept(latent(2, 8, *shows), sure.claimed(latent(3, 5, *says)))
    assert kept.item() == pytest.approx(missed * LEAST, abs=1e-5)


def test_sentences_that_claim_the_same_are_alike():
    others = torch.cat([latent(3, 5, *rows) for rows in ((1, 0), (1, 1), (1, 2), (0, 1))])
    sure = Sure(CONFIG)
    alike = sure.among(others).alike(sure.claimed(latent(3, 5, 1, 2)))
    torch.testing.assert_close(alike, LEAST * torch.tensor([[1.0, 1.0, 0.0, 2.0]]), atol=1e-5, rtol=0)


def test_a_motion_shows_what_some_sentences_claim():
    others = torch.cat([latent(3, 5, *rows) for rows in ((1, 0), (1, 1), (2, 0), (0, 1))])
    shown = Sure(CONFIG).among(others).shown(latent(2, 8, 1, 0))
    torch.testing.assert_close(shown, LEAST * torch.tensor([[0.0, 1.0, 0.0, 2.0]]), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize(
    "ask",
    [
        lambda among: among.alike(among.reader.claimed(torch.randn(4, 3, 5))),
        lambda among: among.shown(torch.randn(2, 2, 8)),
    ],
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
    kept = reader.kept(motions, reader.claimed(meanings))
    assert kept.shape == (6,)
    assert ((kept < 0) & (kept > 2 * LEAST)).all()
    alike = reader.among(meanings).alike(reader.claimed(meanings[:2]))
    assert alike.shape == (2, 6)
    torch.testing.assert_close(alike[0, 1], alike[1, 0])
    torch.testing.assert_close(reader.kept(motions[1:2], reader.claimed(meanings[1:2])), kept[1:2])


def test_by_what_is_measured_no_sentence_is_understood_and_what_nobody_said_claims_none_of_it():
    sure = Sure(replace(CONFIG, measured=("side",)))
    walks, says_left, says_right = latent(2, 8, 0, 0), latent(3, 5, 0, 0), latent(3, 5, 0, 1)
    assert sure.among(says_left).alike(sure.claimed(says_right)).item() == pytest.approx(0, abs=1e-5)
    assert sure.among(says_right).shown(walks).item() == pytest.approx(LEAST)
    assert sure.kept(walks, sure.claimed(says_right)).item() == pytest.approx(LEAST, abs=1e-5)
    assert sure.kept(walks, sure.meant(says_right)).item() == pytest.approx(0, abs=1e-5)
    assert sure.kept(walks, sure.meant(latent(3, 5, 1, 1))).item() == pytest.approx(LEAST, abs=1e-5)


@torch.no_grad()
def test_what_is_claimed_is_told_by_meanings_and_by_every_way_to_put_it(reader):
    meanings, words, others = torch.randn(4, 3, 5), torch.randn(4, 7, 6), torch.randn(4, 5, 6)
    both = reader.claimed(meanings, words, others)
    for kind, names in CONFIG.classes.items():
        one, other, third = (
            logits[kind] for logits in (reader.said(meanings), reader.words(words), reader.words(others))
        )
        assert both[kind].shape == (4, len(names) + 1)
        product = one.softmax(dim=-1) * other.softmax(dim=-1) * third.softmax(dim=-1)
        torch.testing.assert_close(both[kind], product / product.sum(dim=-1, keepdim=True))
        assert not torch.allclose(both[kind], reader.claimed(meanings)[kind])


@torch.no_grad()
def test_words_are_read_in_their_order_and_what_is_no_word_is_not_read(reader):
    words = torch.randn(2, 4, 6)
    read = reader.words(words)["action"]
    padded = torch.nn.functional.pad(words, (0, 0, 0, 5))
    torch.testing.assert_close(reader.words(padded)["action"], read)
    assert not torch.allclose(reader.words(words.flip(1))["action"], read)
    nothing = reader.words(torch.zeros(2, 4, 6))["action"]
    torch.testing.assert_close(nothing, reader.words.says["action"].bias.expand(2, -1))


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
