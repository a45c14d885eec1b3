"""How each action is worded.

A phrase marks its verbs with `~` (conjugated), `{side}` is left or right and `{their}` the owner's word.
`{side} hand` of both sides becomes "both hands".  Phrases with `{side}` are used when the side is known.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["travel", "turn", "hand", "strike", "kick", "jump", "low", "place"]


@dataclass(frozen=True, kw_only=True)
class Action:
    """The words of one action: `group` is what an evaluation compares, `kind` says which facts are worth a word.

    What is `heard` is read as the action, since people wrote it of their clips, and never written.
    """

    group: str
    kind: Kind
    phrases: tuple[str, ...]
    heard: tuple[str, ...] = ()


def _load(path: Path) -> dict[str, Action]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Action(
            group=row.get("group", name),
            kind=row["kind"],
            phrases=tuple(row["phrases"]),
            heard=tuple(row.get("heard", ())),
        )
        for name, row in table.items()
    }


ACTIONS: dict[str, Action] = _load(Path(__file__).with_name("actions.toml"))
"""Action name without its side -> its words."""

NAMES = {
    "call": "call-out", "dance-long": "dance", "dance-short": "dance",
    "walk-left": "walk-diagonal", "walk-right": "walk-diagonal",
    "raise-up-hand": "raise-hand", "raise-up-both-hands": "raise-both-hands", "wave-hand": "wave",
    "soldier-walk": "march", "turn": "turn-around", "boxing": "box",
}  # fmt: skip
"""Names that the data sets use -> names of ACTIONS."""


def find_action(action: str) -> tuple[str, str | None]:
    """The table's name for an action id and the side that the id names: `raise-up-left-hand` -> raise-hand, left.

    Raises:
        KeyError: the table has no words for the action.
    """
    words = action.split("-")
    sides = [word for word in words if word in ("left", "right")]
    side = sides[0] if sides else "both" if "both" in words else None
    bare = "-".join(word for word in words if word not in ("left", "right"))
    for name in (NAMES.get(action), NAMES.get(bare), bare):
        if name in ACTIONS:
            return name, side
    raise KeyError(f"no words for the action {action!r}: add a line for {bare!r} to actions.toml")


def action_group(action: str) -> str:
    """What an action id is compared as: every way to wave is `wave`."""
    return ACTIONS[find_action(action)[0]].group
