"""Which of several draws of a motion is kept: the one that most nearly shows what its text says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from jaxtyping import Float, Int
from torch import Tensor

from mote.coding import Limits
from mote.demands import Demand, demanded, miscounted
from mote.models.claims import ClaimReader, Claims
from mote.models.med import MED
from mote.models.retrieval import Retrieval
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.features import LAYOUT
from mote.reading import Reading
from mote.sampling import Choice

HALVED_AFTER = (0.25, 0.25, 0.375)
"""A motion made from a text is the best of eight draws; after each of these shares of the steps the better half goes on
(train/NOTES.md)."""
PAIRS = 2
"""A motion and a sentence that are made together are the better of so many such pairs, told likewise."""
CLOSENESS = 2.0
"""How much the cosine of the two counts there, beside the logarithm of the probability that the claims are kept: it
tells of what is no claim (train/NOTES.md)."""
LASTING = (0.3, 0.36, 0.42, 0.47, 0.53, 0.58, 0.64, 0.7)
"""How long a motion lasts whose length is left to the model: its draws are told the lengths that such shares of motions
do not exceed, by what the text says, and the length of the one that is kept is the motion's."""
LONGER = (0.4, 0.5, 0.58, 0.64, 0.7, 0.76, 0.82, 0.88)
"""The same where what is too long is cut: after so many steps."""
FROM_SHORT = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
"""The same where something is counted and nothing can be cut: two waves are short, and no reader says how short."""


@dataclass(frozen=True, kw_only=True)
class Chooser:
    """A reader of claims, with what tells of a draw beside it: the space of the retrieval, where there is one, and what
    is measured of a motion."""

    med: MED
    ted: TextAutoencoder
    claims: ClaimReader
    retrieval: Retrieval | None

    def asked(self, read: Reading, seconds: Sequence[float | None], samples: int) -> list[Demand]:
        """What texts ask for that is measured, for each of their samples; of motions as HumanML3D has them."""
        if self.med.config.layout != LAYOUT or read.said is None:
            return []
        told = zip(read.said, seconds, strict=True)
        asked = [demanded(saying, lasts=lasts is not None) for saying, lasts in told]
        return [demand for demand in asked for _ in range(samples)]

    def choice(self, read: Reading | None, asked: Sequence[Demand], samples: int) -> Choice:
        """How the best of several draws is kept: by what texts claim as they are said, since what they are taken to
        mean has less of their numbers, and so for how long it lasts. Where nothing was said half as many draws are
        enough.
        """
        if read is None or read.claims is None:
            return Choice(self._fits, HALVED_AFTER[1:], PAIRS)
        meanings, _ = self.ted.parts(read.heard)  # (texts, k, m)
        of, limits = asked[::samples], Limits.of(self.med.config)
        lengths = self.claims.frames(meanings, [*map(_lasting, of)] or LASTING)  # (texts, draws)
        least = [round(min(one.seconds, limits.most) * limits.fps) for one in of] or [0]
        lengths = lengths.maximum(lengths.new_tensor(least)[:, None])
        fits = partial(self._fits, claims=_repeated(read.claims, samples * len(read.texts)), asked=asked)
        return Choice(fits, HALVED_AFTER, PAIRS, lengths.repeat_interleave(samples, dim=0))

    def _fits(
        self,
        motions: Float[Tensor, "b l d"],
        texts: Float[Tensor, "b k d"],
        frames: Int[Tensor, " b"],
        claims: Claims | None = None,
        asked: Sequence[Demand] = (),
    ) -> Float[Tensor, " b"]:
        """How probable it is that motions show what texts claim, each for as many of the motions, or what is meant by
        the latents of text; how nearly they have as many steps as were asked for; and how near the two lie in the space
        of the retrieval."""
        meanings, _ = self.ted.parts(texts)
        fit = self.claims.kept(motions, _repeated(claims, len(motions)) if claims else self.claims.meant(meanings))
        each = [one for one in asked for _ in range(len(motions) // len(asked))]
        if each:
            fit = fit - miscounted(self.med, motions, frames, each)
        if self.retrieval is None:
            return fit
        places = self.retrieval.place_motions(motions), self.retrieval.place_texts(meanings)
        return fit + CLOSENESS * (places[0] * places[1]).sum(dim=-1)


def _repeated(claims: Claims, count: int) -> Claims:
    """The claims of some texts for so many motions, those of one text one after another."""
    return {kind: each.repeat_interleave(count // len(each), dim=0) for kind, each in claims.items()}


def _lasting(asked: Demand) -> tuple[float, ...]:
    """The shares by which the draws of a text get their lengths, by what it asks for."""
    if asked.cut:
        return LONGER
    return LASTING if asked.lasts or asked.counted is None else FROM_SHORT
