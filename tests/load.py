"""Many clients at once on the running app: python -m tests.load --clients 20 --minutes 5

Each asks for random prompts and seeds, and now and then again for what it got before: that must come back the same,
whoever shared the batch.  Some results are compared with a direct call of the model.  Prints how many results a minute,
how long they took, what failed, and the memory of the app over time.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client

from mote.pipeline import MoTe

ROOT = Path(__file__).resolve().parents[1]
PROMPTS = (
    "a person waves with the left hand", "an old man walks slowly", "someone runs forward", "a person kicks",
    "a person raises both hands", "a person walks and turns to the right", "someone jumps", "a person bows",
)  # fmt: skip
SAME = 1e-4  # metres between two results of one seed in different batches


@dataclass
class Report:
    """What all clients saw: seconds of each call, and a line for each fault."""

    latencies: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    compared: int = 0
    apart: float = 0.0

    def compare(self, call: dict[str, Any], one: np.ndarray, other: np.ndarray) -> None:
        """Note how far two results of one call are apart."""
        self.compared += 1
        if one.shape != other.shape:
            self.faults.append(f"{call}: {one.shape} is not {other.shape}")
            return
        distance = float(np.abs(one - other).max())
        self.apart = max(self.apart, distance)
        if distance > SAME:
            self.faults.append(f"{call}: {distance:.4f} m from its own")


def calls(client: Client, model: MoTe, report: Report, end: float, number: int, settings: dict[str, Any]) -> None:
    """One client: calls until the end, three at least, many of them made before or by the model as well."""
    dice = random.Random(number)
    known: list[tuple[dict[str, Any], np.ndarray]] = []
    made = 0
    while time.monotonic() < end or made < 3:
        made += 1
        fresh = {
            "text": dice.choice(PROMPTS),
            "seconds": dice.choice((None, 2.0, 4.0, 9.8)),
            "seed": dice.randrange(2**31),
        }
        again = known and dice.random() < 0.33
        call, before = dice.choice(known) if again else (fresh, None)
        started = time.monotonic()
        try:
            [file] = client.predict(**call, **settings, api_name="/text_to_motion")[1]
            joints = np.load(file)
        except Exception as error:
            report.faults.append(f"{call}: {type(error).__name__} {error}")
            continue
        report.latencies.append(time.monotonic() - started)
        if before is not None:
            report.compare(call, joints, before)
        elif dice.random() < 0.1:
            [own] = model.generate("text-to-motion", **call, **settings)
            assert own.motion is not None
            report.compare(call, joints, own.motion.joints)
        known = [*known[-20:], (call, joints)]


def run(address: str, model: MoTe, clients: int, seconds: float, settings: dict[str, Any]) -> Report:
    """All clients at once on the app at an address, with `model` to compare with, for so many seconds."""
    connected = [Client(address, verbose=False, httpx_kwargs={"timeout": 60}) for _ in range(clients)]
    report, end = Report(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=calls, args=(client, model, report, end, number, settings))
        for number, client in enumerate(connected)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report


def memory(process: int) -> float:
    """What a process holds of the memory, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def main() -> None:
    """Start the app, put the load on it, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--port", type=int, default=7960)
    options = parser.parse_args()
    address = f"http://127.0.0.1:{options.port}/"
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(options.port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        model = MoTe.from_pretrained(ROOT / "checkpoints" / "mote-open", device="cpu")
        until_it_answers(address)
        held: list[float] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(15):
                held.append(memory(server.pid))

        watching = threading.Thread(target=watch)
        watching.start()
        started = time.monotonic()
        report = run(address, model, options.clients, 60 * options.minutes, {})
        minutes = (time.monotonic() - started) / 60
        over.set()
        watching.join()
    finally:
        server.terminate()
        server.wait()
    times = sorted(report.latencies)
    print(
        f"{options.clients} clients, {minutes:.1f} minutes: {len(times)} results, {len(times) / minutes:.0f} a minute"
    )
    print(f"latency: median {statistics.median(times):.1f} s, 95 % {times[int(0.95 * len(times))]:.1f} s")
    print(f"compared with their own seed: {report.compared}, at most {report.apart * 1000:.3f} mm apart")
    print(f"memory every 15 s, MB: {' '.join(f'{size:.0f}' for size in held)}")
    print(f"faults: {len(report.faults)}", *report.faults[:20], sep="\n  ")


def until_it_answers(address: str) -> None:
    """Wait for the app, a minute at most."""
    for _ in range(120):
        try:
            Client(address, verbose=False)
            return
        except Exception:
            time.sleep(0.5)
    raise SystemExit("the app did not start")


if __name__ == "__main__":
    main()
