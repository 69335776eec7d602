"""Load a language model and open a context with llama.cpp; its refusals become one clear line.

A context's state becomes bytes here, and bytes a context's state.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.backends.cache import disk_cache
from assistant.backends.llama.mtmd import VisionEncoder, open_tower
from assistant.backends.llama.mtmd_tower import Loaded
from assistant.models.spec import Spec
from assistant.vision.connector_vision import ConnectorVision
from memory.errors import ModelError

BATCH = 512
"""Most tokens read at once."""
CPUINFO = Path("/proc/cpuinfo")
_log_callbacks: list[Any] = []


def load(spec: Spec) -> Any:
    """Load a model's weights with llama.cpp; returns its pointer. Raises ModelError."""
    from llama_cpp import llama_cpp as llama

    _quiet()
    llama.llama_backend_init()
    params = model_params()
    params.n_gpu_layers = -1
    model = llama.llama_model_load_from_file(os.fsencode(spec.language), params)
    if not model:
        raise ModelError(f"llama.cpp cannot load {spec.language}: is it a whole GGUF file of a known model?")
    return model


def open_context(loaded: Loaded, size: int) -> Any:
    """A context of `size` tokens, with the model's LoRA. Raises ModelError."""
    from llama_cpp import llama_cpp as llama

    settings = llama.llama_context_default_params()
    settings.n_ctx = size
    settings.n_batch = settings.n_ubatch = BATCH
    settings.n_threads = settings.n_threads_batch = loaded.threads
    loaded.flag.callback(settings, llama.ggml_abort_callback)
    if loaded.exact:
        settings.type_k = settings.type_v = 0  # GGML_TYPE_F32
        settings.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
    spec, model = loaded.spec, loaded.model
    ctx = llama.llama_init_from_model(model, settings)
    if not ctx:
        raise ModelError(f"not enough memory for {spec.name} with a context of {size} tokens: use a smaller model")
    if spec.adapter:
        lora = llama.llama_adapter_lora_init(model, os.fsencode(spec.adapter))
        if not lora:
            llama.llama_free(ctx)
            raise ModelError(f"{spec.adapter.name} does not fit {spec.language.name}")
        llama.llama_set_adapters_lora(ctx, (llama.llama_adapter_lora_p_ctypes * 1)(lora), 1, (ctypes.c_float * 1)(1.0))
    return ctx


def open_vision(loaded: Loaded, cache: Path | None) -> VisionEncoder | ConnectorVision:
    """What turns photos into visual tokens: a connector behind the photo encoder, or a vision tower. Raises ModelError.

    `cache`: folder in which embeddings of a tower survive a restart.
    """
    if loaded.spec.connector:
        return ConnectorVision(loaded.spec.connector, loaded.model, loaded.threads)
    return open_tower(loaded, disk_cache.vision_cache(cache) if cache else None)


def model_params() -> Any:
    """llama.cpp's default parameters of a model, without what would crash on this processor."""
    from llama_cpp import llama_cpp as llama

    params = llama.llama_model_default_params()
    params.use_extra_bufts = not amx()
    return params


def amx() -> bool:
    """Whether this processor has Intel AMX, with which llama.cpp multiplies weights in extra buffers.

    llama.cpp must not use AMX: GCC up to 12 drops most of the tiles' configuration as unused (its `_tile_loadconfig`
    says that it reads 8 of 64 bytes), and what llama.cpp loads instead can end the process, depending on the stack.
    """
    try:
        return "amx_tile" in CPUINFO.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False  # not Linux


@contextmanager
def safe_defaults() -> Iterator[None]:
    """Make llama-cpp-python's own `Llama`, created in this context, load its model with `model_params`.

    `Llama` has no argument for these parameters, so its source of defaults is replaced meanwhile.
    """
    from llama_cpp import llama_cpp as llama

    params, original = model_params(), llama.llama_model_default_params
    llama.llama_model_default_params = lambda: params
    try:
        yield
    finally:
        llama.llama_model_default_params = original


def pack(ctx: Any) -> memoryview:
    """A context's state as bytes, in llama.cpp's own layout."""
    from llama_cpp import llama_cpp as llama

    size = llama.llama_state_seq_get_size(ctx, 0)
    state = (ctypes.c_uint8 * size)()
    llama.llama_state_seq_get_data(ctx, state, size, 0)
    return memoryview(state).cast("B")


def unpack(ctx: Any, body: bytes) -> bool:
    """Put the state that `pack` gave into an empty context. False when llama.cpp refuses it: it stays empty."""
    from llama_cpp import llama_cpp as llama

    state = (ctypes.c_uint8 * len(body)).from_buffer_copy(body)
    if llama.llama_state_seq_set_data(ctx, state, len(body), 0):
        return True
    llama.llama_memory_clear(llama.llama_get_memory(ctx), True)
    return False


def refusal(code: int, size: int) -> ModelError:
    """The error that a code of `llama_decode` other than 0 means; `size`: tokens of the context."""
    if code == 1:
        return ModelError(f"the context of {size} tokens is full: begin a new conversation, or say it in fewer words")
    if code == -1:
        return ModelError(
            "llama.cpp met tokens that this model does not have: fetch its files again, or use another model"
        )
    return ModelError("llama.cpp could not compute on: free some memory and ask again, or use a smaller model")


def _quiet() -> None:
    """Keep llama.cpp and mtmd from writing to the terminal."""
    from llama_cpp import llama_cpp, mtmd_cpp

    if not _log_callbacks:
        _log_callbacks.append(llama_cpp.llama_log_callback(lambda *_: None))  # C keeps the address only: keep it alive
        llama_cpp.llama_log_set(_log_callbacks[0], ctypes.c_void_p(0))
        mtmd_cpp.mtmd_helper_log_set(_log_callbacks[0], ctypes.c_void_p(0))
