"""Which device a model runs on, and in which precision."""

import torch


def choose(name: str | None = None) -> torch.device:
    """The named device, or the accelerator that is there (cuda, mps), or the CPU.

    Raises:
        ValueError: there is no device of that name here.
    """
    if name is None:
        return torch.accelerator.current_accelerator() or torch.device("cpu")
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"there is no device {name!r} here: name cuda, mps or cpu, or leave it out") from error
    return torch.device(name)


def fast_bf16(device: torch.device) -> bool:
    """Whether bf16 is faster than fp32: on a GPU, and on a CPU with AMX tiles; other CPUs are slower with it."""
    return torch.cpu._is_amx_tile_supported() if device.type == "cpu" else device.type == "cuda"
