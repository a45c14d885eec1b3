"""A few seconds of what `tests/load.py` does for minutes."""

from tests.load import run


def test_a_few_clients_at_once_get_what_their_own_seeds_give(studio, tiny_model):
    report = run(studio, tiny_model, clients=6, seconds=2, settings={"steps": 2})
    assert report.faults == []
    assert len(report.latencies) >= 18
    assert report.compared > 0
