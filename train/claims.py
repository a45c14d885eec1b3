"""Beside stage 3: what a sentence claims and what a motion shows, told from latents (`mote.models.claims`).

A motion is told by its clip's labels and by what was measured, a sentence by what it says, and by how long its clip
lasts; most of the sentences are captions in other words (`Paraphraser`), since that is what they are read for, and most
that are read by their words are captions as they are. Latents are blurred: what a denoiser makes is not quite a clip's;
so are words, for others that mean about the same.

It reads latents alone and never judges in `train.evaluate`, whose evaluator reads joints and was trained apart from it.

Run as `python -m train.claims --prepared PREPARED --models MODELS --out RUN`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from mote.checkpoint import load, load_ted, save
from mote.models.claims import ClaimReader, ClaimReaderConfig
from mote.models.med import MED, MEDConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.facts import Facts
from mote.motion.grades import pace, path, raised_to, times, turned
from mote.motion.signals import FPS
from train.command import command
from train.cuts import with_counted
from train.data import Clips
from train.engine import engine, on_main
from train.loop import FitConfig, add_arguments, asked, fit
from train.observe import shown_side
from train.pairs import Draw, Motions, encode_texts
from train.prepare.actions import ACTIONS, action_group, find_action
from train.prepare.reading import Claims, read_caption, with_seconds
from train.prepare.words import STYLES, style_group

CLASSES: Mapping[str, tuple[str, ...]] = {
    "action": tuple(sorted({action.group for action in ACTIONS.values()})),
    "style": tuple(STYLES),
    "side": ("left", "right", "both"),
    "turn": ("left", "right"),
    "speed": ("slow", "steady", "fast"),
    "steps": tuple(str(count) for count in range(2, 13)),
    "meters": ("1", "1.5", "2", "2.5", "3", "3.5", "4", "5", "6", "7", "8.5", "10"),
    "seconds": tuple(str(count) for count in range(2, 11)),
    "times": tuple(str(count) for count in range(2, 11)),
    "path": ("straight", "curve", "circle"),
    "turned": ("slight", "quarter", "half", "full"),
    "raised": ("chest", "shoulder", "head", "over"),
    "stops": ("True", "False"),
}
"""What is told, by the names of what `read_caption` reads; meters are told by the nearest."""
LABELLED = "action", "style", "side", "turn", "speed"
"""What tells apart what clips show; the rest is measured, and a matter of degree."""
UNKNOWN = -100
"""The class where nothing is to be told; cross-entropy ignores it."""
NOISE = 0.6
"""The largest deviation that is added to standardised latents of motions: what is told of a noisy one changes little
between latents that look alike, so that following it does not lead away from them."""
SECONDS = 2, 10
"""From how many, and below how many, seconds a sentence names that is to name others."""
LENGTHS = 24
"""How many lengths are told apart, each so many times the one before."""
Losses = dict[str, Float[Tensor, ""]]
"""Cross-entropy by kind."""


@dataclass(frozen=True, kw_only=True)
class ClaimsTraining:
    """How it is trained.

    Args:
        batch, texts: clips and sentences of a step.
        styled: share of the sentences that name a style, of which few do.
        noise: the largest deviation that is added to the latents of motions; each has its own share of it.
        text_noise: the deviation that is added to meanings.
        word_noise: the length, about, of what is added to each word, which is one of itself.
        forgotten: the share of words that are left out.
        as_written: the share of the sentences read by their words that are captions as they are.
        smoothing: what is surely said is taken for so little less than sure (Szegedy et al. 2016, section 7).
        length_smoothing: the deviation, in steps from a length to the next, that a clip's own is taken to have.
        trims: copies of each clip with a little cut off, as in `train.mtdm.MTDMTraining`.
        sentences: for each clip; random captions of it.
        reworded: how often such a sentence is in other words.
        retimed: how often one that names seconds names others.
    """

    batch: int = 128
    texts: int = 256
    styled: float = 0.5
    noise: float = NOISE
    text_noise: float = 0.3
    word_noise: float = 0.5
    forgotten: float = 0.1
    as_written: float = 0.6
    smoothing: float = 0.02
    length_smoothing: float = 0.7
    trims: int = 2
    sentences: int = 6
    reworded: float = 0.7
    retimed: float = 0.5


def blurred(latents: Float[Tensor, "b n d"], noise: float, chance: torch.Generator) -> Float[Tensor, "b n d"]:
    """The latents with noise, each with its own share of the largest."""
    scale = noise * torch.rand(len(latents), 1, 1, generator=chance)
    return latents + (scale * torch.randn(latents.shape, generator=chance)).to(latents)


def shown(record: Mapping[str, Any], *, mirrored: bool) -> dict[str, str | None]:
    """What a clip shows, by its labels and by what was measured; None where that is not clear."""
    facts = Facts.of(record["facts"])
    kind = ACTIONS[find_action(record["action"])[0]].kind
    action = action_group(record["action"])
    sides = {
        "side": record["side"] or shown_side(kind, facts),
        "turn": shown_side("turn", facts),
    }
    if mirrored:
        other = {"left": "right", "right": "left"}
        sides = {name: other.get(side or "", side) for name, side in sides.items()}
    style = record["style"] and style_group(record["style"])
    travels = kind in ("travel", "turn")
    measured = {
        "steps": facts.steps if travels else None,
        "meters": _nearest(facts.distance) if travels else None,
        "seconds": round(facts.seconds),
        "times": times(action, record["side"], facts),
        "path": path(facts) if travels else None,
        "turned": turned(facts),
        "raised": raised_to(record["side"], facts) if kind == "hand" else None,
        "stops": facts.stops if travels else None,
    }
    return {"action": action, "style": style, "speed": pace(action, facts), **sides, **_told(measured)}


def _told(values: Mapping[str, object]) -> dict[str, str | None]:
    """The names of the classes of some values, which may have none."""
    return {kind: None if value is None else str(value) for kind, value in values.items()}


def _nearest(meters: float) -> str | None:
    """The class of a way; None for one that is too short to be told."""
    least, *_ = told = [float(name) for name in CLASSES["meters"]]
    if meters < 0.75 * least:
        return None
    return CLASSES["meters"][int(np.abs(np.log(np.array(told) / meters)).argmin())]


def subject(record: Mapping[str, Any], *, mirrored: bool) -> tuple[str | None, ...]:
    """All that tells whether two clips show the same: the action itself, and what is LABELLED."""
    seen = shown(record, mirrored=mirrored)
    return find_action(record["action"])[0], *(seen[kind] for kind in LABELLED)


def classes(told: Sequence[Mapping[str, str | None]]) -> dict[str, Int[Tensor, " n"]]:
    """The number of each class; UNKNOWN for None and for what has no class."""
    places = {kind: {name: row for row, name in enumerate(names)} for kind, names in CLASSES.items()}
    return {kind: torch.tensor([rows.get(one[kind] or "", UNKNOWN) for one in told]) for kind, rows in places.items()}


def claimed(said: Claims) -> dict[str, str | None]:
    """What a sentence says, by the kinds of CLASSES."""
    said_of = {kind: getattr(said, kind) for kind in CLASSES}
    return _told(said_of | {"meters": said.meters and _nearest(said.meters)})


def entropies(logits: Mapping[str, Tensor], wanted: Mapping[str, Int[Tensor, " b"]], smoothing: float = 0.0) -> Losses:
    """Cross-entropy of each kind over what is known of it; 0 where nothing is."""
    out = {}
    for kind, scores in logits.items():
        known, rows = wanted[kind] != UNKNOWN, wanted[kind]
        out[kind] = (
            F.cross_entropy(scores[known], rows[known], label_smoothing=smoothing) if known.any() else scores.sum() * 0
        )
    return out


def lengths(least: int, most: int) -> tuple[int, ...]:
    """LENGTHS of them in frames from the least to the most, each so many times the one before, but whole."""
    return tuple(sorted({round(float(length)) for length in np.geomspace(least, most, LENGTHS)}))


def near_lengths(frames: Int[Tensor, " b"], told: Sequence[int], smoothing: float) -> Float[Tensor, "b lengths"]:
    """What is told of clips of so many frames: a normal distribution over the logarithms of the lengths, cut off."""
    places = torch.tensor(told, device=frames.device).log()
    step = (places[-1] - places[0]) / max(1, len(told) - 1)
    away = (frames[:, None].log() - places) / step.clamp(min=1e-6)
    return (-(away / smoothing).square() / 2).softmax(dim=-1)


class Examples:
    """Latents and what they tell: motions with what their clips show, sentences about them with what these claim.

    A share of the sentences that name seconds name others (`retimed`), and tell of so long a motion then: hardly a clip
    is as short or as long as somebody may ask for.
    """

    def __init__(
        self,
        motions: Motions,
        ted: TextAutoencoder,
        *,
        sentences: int = 1,
        reworded: float = 0.0,
        retimed: float = 0.0,
        as_written: float = 0.0,
    ) -> None:
        self.motions, self.ted = motions, ted
        told = [shown(record, mirrored=mirrored) for mirrored in (False, True) for record in motions.records]
        self.shown = classes(told)
        drawn = [motions.sentences(reworded, torch.Generator().manual_seed(number)) for number in range(sentences)]
        said = [sentence for _, texts in drawn for sentence in texts]
        heard = [read_caption(motions.captions[row]) for rows, _ in drawn for row in rows]
        self.frames = motions.frames[0].repeat(sentences)
        """How long the clip lasts that each sentence is about, or how long the sentence says."""
        chance = torch.Generator().manual_seed(0)
        others = torch.randint(*SECONDS, (len(said),), generator=chance).tolist()
        for row in (torch.rand(len(said), generator=chance) < retimed).nonzero()[:, 0].tolist():
            if heard[row].seconds is not None:
                said[row], heard[row] = with_seconds(said[row], others[row]), replace(heard[row], seconds=others[row])
                self.frames[row] = others[row] * FPS
        self.meaning, _ = ted.parts(encode_texts(ted, said))  # (sentences 2 clips, k, m)
        written = motions.captions if as_written else []
        claims = classes([*map(claimed, [*heard, *map(read_caption, written)])])
        self.claimed = {kind: rows.masked_fill(rows == UNKNOWN, len(CLASSES[kind])) for kind, rows in claims.items()}
        """The class of what each sentence claims, the last where it claims nothing, (sentences 2 clips); and then of
        what each caption as it is does, if any are read so."""
        self.tokens = ted.tokenize([*said, *written])
        self.weights = motions.weights.repeat(sentences)
        counts = motions.first.diff()
        own = (motions.weights / counts).repeat_interleave(counts)[: len(written)]
        shares = (1 - as_written) * self.weights / self.weights.sum(), as_written * own / own.sum()
        self.word_weights = torch.cat(shares)
        """How often each is read by its words."""
        self.styled = (claims["style"] != UNKNOWN).float()

    def entropies(self, model: ClaimReader, drawn: Draw, chance: torch.Generator, training: ClaimsTraining) -> Losses:
        """Those of some clips in some of their copies, and of some sentences."""
        where, clips, rows = engine().device, drawn.clips, self._sentences(self.weights, training, chance)
        seen = model.shown(blurred(self.motions.motion[drawn.copies, clips].to(where), training.noise, chance))
        meanings = self.meaning[rows]
        meanings = (meanings + training.text_noise * torch.randn(meanings.shape, generator=chance)).to(where)
        losses = entropies(seen, {kind: shown[clips].to(where) for kind, shown in self.shown.items()})
        others = entropies(model.said(meanings), self._wanted(rows), training.smoothing)
        near = near_lengths(self.frames[rows].to(where), model.config.lengths, training.length_smoothing)
        others["length"] = F.cross_entropy(model.lasting(meanings), near)
        rows = self._sentences(self.word_weights, training, chance)
        words = self.words(rows)
        noise = training.word_noise * words.shape[-1] ** -0.5 * torch.randn(words.shape, generator=chance).to(where)
        left = (torch.rand(words.shape[:2], generator=chance) >= training.forgotten).to(where)
        there = words.any(dim=-1) & left
        read = entropies(model.words((words + noise) * there[..., None]), self._wanted(rows), training.smoothing)
        losses |= {f"read {kind}": value for kind, value in read.items()}
        return losses | {f"said {kind}": value for kind, value in others.items()}

    def words(self, rows: Int[Tensor, " b"]) -> Float[Tensor, "b n w"]:
        """The words of some sentences, on the device that is in use."""
        ids, mask = (each[rows].to(engine().device) for each in self.tokens)
        return self.ted.rows(ids, mask)

    def _wanted(self, rows: Int[Tensor, " b"]) -> dict[str, Tensor]:
        """What some sentences claim, likewise."""
        return {kind: claimed[rows].to(engine().device) for kind, claimed in self.claimed.items()}

    def _sentences(
        self, weights: Float[Tensor, " n"], training: ClaimsTraining, chance: torch.Generator
    ) -> Int[Tensor, " texts"]:
        """The places of some sentences by their weights, a share of them such as name a style, if any does."""
        naming = weights * self.styled[: len(weights)]
        styled = round(training.styled * training.texts) if naming.any() else 0
        draws = [(weights, training.texts - styled), (naming, styled)]
        return torch.cat(
            [torch.multinomial(each, count, replacement=True, generator=chance) for each, count in draws if count]
        )


@torch.no_grad()
def accuracy(model: ClaimReader, examples: Examples) -> dict[str, float]:
    """How often each kind is told right: of whole clips, without noise, of their sentences and of the words of these;
    and by how much a length is off, as the mean size of the logarithm of its ratio to the clip's."""
    where = engine().device
    seen = model.shown(examples.motions.motion[0].to(where))
    heard = model.said(examples.meaning.to(where))
    read = model.words(examples.words(torch.arange(len(examples.meaning))))
    told = [(kind, seen[kind], rows) for kind, rows in examples.shown.items()]
    for name, scores in ("said", heard), ("read", read):
        told += [(f"{name} {kind}", scores[kind], rows) for kind, rows in examples.claimed.items()]
    figures = {}
    for name, scores, wanted in told:
        known = wanted != UNKNOWN
        figures[name] = (scores.argmax(dim=-1).cpu() == wanted)[known].float().mean().item()
    half = model.frames(examples.meaning.to(where), (0.5,))[:, 0].cpu()
    figures["length off"] = (half / examples.frames).log().abs().mean().item()
    return figures


def train(prepared: Path, models: Path, out: Path, training: ClaimsTraining, fitting: FitConfig) -> ClaimReader:
    """Fit both readers on the training split's latents of `models/med` and `models/ted`, and save them to `out`."""
    where = engine().device
    med, ted = load(MED, MEDConfig, models / "med", where), load_ted(models / "ted", where)
    motions = Motions(med, with_counted(Clips.load(prepared, "train")), trims=training.trims)
    examples = Examples(
        motions,
        ted,
        sentences=training.sentences,
        reworded=training.reworded,
        retimed=training.retimed,
        as_written=training.as_written,
    )
    validation = Examples(Motions(med, Clips.load(prepared, "val")), ted)
    torch.manual_seed(fitting.seed)
    config = ClaimReaderConfig(
        motion=(med.config.tokens, med.config.dim),
        text=(ted.config.tokens, ted.config.meaning_width),
        words=ted.words.shape[1],
        classes=CLASSES,
        measured=tuple(kind for kind in CLASSES if kind not in LABELLED),
        lengths=lengths(med.config.min_frames, med.config.max_frames),
    )

    def loss(model: ClaimReader, drawn: Draw, chance: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        losses = examples.entropies(model, drawn, chance, training)
        return torch.stack([*losses.values()]).sum(), {name: value.item() for name, value in losses.items()}

    model = fit(
        ClaimReader(config).to(where),
        lambda _, chance: motions.draw(training.batch, chance),
        loss,
        config=fitting,
        out=out,
        validate=lambda model: accuracy(model, validation),
    )
    on_main(save, model, out)
    return model


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--models", type=Path, required=True, help="the folder with med and ted")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run that was stopped goes on")
    add_arguments(parser, minutes=15, lr=1e-3, steps=5000)
    options = parser.parse_args(arguments)
    fitting = FitConfig(**asked(options), weight_decay=0.05, ema=0.99, validate_every=200)
    train(options.prepared, options.models, options.out, ClaimsTraining(), fitting)


if __name__ == "__main__":
    main()
