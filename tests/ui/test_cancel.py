"""Runs that are called off: by a program, by one that hangs up, by the button; what shares their batch goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import numpy as np
import pytest
from browsing import open_task, opened, prompt, shown, status
from gradio_client import Client

import app
from mote.pipeline import MoTe

STEPS, PAUSE = 100, 0.05  # a run of five seconds


class Slow:
    """An app on a model that takes its time, and how many steps it has made."""

    def __init__(self, model: MoTe) -> None:
        self.model, self.steps = model, 0
        self.denoise = model.mtdm.denoise
        model.mtdm.denoise = self.slowly

    def slowly(self, *inputs):
        self.steps += 1
        time.sleep(PAUSE)
        return self.denoise(*inputs)

    def begun(self) -> None:
        """Wait until a run has begun."""
        now = self.steps
        until(lambda: self.steps > now + 2)

    def stands_still(self) -> bool:
        """Whether the model rests, a moment for one more step given."""
        time.sleep(6 * PAUSE)
        now = self.steps
        time.sleep(6 * PAUSE)
        return self.steps == now


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def slow(tiny_folder) -> Slow:
    return Slow(MoTe.from_pretrained(tiny_folder, device="cpu"))


@pytest.fixture(scope="module")
def address(slow) -> Iterator[str]:
    page = app.build(slow.model)
    yield app.launch(page, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)[1]
    page.close()


def test_one_job_is_cancelled_and_the_others_of_its_client_and_batch_go_on(slow, address):
    client = Client(address, verbose=False)
    texts = ["a person walks", "a man waves", "someone jumps"]
    jobs = [client.submit(text, 2.0, 1, STEPS, seed=3, api_name="/text_to_motion") for text in texts]
    slow.begun()
    time.sleep(10 * PAUSE)  # the second batch waits now
    jobs[1].cancel()
    for job, text in ((jobs[0], texts[0]), (jobs[2], texts[2])):
        [file] = job.result(timeout=60)[1]
        [own] = slow.model.generate("text-to-motion", text=text, seconds=2.0, steps=1, seed=3)
        assert np.load(file).shape == own.motion.joints.shape


def test_a_run_that_is_cancelled_stops_the_model(slow, address):
    job = Client(address, verbose=False).submit(2.0, 1, STEPS, api_name="/motion")
    slow.begun()
    before = slow.steps
    job.cancel()
    assert slow.stands_still()
    assert slow.steps < before + STEPS / 2


def test_a_run_whose_client_hangs_up_stops_the_model(slow, address):
    with httpx.Client(base_url=f"{address}gradio_api/call/") as client:
        name = client.post("motion", json={"data": [2.0, 1, STEPS, None]}).json()["event_id"]
        with client.stream("GET", f"motion/{name}"):
            slow.begun()
    assert slow.stands_still()


def test_the_stop_button_is_there_while_a_run_is_and_stops_it(slow, address, person):
    with opened(person, address) as page:
        stop, seen = page.get_by_role("button", name="Stop"), "visible=true"
        assert stop.locator(seen).count() == 0
        page.get_by_label("number input for Steps").locator(seen).fill(str(STEPS))
        prompt(page).fill("a person walks")
        page.get_by_role("button", name="Generate").locator(seen).click()
        slow.begun()
        stop.locator(seen).wait_for()
        shown(page, "text=Denoising").wait_for()
        stop.locator(seen).click()
        stop.locator(seen).wait_for(state="detached")
        assert slow.stands_still()
        assert shown(page, ".motions img").count() == 0
        assert status(page).inner_text() == "Ready"
        open_task(page, "text")
        page.get_by_label("number input for Steps").locator(seen).fill("2")
        page.get_by_role("button", name="Generate").locator(seen).click()
        page.get_by_text("1 caption in").wait_for()


def test_those_who_wait_see_their_place(slow, address, person):
    client = Client(address, verbose=False)
    with opened(person, address) as page:
        prompt(page).fill("a person walks")
        busy = client.submit(2.0, 1, STEPS, api_name="/motion")
        slow.begun()
        page.get_by_role("button", name="Generate").locator("visible=true").click()
        shown(page, "text=Waiting, 1 before this").wait_for()
        busy.cancel()
        shown(page, ".motions img").wait_for(timeout=90_000)
