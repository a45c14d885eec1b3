"""Wording that training never sees; prompts of the validation split have some, prompts of the test split others."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from train.prepare.words import Style


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """One split's own words for people, its own phrases by action, its own words by style."""

    people: tuple[str, ...]
    actions: dict[str, tuple[str, ...]]
    styles: dict[str, Style] = field(default_factory=dict)

    @property
    def words(self) -> Iterator[str]:
        """All but the phrases of actions."""
        yield from self.people
        for style in self.styles.values():
            yield from (*style.people, *style.adverbs)


def _load(path: Path) -> dict[str, HeldOut]:
    return {
        split: HeldOut(
            people=tuple(rows["people"]),
            actions={action: tuple(phrases) for action, phrases in rows["actions"].items()},
            styles={style: Style.of(row) for style, row in rows["styles"].items()},
        )
        for split, rows in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


HELD_OUT: dict[str, HeldOut] = _load(Path(__file__).with_name("held_out.toml"))
"""Split, val or test -> its own wording."""
