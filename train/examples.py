"""The motions that the app offers as examples, made by the model itself.

`python -m train.examples --model checkpoints/mote-open --out assets/examples`
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mote.files import write
from mote.pipeline import MoTe
from train.command import command

PROMPTS = {
    "wave": "a person waves with the right hand",
    "old-walk": "an old man walks slowly",
    "run": "someone is running",
    "turn-left": "a person walks and turns left",
    "hands-up": "a person raises both hands",
    "bow": "a person bows politely",
}


@command
def main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="checkpoints/mote-open")
    parser.add_argument("--out", type=Path, default=Path("assets/examples"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    samples = MoTe.from_pretrained(args.model).generate("text-to-motion", text=[*PROMPTS.values()], seed=args.seed)
    for name, sample in zip(PROMPTS, samples, strict=True):
        assert sample.motion is not None
        write(sample.motion, args.out / f"{name}.bvh")


if __name__ == "__main__":
    main()
