"""What real clips measure, for a model's results to stand beside: `mote.reference`, a file in the model's folder.

How bodies move is measured on the clips that the model learned from, how nearly motions and sentences fit on the
validation split, which it did not.  The test split is not touched.

Run as `python -m train.real --data PREPARED --model checkpoints/mote-open`, and again whenever the weights change.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

from mote.models.retrieval import Retrieval
from mote.motion.features import to_motion
from mote.motion.quality import measure_movement
from mote.pipeline import MoTe
from mote.reference import REAL, RealClips
from train.command import command
from train.data import Clips
from train.report import show, table
from train.retrieval import Groups

GROUPS, LEAST = 16, 20
"""At most so many groups of clips that move alike fast, and at least so many clips in each."""
STEPS, FINE = 20, 100
"""Between the quantiles of each group, and between those of all pairs."""
SENTENCES = 4
"""About each clip."""


def measure_real(model: MoTe, clips: Clips, others: Clips | None = None) -> RealClips:
    """The figures of clips, and those of pairs of the `others` where the model can tell what fits."""
    config = model.med.config
    motions = [to_motion(features.astype(np.float32), config.layout, config.unit) for features in clips.features]
    speed, skating, jitter = np.array([astuple(measure_movement(motion)) for motion in motions]).T
    groups = max(1, min(GROUPS, len(motions) // LEAST))
    bounds = np.quantile(speed, np.arange(1, groups) / groups)
    group = np.searchsorted(bounds, speed)
    parts = [(skating[group == number], jitter[group == number]) for number in range(groups)]
    cosines = {}
    if model.retrieval and others:
        cosines = pair_cosines(model.retrieval, Groups(model.med, model.ted, others, sentences=SENTENCES))
    return RealClips(
        speed=_rounded(bounds),
        skating=tuple(_quantiles(slides, STEPS) for slides, _ in parts),
        jitter=tuple(_quantiles(trembles, STEPS) for _, trembles in parts),
        **{name: _quantiles(values, FINE) for name, values in cosines.items() if len(values)},
    )


@torch.no_grad()
def pair_cosines(space: Retrieval, groups: Groups) -> dict[str, np.ndarray]:
    """Cosines of clips and sentences, and of two sentences: about one clip, and about clips that show other things."""
    count = len(groups.records)
    motions = space.place_motions(groups.motion[0, :count])  # (clips, space)
    texts = [space.place_texts(meaning[:count]) for meaning in groups.meaning]  # sentences x (clips, space)
    apart = groups.group[:count] != groups.group[:count, None]
    products = [motions @ text.T for text in texts]
    said = [one @ other.T for one, other in combinations(texts, 2)]
    return {
        "match": torch.cat([product.diagonal() for product in products]).cpu().numpy(),
        "mismatch": torch.cat([product[apart] for product in products]).cpu().numpy(),
        "agreement": torch.cat([product.diagonal() for product in said]).cpu().numpy(),
        "disagreement": torch.cat([product[apart] for product in said]).cpu().numpy(),
    }


def _quantiles(values: np.ndarray, steps: int) -> tuple[float, ...]:
    return _rounded(np.quantile(values, np.arange(steps + 1) / steps))


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.3g}") for value in values)


def write(real: RealClips, folder: Path) -> Path:
    """The file, with a line for each list."""
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in asdict(real).items()]
    (folder / REAL).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return folder / REAL


def described(real: RealClips) -> str:
    """The middle and the ends of what was measured, as a table."""
    shown = {f"{name} of the {which} clips": getattr(real, name)[row] for name in ("skating", "jitter")
             for which, row in (("slowest", 0), ("fastest", -1))}  # fmt: skip
    shown |= {
        name: values for name in ("match", "mismatch", "agreement", "disagreement") if (values := getattr(real, name))
    }
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    rows = [[name, *(f"{np.quantile(values, level):.3g}" for level in levels)] for name, values in shown.items()]
    return table(["of real clips", *map(show, levels)], rows)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Write the file, and print what it holds in short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--model", type=Path, required=True, help="the model's folder")
    options = parser.parse_args(arguments)
    model = MoTe.from_pretrained(options.model)
    real = measure_real(model, Clips.load(options.data, "train"), Clips.load(options.data, "val"))
    write(real, options.model)
    print(described(real))


if __name__ == "__main__":
    main()
