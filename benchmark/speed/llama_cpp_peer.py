"""llama-cpp-python's own chat handler as a peer of the speed run, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from assistant.backend import Message
from assistant.backends.llama import llama_loader
from assistant.backends.llama.llama_loader import BATCH
from assistant.models.spec import Spec
from benchmark.speed.chat_request import TEMPLATE, as_chat
from benchmark.speed.peer import TimedAnswer, timed
from memory.errors import ModelError


class LlamaCppHandler:
    """`Llama` with its `MTMDChatHandler`, as llama-cpp-python's documentation uses them. See `Peer`."""

    name = "llama-cpp-python"

    def __init__(self, spec: Spec, threads: int, context: int) -> None:
        self._spec, self._threads, self._context = spec, threads, context
        self._open()

    def _open(self) -> None:
        """Load the model and its vision tower."""
        from llama_cpp import Llama
        from llama_cpp.llama_chat_format import MTMDChatHandler

        spec = self._spec
        with llama_loader.safe_defaults():
            self._llama = Llama(
                str(spec.language),
                chat_handler=MTMDChatHandler(str(spec.mmproj), verbose=False),
                lora_path=str(spec.adapter) if spec.adapter else None,
                n_ctx=self._context,
                n_batch=BATCH,
                n_ubatch=BATCH,
                n_threads=self._threads,
                n_threads_batch=self._threads,
                n_gpu_layers=-1,
                flash_attn=True,
                verbose=False,
            )
        self._llama.metadata["tokenizer.chat_template"] = TEMPLATE
        self.answer((Message("user", ("Hello",)),), 1)  # the handler loads the vision tower with its first turn only

    def answer(self, messages: Sequence[Message], max_tokens: int) -> TimedAnswer:
        """See `Peer`."""

        def words() -> Iterator[str]:
            chat: Any = as_chat(messages)
            parts: Any = self._llama.create_chat_completion(
                messages=chat, stream=True, max_tokens=max_tokens, temperature=0.0, repeat_penalty=1.0
            )
            for part in parts:
                yield part["choices"][0]["delta"].get("content") or ""

        try:
            return timed(words(), time.process_time)
        except (RuntimeError, ValueError) as error:  # the two kinds of error that the handler raises
            raise ModelError(f"its handler cannot read this ({error})") from error

    def restart(self) -> None:
        """See `Peer`."""
        self._llama.close()
        self._open()

    def close(self) -> None:
        """See `Peer`."""
        self._llama.close()
