"""The part of the evaluation that the field's tables are made of: Guo et al.'s protocol on their evaluator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from train.engine import on_main
from train.evaluation import Evaluation, Settings
from train.lemmas import lemmatised
from train.metrics_motion import (
    PRECISION,
    SCORES,
    Embeddings,
    Repeated,
    frechet_distance,
    matching_distance,
    multimodality,
    pools,
    r_precision,
    repeat,
    scores,
)
from train.metrics_text import against_references, load_bert
from train.protocol import Draw, Guo, references, whole

MOTION_TABLE = "text-to-motion, protocol of Guo et al."
TEXT_TABLE = "motion-to-text, protocol of Guo et al."
REFERENCE_TABLE = "motion-to-text, against three references"
RETRIEVAL_TABLE = "retrieval, in the space of the published evaluator"
OVERALL = ("R@1 of all", "R@2 of all", "R@3 of all")

Tables = dict[str, dict[str, dict[str, Repeated]]]


@torch.inference_mode()
def follow(evaluation: Evaluation) -> None:
    """Text-to-motion, motion-to-text and retrieval both ways, each table with the row of real clips first.

    That row is printed before anything is made, since it tells whether the evaluator is read right: on HumanML3D's test
    split R-precision is .511, .703 and .797, and MM-Dist 2.97.
    """
    assert evaluation.official is not None
    guo, settings, tables = Guo(evaluation, evaluation.official), evaluation.settings, evaluation.report.tables
    real = dict(zip(SCORES, repeat(lambda _, chance: _real(guo, chance), *_times(settings)), strict=True))
    on_main(print, "real clips:", ", ".join(f"{name} {figure}" for name, figure in real.items()))
    made = repeat(lambda number, chance: _made(guo, number, chance), *_times(settings))
    tables[MOTION_TABLE] = {"real": real, "generated": dict(zip((*SCORES, "MultiModality"), made, strict=True))}
    every = whole([len(features) for features in guo.features], evaluation.drawn)
    captions = guo.written(every)
    tagged = [evaluation.official.lemmas.tokens(caption) for caption in captions]
    tables |= _find(guo, every, evaluation.official.embed_captions(tagged), settings)
    tables[REFERENCE_TABLE] = _compare(guo, captions, tagged, evaluation.bert)


def _real(guo: Guo, chance: np.random.Generator) -> list[float]:
    """SCORES of real clips; their FID is to the same clips drawn again, which tells what the cutting alone makes."""
    drawn, again = guo.draw(chance), guo.draw(chance)
    motions = guo.real(drawn)
    return scores(guo.said(drawn), motions, frechet_distance(guo.real(again), motions), chance)


def _made(guo: Guo, number: int, chance: np.random.Generator) -> list[float]:
    """SCORES of motions made for the captions of real clips, and their MultiModality."""
    drawn, again = guo.draw(chance), guo.draw(chance)
    motions = guo.made(drawn, number)
    figures = scores(guo.said(drawn), motions, frechet_distance(guo.real(again), motions), chance)
    return [*figures, multimodality(guo.several(drawn, number), chance)]


def _compare(
    guo: Guo, captions: Sequence[str], tagged: Sequence[Sequence[str]], bert: Path | None
) -> dict[str, dict[str, Repeated]]:
    """Captions against the clips' own, as they are and with verbs and nouns as lemmas: figures of the two differ much
    (TM2T's CIDEr is 17 raw and 73 lemmatised), and neither stands for the other.
    """
    tracks = {
        "raw": (captions, [references(texts) for texts in guo.captions]),
        "lemmatised": (
            [lemmatised(tokens) for tokens in tagged],
            [references([lemmatised(tokens) for tokens in clip]) for clip in guo.tokens],
        ),
    }
    found = {
        track: against_references(said, wanted, load_bert(bert, wanted) if bert else None)
        for track, (said, wanted) in tracks.items()
    }
    return {
        track: {name: Repeated(mean=value, interval=0.0) for name, value in figures.items()}
        for track, figures in found.items()
    }


def _find(guo: Guo, every: Sequence[Draw], written: Embeddings, settings: Settings) -> Tables:
    """How well whole motions and sentences find each other: the protocol of TM2T, and retrieval both ways."""
    motions, said, made = guo.real(every), guo.said(every), guo.made(every, 0)

    def tell(texts: Callable[[np.random.Generator], Embeddings]) -> dict[str, Repeated]:
        def measure(_: int, chance: np.random.Generator) -> list[float]:
            embedded, chosen = texts(chance), np.concatenate(pools(len(every), chance))
            ranks = r_precision(motions[chosen], embedded[chosen], chance)
            return [*ranks, matching_distance(embedded[chosen], motions[chosen])]

        return dict(zip((*PRECISION, "MM-Dist"), repeat(measure, *_times(settings)), strict=True))

    def any_sentence(chance: np.random.Generator) -> Embeddings:
        return guo.said([replace(one, caption=int(chance.integers(len(guo.captions[one.clip])))) for one in every])

    pairs: Mapping[str, tuple[Embeddings, Embeddings]] = {
        "a real sentence finds its clip": (said, motions),
        "a clip finds its real sentence": (motions, said),
        "a generated caption finds its clip": (written, motions),
        "a clip finds its generated caption": (motions, written),
        "a sentence finds the motion made for it": (said, made),
        "a made motion finds its sentence": (made, said),
    }
    return {
        TEXT_TABLE: {"real": tell(any_sentence), "generated": tell(lambda _: written)},
        RETRIEVAL_TABLE: {name: _ranks(*pair, settings) for name, pair in pairs.items()},
    }


def _ranks(queries: Embeddings, candidates: Embeddings, settings: Settings) -> dict[str, Repeated]:
    """In pools of 32, and among all."""
    few = repeat(lambda _, chance: r_precision(queries, candidates, chance), *_times(settings))
    many = r_precision(queries, candidates, np.random.default_rng(settings.seed), size=len(queries))
    overall = [Repeated(mean=value, interval=0.0) for value in many]
    return dict(zip((*PRECISION, *OVERALL), [*few, *overall], strict=True))


def _times(settings: Settings) -> tuple[int, int]:
    return settings.repeats, settings.seed
