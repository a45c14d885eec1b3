"""The parts of the evaluation that compare with real clips and their captions as a whole, by the field's metrics."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import numpy as np

from mote.motion.features import to_features
from mote.motion.motion import Motion
from mote.motion.quality import measure_movement
from train.evaluation import Evaluation
from train.metrics_body import mean_body
from train.metrics_motion import (
    PRECISION,
    SCORES,
    Repeated,
    frechet_distance,
    multimodality,
    r_precision,
    repeat,
    scores,
)
from train.metrics_text import against_references, distinct, leave_one_out, load_bert, repeating
from train.prepare.captions import Claims, read_caption
from train.report import Row


def match(evaluation: Evaluation) -> None:
    """R-precision, MM-Dist, FID, Diversity and MultiModality in the space of the matching networks; real clips first.

    Prompts of one pool are often equal in what they say (`read_caption`): a motion of equal meaning is a match.
    """
    assert evaluation.matching is not None
    matching, settings = evaluation.matching, evaluation.settings
    texts = matching.embed_texts(evaluation.prompts)
    meanings = [read_caption(text) for text in evaluation.prompts]
    real = _embedded(evaluation, [clip.motion for clip in evaluation.real])
    said = matching.embed_texts(evaluation.captions)

    def of_real(_: int, chance: np.random.Generator) -> list[float]:
        first, second = np.array_split(chance.permutation(len(real)), 2)
        return scores(texts, real, frechet_distance(real[first], real[second]), chance, (meanings, meanings))

    def of_made(number: int, chance: np.random.Generator) -> list[float]:
        again = evaluation.make_motions(evaluation.prompts, number) if number else evaluation.motions
        motions = _embedded(evaluation, again)
        return scores(texts, motions, frechet_distance(real, motions), chance, (meanings, meanings))

    truth, made = (
        dict(zip(SCORES, repeat(measure, settings.repeats, settings.seed), strict=True))
        for measure in (of_real, of_made)
    )
    several = _several(evaluation)
    [varied] = repeat(lambda _, chance: [multimodality(several, chance)], settings.repeats, settings.seed)
    tables = evaluation.report.tables
    tables["text-to-motion, by the matching networks (FID of real clips: of two halves of them)"] = {
        "real": truth,
        "generated": made | {"MultiModality": varied},
    }
    for name, least, most in (
        *((name, 1.0, None) for name in PRECISION),
        ("FID", None, 3.0),
        ("Diversity", 0.95, 1.05),
    ):
        _ratio(evaluation, f"text-to-motion: {name}", made[name].mean, truth[name].mean, least=least, most=most)
    claims = [read_caption(text) for text in evaluation.captions]
    pairs = {
        "a generated caption finds its clip": (said, real, (claims, meanings)),
        "a clip finds its generated caption": (real, said, (meanings, claims)),
        "a real sentence finds its clip": (texts, real, (meanings, meanings)),
        "a clip finds its real sentence": (real, texts, (meanings, meanings)),
    }
    tables["motion-to-text, by the matching networks"] = {
        name: dict(zip(PRECISION, repeat(partial(_precision, *pair), settings.repeats, settings.seed), strict=True))
        for name, pair in pairs.items()
    }


def describe(evaluation: Evaluation) -> None:
    """Captions against the clip's own sentences, beside one of these against the others; and how much they repeat."""
    references = [clip.record["captions"] for clip in evaluation.real]
    bert = load_bert(evaluation.bert, references) if evaluation.bert else None
    made = against_references(evaluation.captions, references, bert)
    people = leave_one_out(references, np.random.default_rng(evaluation.settings.seed), bert)
    evaluation.report.tables["motion-to-text, against the clips' own sentences"] = {
        name: {metric: Repeated(mean=value, interval=0.0) for metric, value in scores.items()}
        for name, scores in (("one of these against the others", people), ("generated", made))
    }
    _ratio(evaluation, "motion-to-text: CIDEr", made["CIDEr"], people["CIDEr"], of="one real sentence", least=1.0)
    free = [sample.text or "" for sample in evaluation.generate("text", evaluation.settings.joint)]
    rows = evaluation.report.rows
    for name, texts, most in (("motion-to-text", evaluation.captions, 0.005), ("text", free, 0.0)):
        share = repeating(texts, 3)
        rows.append(Row(what=f"{name}: a run of three words said twice", measured=share, count=len(texts), most=most))
        for length in (1, 2):
            row = Row(what=f"{name}: distinct-{length}", measured=distinct(texts, length), count=len(texts), unit="")
            rows.append(row)
    real = distinct(evaluation.prompts, 2)
    rows.append(Row(what="real sentences: distinct-2", measured=real, count=len(evaluation.prompts), unit=""))


def bodies(evaluation: Evaluation) -> None:
    """Skating, penetration, jitter, drift and floating of generated motion beside those of real clips.

    A mean jitter is that of the quick; so the half of the clips that move least, and what is made for their captions,
    have one by themselves.
    """
    clips = [clip.motion for clip in evaluation.real]
    real, made = mean_body(clips), mean_body(evaluation.motions)
    evaluation.report.tables["text-to-motion, bodies (a share of frames, millimetres)"] = {
        name: {part: Repeated(mean=value, interval=0.0) for part, value in asdict(body).items()}
        for name, body in (("real", real), ("generated", made))
    }
    _ratio(evaluation, "text-to-motion: skating", made.skating, real.skating, most=1.2)
    _ratio(evaluation, "text-to-motion: jitter", made.jitter, real.jitter, most=1.2)
    speeds = [measure_movement(clip).speed for clip in clips]
    calm = sorted(range(len(clips)), key=speeds.__getitem__)[: (len(clips) + 1) // 2]
    still, steady = (mean_body([motions[row] for row in calm]).jitter for motions in (clips, evaluation.motions))
    _ratio(evaluation, "text-to-motion: jitter of the calmer half", steady, still, count=len(calm), most=1.2)
    _ratio(evaluation, "text-to-motion: floating", made.floating, real.floating, most=1.2)


Meanings = tuple[list[Claims], list[Claims]]


def _precision(
    queries: np.ndarray, candidates: np.ndarray, meanings: Meanings, _: int, chance: np.random.Generator
) -> list[float]:
    return r_precision(queries, candidates, chance, meanings)


def _ratio(
    evaluation: Evaluation,
    what: str,
    made: float,
    real: float,
    *,
    of: str = "real",
    count: int | None = None,
    least: float | None = None,
    most: float | None = None,
) -> None:
    """A row with a figure of what is generated over that of what is real; NaN where that is nothing."""
    measured = made / real if real else float("nan")
    row = Row(
        what=f"{what}, generated over {of}",
        measured=measured,
        count=count or len(evaluation.real),
        least=least,
        most=most,
        unit="x",
    )
    evaluation.report.rows.append(row)


def _embedded(evaluation: Evaluation, motions: Sequence[Motion]) -> np.ndarray:
    """Embeddings of motions by features made anew of their joints, (n, width)."""
    assert evaluation.matching is not None
    return evaluation.matching.embed_motions([to_features(motion.joints) for motion in motions])


def _several(evaluation: Evaluation) -> np.ndarray:
    """Embeddings of several motions for each of the first prompts, (texts, samples, width)."""
    settings = evaluation.settings
    prompts = [text for text in evaluation.prompts[: settings.texts] for _ in range(settings.samples)]
    embedded = _embedded(evaluation, evaluation.make_motions(prompts))
    return embedded.reshape(-1, settings.samples, embedded.shape[-1])
