"""The metrics of text-to-motion (Guo et al. 2022, section 5), on embeddings of texts and motions in one space."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist

POOL = 32
"""Texts, or motions, that a query is told from: figures of other pools cannot be compared."""

TOP = 3
DIVERSITY_PAIRS = 300
MULTIMODALITY_PAIRS = 10

PRECISION = ("R-precision 1", "R-precision 2", "R-precision 3")
SCORES = (*PRECISION, "MM-Dist", "FID", "Diversity")
"""What `scores` computes."""

Embeddings = Float[np.ndarray, "n d"]


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """A figure of several repeats: their mean, and half of the interval that holds it with a confidence of 95 %."""

    mean: float
    interval: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.interval:.3f}"


def repeat(measure: Callable[[int, np.random.Generator], Sequence[float]], times: int, seed: int) -> list[Repeated]:
    """Each figure of a measure, called with the number of the repeat and a chance of its own, over the repeats."""
    figures = np.array([measure(number, np.random.default_rng((seed, number))) for number in range(times)])
    intervals = 1.96 * figures.std(axis=0) / times**0.5
    return [Repeated(mean=float(m), interval=float(i)) for m, i in zip(figures.mean(axis=0), intervals, strict=True)]


def pools(count: int, chance: np.random.Generator, size: int = POOL) -> list[np.ndarray]:
    """Random pools of so many of `count` items; those that are left over are in none.

    Raises:
        ValueError: there are too few for one pool.
    """
    if count < size:
        raise ValueError(f"a pool needs {size} pairs, there are {count}")
    return np.split(chance.permutation(count)[: count // size * size], count // size)


def r_precision(
    queries: Embeddings,
    candidates: Embeddings,
    chance: np.random.Generator,
    meanings: tuple[Sequence[Hashable], Sequence[Hashable]] | None = None,
    size: int = POOL,
) -> list[float]:
    """Shares of queries whose own candidate is among the 1, 2, 3 nearest of a pool of so many.

    With `meanings`, of the queries and of the candidates, a candidate that means what the query does is as good as
    the own one.
    """
    found = []
    for chosen in pools(len(queries), chance, size):
        right = np.eye(len(chosen), dtype=bool)
        if meanings is not None:
            right |= np.array([[meanings[0][query] == meanings[1][other] for other in chosen] for query in chosen])
        nearest = cdist(queries[chosen], candidates[chosen]).argsort(axis=1, kind="stable")[:, :TOP]  # (pool, top)
        found.append(np.take_along_axis(right, nearest, axis=1).cumsum(axis=1) > 0)
    return np.concatenate(found).mean(axis=0).tolist()


def matching_distance(texts: Embeddings, motions: Embeddings) -> float:
    """MM-Dist: the mean distance between a text and its own motion."""
    return float(np.linalg.norm(texts - motions, axis=1).mean())


def frechet_distance(first: Embeddings, second: Embeddings) -> float:
    """FID: the Frechet distance of two Gaussians with the means and covariances of the embeddings.

    Raises:
        ValueError: one of the two has fewer than two embeddings.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(f"a covariance needs two embeddings or more, there are {len(first)} and {len(second)}")
    means, covariances = zip(
        *((part.mean(axis=0), np.cov(part, rowvar=False)) for part in (first, second)), strict=True
    )
    root = sqrtm(covariances[0] @ covariances[1]).real  # of a product of two such matrices it is real but for rounding
    apart = np.square(means[0] - means[1]).sum()
    return float(apart + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * np.trace(root))


def diversity(embeddings: Embeddings, chance: np.random.Generator, count: int = DIVERSITY_PAIRS) -> float:
    """Mean distance between random embeddings, `count` pairs of them or as many as there are."""
    size = min(count, len(embeddings))
    first, second = (chance.choice(len(embeddings), size, replace=False) for _ in range(2))
    return float(np.linalg.norm(embeddings[first] - embeddings[second], axis=1).mean())


def scores(
    texts: Embeddings,
    motions: Embeddings,
    distance: float,
    chance: np.random.Generator,
    meanings: tuple[Sequence[Hashable], Sequence[Hashable]] | None = None,
) -> list[float]:
    """SCORES of motions beside their texts, with `distance` as the FID."""
    precision = r_precision(texts, motions, chance, meanings)
    return [*precision, matching_distance(texts, motions), distance, diversity(motions, chance)]


def multimodality(
    samples: Float[np.ndarray, "texts samples d"], chance: np.random.Generator, count: int = MULTIMODALITY_PAIRS
) -> float:
    """Mean distance between motions made for one text, `count` random pairs of each text or as many as there are."""
    size = min(count, samples.shape[1])
    first, second = (chance.choice(samples.shape[1], size, replace=False) for _ in range(2))
    return float(np.linalg.norm(samples[:, first] - samples[:, second], axis=-1).mean())
