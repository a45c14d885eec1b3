"""The metrics of text-to-motion, each against a formula of its own and against cases whose answer is known."""

import math

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from sklearn.metrics import top_k_accuracy_score
from sklearn.neighbors import NearestNeighbors

from train.metrics_motion import (
    DIVERSITY_PAIRS,
    MULTIMODALITY_PAIRS,
    POOL,
    SCORES,
    diversity,
    frechet_distance,
    matching_distance,
    multimodality,
    pools,
    r_precision,
    repeat,
    scores,
)


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(0)


def test_pools_have_32_items_and_no_item_twice(chance):
    drawn = pools(100, chance)
    assert [len(pool) for pool in drawn] == [POOL] * 3
    assert len(set(np.concatenate(drawn).tolist())) == 96
    with pytest.raises(ValueError, match="needs 32 pairs, there are 31"):
        pools(31, chance)


def test_a_perfect_match_is_always_found_and_chance_finds_its_share(chance):
    texts = chance.normal(size=(640, 16))
    assert r_precision(texts, texts, chance) == [1.0, 1.0, 1.0]
    shares = [r_precision(texts, chance.normal(size=(640, 16)), chance) for _ in range(40)]
    assert np.mean(shares, axis=0) == pytest.approx([1 / 32, 2 / 32, 3 / 32], rel=0.1)


def test_r_precision_by_counting(chance):
    texts, motions = chance.normal(size=(2, 64, 8))
    expected = np.zeros(3)
    for pool in pools(64, np.random.default_rng(5)):
        for item in pool:
            nearer = sum(
                np.sum((texts[item] - motions[o]) ** 2) < np.sum((texts[item] - motions[item]) ** 2) for o in pool
            )
            expected += [nearer < 1, nearer < 2, nearer < 3]
    assert r_precision(texts, motions, np.random.default_rng(5)) == pytest.approx((expected / 64).tolist())


def test_r_precision_by_scikit_learn(chance):
    texts = chance.normal(size=(96, 8))
    motions = texts + chance.normal(size=(96, 8))
    drawn = pools(96, np.random.default_rng(5))
    expected = [
        np.mean([top_k_accuracy_score(range(32), -cdist(texts[one], motions[one]), k=k) for one in drawn])
        for k in (1, 2, 3)
    ]
    assert r_precision(texts, motions, np.random.default_rng(5)) == pytest.approx(expected, abs=1e-6)


def test_retrieval_among_all_both_ways_by_scikit_learn(chance):
    texts = chance.normal(size=(75, 8))
    motions = texts + chance.normal(size=(75, 8))
    for queries, candidates in ((texts, motions), (motions, texts)):
        ranked = NearestNeighbors(n_neighbors=3, algorithm="kd_tree").fit(candidates).kneighbors(queries)[1]
        expected = [(ranked[:, :k] == np.arange(75)[:, None]).any(axis=1).mean() for k in (1, 2, 3)]
        assert r_precision(queries, candidates, chance, size=75) == pytest.approx(expected, abs=1e-6)
    assert r_precision(texts, motions, chance, size=75) != r_precision(motions, texts, chance, size=75)


def test_another_of_the_same_meaning_is_a_match(chance):
    motions = np.eye(32)
    texts = motions[np.arange(32) ^ 1]  # every text lies on its neighbour's motion
    assert r_precision(texts, motions, chance)[0] == 0
    names = [number // 2 for number in range(32)]
    assert r_precision(texts, motions, chance, (names, names)) == [1.0, 1.0, 1.0]
    assert r_precision(motions, motions, chance, (names, [None] * 32)) == [1.0, 1.0, 1.0], "the own one always counts"
    assert r_precision(texts, motions, chance, (names, [None] * 32))[0] == 0


def test_the_frechet_distance_of_gaussians_that_are_known():
    """Of diagonal covariances it is the sum of squared differences of the means and of the deviations."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 400_000, 3)) * [[[1, 2, 3]], [[2, 2, 1]]] + [[[0, 0, 0]], [[1, 0, 2]]]
    assert frechet_distance(first, second) == pytest.approx(5 + 1 + 0 + 4, rel=0.01)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="1 and 400000"):
        frechet_distance(first[:1], second)


def test_the_frechet_distance_by_eigenvalues(chance):
    first, second = chance.normal(size=(2, 200, 6)) @ chance.normal(size=(6, 6))
    one, other = np.cov(first.T), np.cov(second.T)
    values, vectors = np.linalg.eigh(one)
    half = vectors * np.sqrt(values) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(half @ other @ half)).sum()
    expected = np.sum((first.mean(0) - second.mean(0)) ** 2) + np.trace(one) + np.trace(other) - 2 * cross
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-6)


def test_the_frechet_distance_by_the_root_of_each_covariance(chance):
    """Tr sqrt(A B) is Tr sqrt(sqrt(A) B sqrt(A)): symmetric matrices, and so another way than that of the metric."""
    first, second = chance.normal(size=(2, 300, 16)) @ chance.normal(size=(16, 16)) + chance.normal(size=(2, 1, 16))
    one, other = (np.cov(part, rowvar=False) for part in (first, second))
    half = sqrtm(one)
    cross = np.trace(sqrtm(half @ other @ half)).real
    expected = np.sum((first.mean(0) - second.mean(0)) ** 2) + np.trace(one + other) - 2 * cross
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-6)


def test_distances_of_drawn_pairs_by_their_own_sums(chance):
    """The same numbers of the same chance, as Guo et al.'s code draws them: twice, without repeats."""
    points, samples = chance.normal(size=(400, 8)), chance.normal(size=(20, 30, 8))
    drawing = np.random.default_rng(3)
    first, second = (drawing.choice(400, DIVERSITY_PAIRS, replace=False) for _ in range(2))
    expected = sum(math.dist(points[a], points[b]) for a, b in zip(first, second, strict=True)) / 300
    assert diversity(points, np.random.default_rng(3)) == pytest.approx(expected, abs=1e-6)
    drawing = np.random.default_rng(3)
    first, second = (drawing.choice(30, MULTIMODALITY_PAIRS, replace=False) for _ in range(2))
    pairs = [math.dist(text[a], text[b]) for text in samples for a, b in zip(first, second, strict=True)]
    assert multimodality(samples, np.random.default_rng(3)) == pytest.approx(sum(pairs) / 200, abs=1e-6)
    moved = points + chance.normal(size=points.shape)
    assert matching_distance(points, moved) == pytest.approx(cdist(points, moved).trace() / 400, abs=1e-6)


def test_the_scores_are_in_their_order(chance):
    texts = chance.normal(size=(64, 8))
    made = dict(zip(SCORES, scores(texts, texts + np.eye(8)[0] * 3, 0.25, chance), strict=True))
    assert made["MM-Dist"] == pytest.approx(3)
    assert made["FID"] == 0.25
    assert made["Diversity"] == pytest.approx(4, abs=0.5)


def test_distances_of_points_that_are_known(chance):
    points = np.zeros((50, 4))
    assert matching_distance(points, points + np.array([3, 0, 4, 0])) == pytest.approx(5)
    assert diversity(points, chance) == 0
    two = np.where(np.arange(50) % 2, 6.0, 0.0)[:, None] * [1, 0]
    assert diversity(two, chance) == pytest.approx(3, abs=1.5)
    samples = np.stack([np.zeros((30, 2)), np.full((30, 2), 100.0)])  # far apart, but each text makes one motion
    assert multimodality(samples, chance) == 0
    assert multimodality(chance.normal(size=(100, 30, 1)), chance) == pytest.approx(2 / np.pi**0.5, rel=0.2)


def test_repeats_have_a_mean_and_an_interval():
    figures = repeat(lambda _, chance: [chance.normal(3, 1), 7.0], 400, seed=1)
    assert figures[0].mean == pytest.approx(3, abs=0.2)
    assert figures[0].interval == pytest.approx(1.96 / 20, rel=0.15)
    assert (figures[1].mean, figures[1].interval) == (7, 0)
    assert str(figures[1]) == "7.000 ± 0.000"
