"""Sizes of the networks by name (sizes.toml)."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any, Literal

Part = Literal["med", "ted", "mtdm"]

SIZES: dict[str, dict[Part, dict[str, Any]]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
OPEN = "open"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The option of a command that trains a network of a size."""
    parser.add_argument(
        "--size", choices=tuple(SIZES), default=OPEN,
        help="of the networks: our own, or the paper's, after MLD (train/sizes.toml; our own TED has one size)",
    )  # fmt: skip


def fields(options: argparse.Namespace, part: Part, *names: str) -> dict[str, Any]:
    """The fields of a part's config that the options ask for: its size's, and those of `names` that are given."""
    own = {name: value for name in names if (value := getattr(options, name)) is not None}
    return SIZES[options.size][part] | own
