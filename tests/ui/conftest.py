"""The app on a tiny model, served on a free port."""

from collections.abc import Iterator

import pytest

import app


@pytest.fixture(scope="session")
def studio(tiny_model) -> Iterator[str]:
    """The address of a running app."""
    page = app.build(tiny_model)
    _, address, _ = app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield address
    page.close()
