"""A map of four sentences of which all is known: what each is nearest to, and where it stands in the picture."""

from dataclasses import replace

import torch

from mote.map import KINDS, Clip, Map
from mote.pipeline import MoTe
from mote.retrieve import Index

SENTENCES = ["a person walks", "a man waves", "someone jumps", "someone turns right"]
CORNERS = [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]


def small_map(model: MoTe) -> Map:
    """A clip for each sentence, its motions where the sentence is, in a corner of the picture."""
    clips = [
        Clip(name=f"made-up/{row}", sentence=text, action=text.split()[-1], style="elderly" if row > 1 else None)
        for row, text in enumerate(SENTENCES)
    ]
    empty = Map(
        clips=tuple(clips),
        places=torch.ones(len(KINDS), len(clips), 6),
        points=torch.tensor(CORNERS).expand(len(KINDS), -1, -1),
        latents=torch.randn(4, 2, 8, generator=torch.Generator().manual_seed(0)),
        digest=model.digest,
    )
    index = Index(empty, model)
    places = torch.stack([index.model.place(text) for text in SENTENCES])
    return replace(empty, places=places.expand(len(KINDS), -1, -1))
