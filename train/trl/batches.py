"""How a recipe's completions are shared by devices: computed, nothing is loaded.

An optimiser step has a fixed number of completions, whatever the number of devices: `micro_batch` is the most of them
in one forward pass of one device, and gradient accumulation does the rest. A recipe that cannot use all devices uses
the most that divide its completions.
"""

from __future__ import annotations

from importlib.util import find_spec

from memory.errors import KeepsakeError
from train.recipe import Gspo, Trl


def completions_of_update(gspo: Gspo) -> int:
    """Completions in an optimiser step, over all processes."""
    of_prompt = 1 if gspo.learn == "gold" else gspo.group
    return gspo.prompts * of_prompt // gspo.updates


def processes_for(gspo: Gspo, devices: int) -> int:
    """The most processes of `devices` that can share the completions of an optimiser step."""
    completions = completions_of_update(gspo)
    return max(n for n in range(1, devices + 1) if completions % n == 0)


def micro_batch(gspo: Gspo, world: int) -> int:
    """Completions in one forward pass of one device. Raises KeepsakeError when `world` processes cannot share them."""
    completions, most = completions_of_update(gspo), (gspo.trl or Trl()).micro_batch
    if completions % world:
        fitting = ", ".join(str(n) for n in range(1, world) if completions % n == 0)
        raise KeepsakeError(
            f"an update has {completions} completions, which {world} processes cannot share: start {fitting} "
            "(--num_processes)"
        )
    return max(n for n in range(1, most + 1) if completions // world % n == 0)


def accumulation(gspo: Gspo, world: int) -> int:
    """Forward passes of one device in an optimiser step."""
    return completions_of_update(gspo) // (micro_batch(gspo, world) * world)


def attention(settings: Trl) -> str:
    """The attention that the model is loaded with: the recipe's, unless its package is not there."""
    if settings.attention == "flash_attention_2" and find_spec("flash_attn") is None:
        return "sdpa"
    return settings.attention
