"""What sentences mean to a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from mote.lexicon import plainer
from mote.models.claims import ACTION, Among, ClaimReader, Claims
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.grades import COUNTED, WAVE
from mote.said import Said, said
from mote.spelled import uncounted

UNCLAIMED = math.exp(-12)
"""How probably the strangest text that can be understood claims no action (train/NOTES.md)."""
HEARD = 0.5
"""The share of the way from what a given text means to what it means in words that training had (`mote.lexicon`)."""
LIKENED = 0.6
"""The share of the way from what a given text means to what the captions nearest to it mean: unseen words do what was
asked more often (train/NOTES.md)."""
WORDED = 0.7
"""The same of what is made to be said: latents of text lie between those of sentences that all fit, and few of them are
a sentence's own (train/NOTES.md)."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Texts as they are read.

    Args:
        heard: their latents, as they are said.
        understood: their latents, as they are taken to mean.
        claims, said: what they claim and say, where the model can tell.
    """

    texts: Sequence[str]
    heard: Float[Tensor, "b k d"]
    understood: Float[Tensor, "b k d"]
    claims: Claims | None
    said: Sequence[Said] | None


class Reader:
    """A model's ear: a TED, and, where there are some, claims to understand texts by and a lexicon of other words."""

    def __init__(
        self, ted: TextAutoencoder, claims: ClaimReader | None = None, lexicon: Mapping[str, str] | None = None
    ) -> None:
        self.ted, self.claims, self.lexicon = ted, claims, lexicon or {}

    def read(self, texts: list[str]) -> Reading:
        """What texts say and mean.

        Raises:
            ValueError: a text has no words.
        """
        heard = self.heard(texts)
        claims = self.claimed(texts, heard)
        sayings = said(texts, claims, self.claims.config.classes) if self.claims and claims else None
        once = [*map(_once, texts, sayings)] if sayings else texts
        alike = self._known.alike(claims) if claims and self._known else None
        latents = heard if once == texts else self.heard(once)
        understood = self.ted.likened(latents, LIKENED, texts=once, alike=alike)
        return Reading(texts=texts, heard=heard, understood=understood, claims=claims, said=sayings)

    @torch.no_grad()
    def heard(self, texts: list[str]) -> Float[Tensor, "b k d"]:
        """Latents of texts; where one has words that training never had, a share of the way (`HEARD`) to those of the
        same in words that it had.

        Raises:
            ValueError: a text has no words.
        """
        latents = self.ted.encode(texts).float()
        both = zip(texts, self._plain(texts), strict=True)
        plain = {row: other for row, (text, other) in enumerate(both) if other != text}
        if plain:
            rows = [*plain]
            latents[rows] = torch.lerp(latents[rows], self.ted.encode([*plain.values()]).float(), HEARD)
        return latents

    @torch.no_grad()
    def claimed(self, texts: list[str], heard: Float[Tensor, "b k d"] | None = None) -> Claims | None:
        """What texts claim, by their latents as they are `heard`, by their words, and by such words as training had;
        None where the model has no `claims` to tell.

        Raises:
            ValueError: a text has no words.
        """
        if self.claims is None:
            return None
        ways = (self.ted.rows(*self.ted.tokenize(way)) for way in (texts, self._plain(texts)))
        return self.claims.claimed(self.ted.parts(self.heard(texts) if heard is None else heard)[0], *ways)

    @torch.no_grad()
    def worded(self, latents: Float[Tensor, "b k d"], motions: Float[Tensor, "b l d"] | None) -> Float[Tensor, "b k d"]:
        """Latents of text that were made, nearer to known captions: by what these claim, to such as their motions show,
        where they have any."""
        shown = None if self._known is None or motions is None else self._known.shown(motions)
        return self.ted.likened(latents, WORDED, alike=shown)

    def strangeness(self, text: str) -> float:
        """How far a text is from what the model was trained on (`MoTe.strangeness`).

        Raises:
            ValueError: the text has no words.
        """
        claims = self.claimed([text])
        if claims is None or ACTION not in claims:
            return self.ted.strangeness([text]).item()
        return (claims[ACTION][0, -1].item() / UNCLAIMED) ** (1 / 6)

    def _plain(self, texts: Sequence[str]) -> list[str]:
        """Texts in words that training had."""
        return [plainer(text, self.lexicon) for text in texts]

    @cached_property
    def _known(self) -> Among | None:
        """The captions that TED knows, where the model can tell what they claim."""
        return self.claims.among(self.ted.known_meanings()) if self.claims and self.ted.config.known else None


def _once(text: str, saying: Said) -> str:
    """The text without how often it is done, but of waves: clips of a jump show jumps, those of several much else."""
    return uncounted(text) if saying.action in COUNTED - {WAVE} else text
