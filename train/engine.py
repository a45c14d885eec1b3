"""The processes that a command runs in, by Hugging Face Accelerate: one, or as many as `accelerate launch` starts.

The batches of a step, of an evaluation and of a file of prompts are cut the same way whoever works on them; processes
only share them out. So results do not depend on how many there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import AutocastKwargs, DistributedDataParallelKwargs, broadcast, gather_object, is_bf16_available
from torch import nn
from tqdm import tqdm

from train.storage import StoppedError

Item = TypeVar("Item")
Made = TypeVar("Made")
Wrapped = TypeVar("Wrapped", bound=nn.Module)


@cache
def engine() -> Accelerator:
    """Accelerate's engine: there is one a process, and it knows the device and the other processes.

    Raises:
        StoppedError: several processes were started that do not find each other, and would all do the same.
    """
    run = Accelerator(
        mixed_precision="bf16" if is_bf16_available(True) else "no",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True, broadcast_buffers=False)],
    )
    if int(os.environ.get("WORLD_SIZE", 1)) > run.num_processes:
        raise StoppedError(
            "several processes were started and there is no GPU: for processes of the CPU, set ACCELERATE_USE_CPU=true"
        )
    return run


def prepared(module: Wrapped, *, half: bool) -> Wrapped:
    """The module with its gradients averaged over all processes, and its `forward` in bf16 where `half` asks for it."""
    run = engine()
    run.autocast_handler = AutocastKwargs(enabled=half)
    return run.prepare_model(module)


def is_main() -> bool:
    """Whether this process is the one that writes and speaks."""
    return engine().is_main_process


def own(items: Sequence[Item]) -> Sequence[Item]:
    """This process's share of some items: every n-th where there are n processes."""
    return items[engine().process_index :: engine().num_processes]


def gathered(own: dict[int, Made]) -> list[Made]:
    """What all processes have, each under places of its own, in the order of the places; all are given all."""
    return [made for _, made in sorted(gather_object([*own.items()]), key=lambda pair: pair[0])]


def shared(work: Callable[[Item], Made], items: Sequence[Item], name: str | None = None) -> list[Made]:
    """What `work` makes of each of some items, in their order: each process does its share, and all are given all.

    All processes must come here together. What is made lies on the CPU. With a name, a bar shows how far it is.
    """
    mine = tqdm(own(range(len(items))), desc=name, unit="batch", disable=name is None or not is_main())
    return gathered({place: work(items[place]) for place in mine})


def agreed(value: float) -> float:
    """The main process's value, for all."""
    if engine().num_processes == 1:
        return value
    return broadcast(torch.tensor(value, dtype=torch.float64, device=engine().device)).item()


def on_main(work: Callable[..., object], *arguments: object) -> None:
    """Let the main process alone do something, such as write a file, while the others wait."""
    if is_main():
        work(*arguments)
    engine().wait_for_everyone()
