"""Photos that the user shows: chosen, or by path; read in their own thread, then looked at when their turn comes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path

from textual.app import App

from assistant.photo import load_photo
from memory.episode import Photo
from memory.errors import PhotoError
from ui.controllers.main_view import MainView
from ui.dialogs.photo_picker import PhotoPicker, pictures_folder
from ui.runtime.app_thread import AppThread
from ui.widgets.chat_log import PhotoEntry


class ShowingPhotos:
    """One for the app; `seen` is called with every photo that could be read."""

    def __init__(
        self,
        app: App[None],
        session: AppThread,
        desk: MainView,
        reader: Executor,
        seen: Callable[[Path, Photo], object],
    ) -> None:
        self._app, self._session, self._desk, self._reader, self._seen = app, session, desk, reader, seen
        self.folder: Path | None = None
        """Where the last one came from."""

    def pick(self) -> None:
        """F2: show the photo picker."""

        async def chosen(path: Path | None) -> None:
            if path:
                await self.attach(path)

        self._app.push_screen(PhotoPicker(self.folder or pictures_folder(), self._reader), chosen)

    def folders(self) -> list[Path]:
        """Where a photo is looked for that is named without its folder."""
        return list(dict.fromkeys([*([self.folder] if self.folder else []), Path.cwd(), pictures_folder()]))

    async def attach(self, *paths: Path) -> None:
        """Read them at once, and look at each when its turn comes."""
        for path in paths:
            entry = PhotoEntry(path)
            await self._desk.add(entry)
            reading = self._reader.submit(load_photo, path)
            reading.add_done_callback(partial(self._app.call_later, self._read, entry))
            self._session.look(entry, reading)

    async def _read(self, entry: PhotoEntry, reading: Future[Photo]) -> None:
        try:
            photo = reading.result()
        except PhotoError as error:
            await entry.remove()
            await self._desk.note(str(error), "warning")
            return
        entry.show(photo)
        self.folder = entry.path.parent
        if entry.parent is self._desk.page:
            self._seen(entry.path, photo)
        self._desk.talk.anchor()
