"""Every source's clips to one prepared form: features, captions, splits, and a manifest of sources and licences.

`python -m train.prepare --data RAW --out PREPARED` reads whichever of the sources lie in folders of RAW named
bandai-namco, cmu, snu-patches and snu-ys2010.  A run that was stopped goes on where it stopped.
RAW may also be HumanML3D's or KIT-ML's own folder (`train.prepare.published`).
"""

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
from tqdm import tqdm

from mote.files import read
from mote.motion.facts import measure
from mote.motion.features import LAYOUT, to_features
from mote.motion.motion import Motion
from mote.motion.retarget import canonical
from mote.sides import mirror_text
from train.command import command
from train.data import MANIFEST, MAX_FRAMES, MIN_FRAMES, PACKED, Split, packed
from train.prepare import bandai, cmu, published, snu
from train.prepare.actions import find_action
from train.prepare.captions import describe, paraphrase, uses_held_out
from train.prepare.source import Clip
from train.storage import whole

READERS = {"bandai-namco": bandai.clips, "cmu": cmu.clips, "snu-patches": snu.clips, "snu-ys2010": snu.clips}
SHARES: dict[Split, float] = {"test": 0.10, "val": 0.05}
CAPTIONS = 10
"""Sentences that the grammar writes for a clip."""


def fraction(name: str) -> float:
    """A number in [0, 1) that depends on nothing but the name."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) / 16**12


def splits(clips: list[Clip]) -> dict[str, Split]:
    """The split of every take, by its hash.

    Bandai's takes are clips with many of each label pair: within a pair the first tenth by hash is for the test and
    the next twentieth for validation.  The other sources' takes hold several actions, so their hash alone decides.
    An action none of whose takes is for training is learned from after all: nobody can name what was never shown.
    """
    pairs: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for clip in clips:
        if clip.source == "bandai-namco":
            pairs[clip.action, clip.style].add(clip.take)
    chosen: dict[str, Split] = {}
    for takes in pairs.values():
        test, val = (round(share * len(takes)) for share in SHARES.values())
        for place, take in enumerate(sorted(takes, key=fraction)):
            chosen[take] = "test" if place < test else "val" if place < test + val else "train"
    for clip in clips:
        at = fraction(clip.take)
        chosen.setdefault(clip.take, "test" if at < SHARES["test"] else "val" if at < sum(SHARES.values()) else "train")
    showing: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        showing[find_action(clip.action)[0]].add(clip.take)
    unseen = {take for shown in showing.values() if "train" not in map(chosen.get, shown) for take in shown}
    return chosen | dict.fromkeys(unseen, "train")


@lru_cache(maxsize=2)
def _take(path: Path) -> Motion:
    return read(path)


def parts(clip: Clip) -> Iterator[tuple[str, Motion]]:
    """The clip's motion in parts of equal length that the model can hold, each with a name; none if it is too short."""
    take = _take(clip.path)
    start = round((clip.start or 0.0) * take.fps)
    end = len(take) if clip.end is None else min(len(take), round(clip.end * take.fps))
    count = -(-(end - start - 1) // MAX_FRAMES)
    if end - start <= MIN_FRAMES:
        return
    bounds = np.linspace(start, end, count + 1).round().astype(int)
    for number, (a, b) in enumerate(itertools.pairwise(bounds)):
        name = clip.name if count == 1 else f"{clip.name}-part{number}"
        yield name, canonical(take[int(a) : int(b)])


def prepare(clip: Clip, split: Split, out: Path) -> None:
    """Write the features and the record of each part of a clip; a record that is there already stays."""
    marker = out / "records" / f"{clip.name}.json"
    if marker.exists():
        return
    records = []
    for name, motion in parts(clip):
        features = to_features(motion.joints)
        with whole(out / "features" / f"{name}.npy") as file:
            np.save(file, features.astype(np.float16))
        records.append({"name": name, "split": split, "frames": len(features), **_labels(clip, split, name, motion)})
    with whole(marker) as file:
        file.write(json.dumps(records).encode())


def _labels(clip: Clip, split: Split, name: str, motion: Motion) -> dict[str, object]:
    """What the manifest says of a part, captions and those of its mirror image included."""
    rng = np.random.default_rng(int(fraction(name) * 2**48))
    facts = measure(motion)
    written = describe(clip.action, clip.style, facts, split=split, rng=rng, count=CAPTIONS, side=clip.side)
    human = [paraphrase(text, rng=rng) for text in clip.texts]
    if split != "test":
        human = [text for text in human if not uses_held_out(text)]
    captions = [caption.text for caption in written] + human
    return {
        "source": clip.source,
        "licence": clip.licence,
        "take": clip.take,
        "action": clip.action,
        "style": clip.style,
        "side": clip.side,
        "captions": captions,
        "mirrored_captions": [mirror_text(text) for text in captions],
        "held_out": [uses_held_out(text) for text in captions],
        "facts": asdict(facts),
    }


def _end_with_parent() -> None:
    """End a worker whose command was killed: it would wait for ever, and write what the next run writes."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(job: tuple[Clip, Split, Path]) -> str | None:
    clip, split, out = job
    try:
        prepare(clip, split, out)
    except (ValueError, KeyError) as error:
        return f"{clip.name}: {error}"
    return None


def pack(out: Path, records: list[dict[str, Any]]) -> None:
    """Put the features of each split's clips into one file, and into each record where its own begin there.

    A manifest of before goes first: without one the folder is not used, whatever moment this ends at.
    """
    (out / MANIFEST).unlink(missing_ok=True)
    (out / PACKED).mkdir(exist_ok=True)
    for split in get_args(Split):
        rows = 0
        own = [record for record in records if record["split"] == split]
        for record in own:
            record["first"], rows = rows, rows + record["frames"]
        if own:
            whole = np.lib.format.open_memmap(packed(out, split), "w+", np.float16, (rows, LAYOUT.columns))
            for record in own:
                features = np.load(out / "features" / f"{record['name']}.npy")
                whole[record["first"] : record["first"] + record["frames"]] = features
            whole.flush()


def find_sources(raw: Path) -> list[str]:
    """Which sources lie in a folder.

    Raises:
        ValueError: none does.
    """
    found = [source for source in READERS if (raw / source).is_dir()]
    if not found:
        raise ValueError(f"{raw} has none of the folders {', '.join(READERS)}, nor is it HumanML3D or KIT-ML")
    return found


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sources")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--commercial", action="store_true", help="leave out sources that forbid commercial use")
    parser.add_argument("--layout", choices=get_args(published.Name), help="RAW is this set (default: as it looks)")
    args = parser.parse_args(arguments)
    if name := args.layout or published.recognise(args.data):
        print(published.prepare(args.data, args.out, name))
        return
    clips = [
        replace(clip, path=clip.path.absolute())
        for source in find_sources(args.data)
        for clip in READERS[source](args.data / source)
    ]
    if args.commercial:
        clips = [clip for clip in clips if "NC" not in clip.licence]
    chosen = splits(clips)
    jobs = [(clip, chosen[clip.take], args.out) for clip in clips]
    with ProcessPoolExecutor(args.workers, initializer=_end_with_parent) as pool:
        failures = [text for text in tqdm(pool.map(_work, jobs, chunksize=8), total=len(jobs), unit="clip") if text]
    records = [
        record for clip in clips if (path := args.out / "records" / f"{clip.name}.json").exists()
        for record in json.loads(path.read_text())
    ]  # fmt: skip
    pack(args.out, records)
    with whole(args.out / MANIFEST) as file:
        file.writelines(f"{json.dumps(record)}\n".encode() for record in records)
    print(f"{len(records)} clips, {sum(record['frames'] for record in records) / 20 / 3600:.2f} hours")
    print(dict(Counter(record["split"] for record in records)), dict(Counter(record["source"] for record in records)))
    for failure in failures:
        print("left out:", failure)


if __name__ == "__main__":
    main()
