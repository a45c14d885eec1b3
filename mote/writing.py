"""The sentences of latents that the denoiser made."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from mote.coding import decode_texts
from mote.models.med import MEDConfig
from mote.models.words import wordless
from mote.motion.facts import measure
from mote.motion.features import LAYOUT
from mote.motion.motion import Motion
from mote.motion.retarget import fit
from mote.reading import Reader
from mote.said import said, truth


def written(
    reader: Reader,
    config: MEDConfig,
    latents: Float[Tensor, "b k d"],
    motion_latents: Float[Tensor, "b l dm"] | None,
    shown: Sequence[Motion],
    count: int,
) -> list[str]:
    """The sentences of `count` latents of text, or of as many and those of their motions' mirror images; where the
    motions are there and can be measured, of those that beam search found the one that says most that is so and least
    that is not."""
    latents, ted, claims = reader.worded(latents, motion_latents), reader.ted, reader.claims
    if claims is None or config.layout != LAYOUT or not shown:
        return decode_texts(ted, latents, count)
    texts = decode_texts(ted, latents, count, ted.config.beams)
    spoken = {row: text for row, text in enumerate(texts) if not wordless(text)}
    if not spoken:
        return texts[:: len(texts) // count]
    said_in = said([*spoken.values()], reader.claimed([*spoken.values()]) or {}, claims.config.classes)
    facts = [measure(fit(motion, config.skeleton)) for motion in shown]
    each, so = len(texts) // count, [-math.inf] * len(texts)
    for row, saying in zip(spoken, said_in, strict=True):
        so[row] = truth(saying, facts[row // each])
    best = (max(range(row, row + each), key=so.__getitem__) for row in range(0, len(texts), each))
    return [texts[row] for row in best]
