"""The actions that a model can be called on, as a table for its card: how each is asked for, the clips behind it, and
how often it is done; and as the prompts that the model offers for a strange one (`MoTe.nearest`).

Run as `python -m train.vocabulary --data PREPARED --report REPORT/report.json --model checkpoints/mote-open`, after
`train.evaluate` with the part "actions".
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mote.checkpoint import VOCABULARY
from train.command import command
from train.data import read_manifest
from train.evaluate_prompts import CALLED, CALLS, plain_prompts
from train.prepare.actions import action_group
from train.report import Report, show, table

OFFERED = 0.5
"""The share of its plain prompts that are done of an action that the model offers."""


def vocabulary(records: Sequence[dict[str, Any]], called: Mapping[str, dict[str, Any]]) -> str:
    """A row for each action that was called, the one with most training clips first."""
    clips = Counter(action_group(record["action"]) for record in records)
    rows = [
        [action, plain_prompts(action)[0], str(clips[action]), show(called[action]["action"])]
        for action in sorted(called, key=lambda action: -clips[action])
    ]
    return table(["action", "a prompt", "clips learned from", f"done, of {CALLS} plain prompts"], rows)


def offer(called: Mapping[str, dict[str, Any]], model: Path) -> None:
    """Write a prompt for each action that is done when it is called into a model's folder, as vocabulary.json."""
    offered = [action for action in sorted(called) if called[action]["action"] >= OFFERED]
    prompts = [plain_prompts(action)[0] for action in offered]
    (model / VOCABULARY).write_text(json.dumps(prompts, indent=2) + "\n", encoding="utf-8")


@command
def main(arguments: Sequence[str] | None) -> None:
    """Print the table, and write the prompts into the model's folder if one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that train.prepare wrote")
    parser.add_argument("--report", type=Path, required=True, help="a report.json with the part actions")
    parser.add_argument("--model", type=Path, help="the model's folder, to get the prompts as vocabulary.json")
    options = parser.parse_args(arguments)
    called = Report.read(options.report).groups.get(f"{CALLED}, by action")
    if called is None:
        parser.error(f"{options.report} tells nothing of {CALLED}: run train.evaluate with the part 'actions' first")
    if options.model:
        offer(called, options.model)
    print(vocabulary(read_manifest(options.data, "train"), called))


if __name__ == "__main__":
    main()
