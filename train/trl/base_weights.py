"""Base weights that stay what they were while a LoRA is folded in and out for vLLM at every sync.

trl merges the LoRA into the base, sends the weights, and subtracts the LoRA again. In bf16 each such cycle rounds:
after 1,000 of them weights had moved by up to two thirds of their mean size (trl issue 6688). So the base is saved
once, in the memory of the host, and put back after every cycle.
"""

from __future__ import annotations

from typing import Any


def keep(model: Any) -> int:
    """Make `unmerge_adapter` of a peft model put the saved base weights back; returns the bytes that are saved.

    The weights are saved now: the LoRA must not be merged.
    """
    import torch
    from peft.tuners.tuners_utils import BaseTunerLayer

    found = ((name, module) for name, module in model.named_modules() if isinstance(module, BaseTunerLayer))
    layers = {name: module.get_base_layer() for name, module in found}
    saved = {name: layer.weight.detach().to("cpu", copy=True) for name, layer in layers.items()}
    unmerge = model.unmerge_adapter

    def unmerge_and_restore(*args: Any, **kwargs: Any) -> Any:
        done = unmerge(*args, **kwargs)
        with torch.no_grad():
            for name, layer in layers.items():
                _restore(layer.weight, saved[name])
        return done

    model.unmerge_adapter = unmerge_and_restore
    return sum(weight.numel() * weight.element_size() for weight in saved.values())


def _restore(weight: Any, saved: Any) -> None:
    """Copy a saved weight back; if devices share it (FSDP), each copies its own part."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    if isinstance(weight, DTensor):
        saved = distribute_tensor(saved.to(weight.device), weight.device_mesh, weight.placements, src_data_rank=None)
    weight.copy_(saved)
