"""Prepared clips in memory: what a batch holds, what chance decides, and the statistics."""

import json

import numpy as np
import pytest
import torch

from mote.motion.features import LAYOUT, TRIM
from train.data import MANIFEST, MIN_FRAMES, Clips, read_manifest, statistics

LENGTHS = (30, 31, 34, 40, 52, 60, 75, 90, 111, 140, 180, 196)


def clip(number: int, frames: int) -> np.ndarray:
    """Features whose first position column counts frames and whose height tells the clip."""
    rng = np.random.default_rng(number)
    features = rng.normal(size=(frames, 263)).astype(np.float16)
    features[:, LAYOUT.height] = number
    features[:, LAYOUT.positions.start + 1] = np.arange(frames)
    return features


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A prepared folder: twelve training clips and one for validation, none for the test."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "features").mkdir()
    lines = []
    for number, frames in enumerate([*LENGTHS, 50]):
        split = "train" if number < len(LENGTHS) else "val"
        lines.append(json.dumps({"name": f"clip-{number}", "split": split, "frames": frames}))
        np.save(folder / "features" / f"clip-{number}.npy", clip(number, frames))
    (folder / MANIFEST).write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def clips(prepared) -> Clips:
    return Clips.load(prepared, "train")


def chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_split_holds_its_own_clips_in_order(prepared, clips):
    assert [record["name"] for record in clips.records] == [f"clip-{number}" for number in range(12)]
    assert tuple(clips.lengths) == LENGTHS
    assert [record["name"] for record in read_manifest(prepared, "val")] == ["clip-12"]
    with pytest.raises(ValueError, match="no clip of the split test"):
        Clips.load(prepared, "test")


def test_a_batch_of_whole_clips(clips):
    batch = clips.batch([0, 11, 4], limit=100)
    assert batch.features.shape == (3, 100, 263)
    assert batch.features.dtype == torch.float32
    assert batch.lengths.tolist() == [30, 100, 52]
    assert batch.clips == (0, 11, 4)
    for row, number in enumerate(batch.clips):
        length = batch.lengths[row]
        expected = clip(number, LENGTHS[number])[:length].astype(np.float32)
        np.testing.assert_array_equal(batch.features[row, :length], expected)
        assert not batch.features[row, length:].any()


def test_a_mirrored_batch_is_the_mirror_image(clips):
    order, signs = LAYOUT.mirrored
    plain, mirrored = clips.batch([2, 5], limit=196), clips.batch([2, 5], limit=196, mirrored=True)
    assert mirrored.mirrored == (True, True)
    np.testing.assert_allclose(mirrored.features, plain.features[..., order] * torch.from_numpy(signs).float())


def test_trimmed_clips_lose_a_little_at_both_ends_and_are_never_too_short(clips):
    numbers = list(range(len(LENGTHS)))
    cuts = set()
    for seed in range(20):
        batch = clips.batch(numbers, limit=196, trim=chance(seed))
        for number, features, length in zip(numbers, batch.features, batch.lengths.tolist(), strict=True):
            start = int(features[0, LAYOUT.positions.start + 1])
            end = LENGTHS[number] - start - length
            assert length >= MIN_FRAMES
            assert max(start, end) <= TRIM * LENGTHS[number] + 0.5
            np.testing.assert_array_equal(features[:length], clips.features[number][start : start + length])
            cuts.add((number, start, end))
    assert {number for number, start, end in cuts if start and end} == {n for n in numbers if LENGTHS[n] > 31}
    one, same = (clips.batch(numbers, limit=196, trim=chance(3)) for _ in range(2))
    assert torch.equal(one.features, same.features)


@pytest.mark.parametrize("crop", [False, True])
def test_samples_are_stretches_of_their_clips(clips, crop):
    order, signs = LAYOUT.mirrored
    for seed in range(20):
        batch = clips.sample(4, chance(seed), limit=100, crop=crop)
        for row, (number, flip) in enumerate(zip(batch.clips, batch.mirrored, strict=True)):
            length = int(batch.lengths[row])
            whole = min(LENGTHS[number], 100)
            assert min(MIN_FRAMES, whole) <= length <= whole
            assert crop or length == whole
            part = batch.features[row, :length].numpy()
            part = part[:, order] * signs if flip else part
            start = int(part[0, LAYOUT.positions.start + 1])
            np.testing.assert_array_equal(part, clips.features[number][start : start + length])


def test_the_generator_decides_everything(clips):
    one, same, other = (clips.sample(8, chance(seed), limit=196, crop=True) for seed in (5, 5, 6))
    assert torch.equal(one.features, same.features)
    assert (one.clips, one.mirrored) == (same.clips, same.mirrored)
    assert (one.clips, one.mirrored) != (other.clips, other.mirrored)


def test_every_clip_comes_up_and_half_of_them_mirrored(clips):
    batches = [clips.sample(2, chance(seed), limit=196, crop=False) for seed in range(300)]
    counts = np.bincount([number for batch in batches for number in batch.clips], minlength=12)
    assert counts.min() > 0.4 * counts.mean()
    assert np.mean([batch.mirrored for batch in batches]) == pytest.approx(0.5, abs=0.08)


def test_clips_of_a_batch_are_of_like_length():
    many = Clips([np.zeros((30 + number, 263), np.float16) for number in range(160)], [{}] * 160)
    for seed in range(20):
        assert np.ptp(many.sample(4, chance(seed), limit=196, crop=False).lengths.numpy()) < 4 * 4


def test_a_batch_larger_than_the_data():
    few = Clips([np.zeros((30, 263), np.float16), np.zeros((40, 263), np.float16)], [{}] * 2)
    assert few.sample(16, chance(0), limit=196, crop=True).features.shape[0] == 16


def test_statistics_are_those_of_clips_and_mirror_images(clips):
    mean, std = statistics(clips.features)
    order, signs = LAYOUT.mirrored
    np.testing.assert_allclose(mean, mean[order] * torch.from_numpy(signs).float(), atol=1e-5)
    rows = np.concatenate(clips.features).astype(np.float32)
    np.testing.assert_allclose(mean[LAYOUT.height], rows[:, LAYOUT.height].mean(), rtol=1e-4)
    np.testing.assert_allclose(std[LAYOUT.height], rows[:, LAYOUT.height].std(), rtol=1e-4)
    for kind in (LAYOUT.turn, LAYOUT.velocity, LAYOUT.positions, LAYOUT.rotations, LAYOUT.velocities, LAYOUT.contacts):
        assert len(std[kind].unique()) == 1
        assert (std[kind] > 0).all()
