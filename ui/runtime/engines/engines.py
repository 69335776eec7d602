"""The networks of the app: the language model, loaded in a thread of its own, and the photo encoder.

Called in the background thread (`session.py`). What needs no model works before the model is loaded, and without one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from textual.message import Message

from assistant.backend import Backend
from assistant.encoder.encoder import BackendEncoder, PhotoEncoder
from assistant.sight import encode_missing
from memory.errors import KeepsakeError, ModelStopped
from memory.store import Memory
from ui.runtime.engines.encoder_thread import EncoderThread
from ui.runtime.engines.model_loader import ModelLoader
from ui.runtime.job_queue import AfterModel, ModelGate
from ui.runtime.messages import ModelReady

AT_ONCE = 16
"""Photos without tokens that a recall waits for: less than a second of one core."""


class Engines:
    """One model at a time, and one encoder."""

    def __init__(
        self,
        post: Callable[[Message], object],
        open_backend: Callable[[], Backend],
        open_encoder: Callable[[], PhotoEncoder] | None,
        settled: Callable[[], object],
        is_ephemeral: Callable[[], bool],
    ) -> None:
        """`open_encoder`: None for the model's own tower. `settled` is called from another thread when loading ended.

        `is_ephemeral`: whether the model may write nothing to disk.
        """
        self._post, self._open_backend, self._is_ephemeral = post, open_backend, is_ephemeral
        self._loader = ModelLoader(settled)
        self.encoder_thread = EncoderThread(post, open_encoder) if open_encoder else None
        """None when the model's own tower is the encoder."""
        self._ready: Backend | None = None
        """The model that the app has been told of."""
        self._failure: KeepsakeError | None = None
        """Why the model could not be loaded, as a job was told."""

    def gate(self, stop: Callable[[], object]) -> ModelGate:
        """What the job queue asks of the model."""
        return ModelGate(lambda: self.has_model, lambda: self._loader.loading, self.load, stop)

    @property
    def has_model(self) -> bool:
        """Whether the model is loaded."""
        return self._loader.backend is not None

    def start(self, memory: Memory) -> None:
        """Begin to load the model; open the encoder, and let its thread encode the photos that have no tokens of it."""
        self.load()
        if self.encoder_thread:
            self.encoder_thread.start(memory)

    def memory_changed(self) -> None:
        """Let the encoder's thread encode what may be new in the memory."""
        if self.encoder_thread:
            self.encoder_thread.wake()

    def encode_missing(self, memory: Memory, encoder: PhotoEncoder, stop: Callable[[], bool]) -> None:
        """Before a recall: encode at once what the encoder's thread would encode next; it is left to it when many."""
        if self.encoder_thread is None or len(memory.photos_without_vectors(encoder.space)) <= AT_ONCE:
            encode_missing(memory, encoder, stop=stop)

    def load(self) -> None:
        """Begin to load the model, unless it is loaded or being loaded."""
        if not self._loader.loading and not self.has_model:
            self._loader.begin(self._open_backend)

    def model(self) -> Backend:
        """The model; the app is told of it at its first use. Raises what loading it raised."""
        try:
            backend = self._loader.take()
        except KeepsakeError as error:
            self._failure = error
            raise
        if self._ready is not backend:
            self._ready = backend
            backend.set_ephemeral(self._is_ephemeral())
            self._post(ModelReady(backend.name, backend.may_say))
        return backend

    def loaded(self, *, awaited: bool) -> None:
        """Loading has ended: tell of the model, or raise why there is none; `awaited`: other jobs will tell that."""
        before = self._failure
        if self.has_model or not (self._loader.loading or awaited):
            try:
                self.model()
            except KeepsakeError as error:
                if error is not before:
                    raise

    def set_ephemeral(self) -> None:
        """Tell the model again whether it may write to disk."""
        if self._ready and self.has_model:
            with suppress(ModelStopped):  # a stopped model keeps nothing; the next one is told when it starts
                self._ready.set_ephemeral(self._is_ephemeral())

    def switch(self, open_backend: Callable[[], Backend]) -> Callable[[], object]:
        """Close the model and choose another; what is returned makes the one before the chosen one again."""
        before, self._open_backend = self._open_backend, open_backend
        self._loader.unload()

        def back() -> None:
            self._open_backend = before

        return back

    def encoder(self) -> PhotoEncoder:
        """The photo encoder. Raises ModelError."""
        return self.encoder_thread.encoder() if self.encoder_thread else BackendEncoder(self.model())

    def with_encoder(self, part: Callable[[], object]) -> object:
        """Run a part of a job that needs the encoder; it has to wait when that is the model's own tower."""
        return part() if self.encoder_thread else AfterModel(part)

    def close(self) -> None:
        """Close the photo encoder, and the model's process."""
        if self.encoder_thread:
            self.encoder_thread.close()
        self._loader.unload()
