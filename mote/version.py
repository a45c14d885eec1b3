"""The version of the package, which recipes carry; pyproject.toml reads it from here."""

VERSION = "0.1.0"
