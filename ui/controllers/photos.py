"""Photos that the user shows, from the picker or by path: read at once in a thread, recalled and captioned in turn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path

from textual.app import App

from assistant.photo import load_photo
from demo import album
from memory.episode import Photo
from memory.errors import PhotoError
from ui.controllers.main_view import MainView
from ui.dialogs.photo_picker import PhotoPicker, pictures_folder
from ui.runtime.app_thread import AppThread
from ui.widgets.chat_log import PhotoEntry


class PhotosController:
    """Shows photos in one app; `photo_read` is called with every photo that could be read."""

    def __init__(
        self,
        app: App[None],
        thread: AppThread,
        main_view: MainView,
        reader: Executor,
        photo_read: Callable[[Path, Photo], object],
    ) -> None:
        self._app, self._thread, self._view, self._reader, self._photo_read = app, thread, main_view, reader, photo_read
        self.folder: Path | None = None
        """Folder of the last photo."""
        self._own: Path | None = None
        """Folder of the last photo that is none of the demo album's."""

    def pick(self) -> None:
        """F2: show the photo picker."""

        async def chosen(path: Path | None) -> None:
            if path:
                await self.attach(path)

        self._app.push_screen(PhotoPicker(self.folder or pictures_folder(), self._reader), chosen)

    def folders(self) -> list[Path]:
        """Folders in which a photo is searched that is named without its folder."""
        return list(dict.fromkeys([*([self.folder] if self.folder else []), Path.cwd(), pictures_folder()]))

    def leave_demo(self) -> None:
        """The demo album is left: F2 begins among the user's own photos again."""
        self.folder = self._own

    async def attach(self, *paths: Path) -> None:
        """Read these photos at once; recall and caption each in its turn."""
        for path in paths:
            entry = PhotoEntry(path)
            await self._view.add(entry)
            reading = self._reader.submit(load_photo, path)
            reading.add_done_callback(partial(self._app.call_later, self._read, entry))
            self._thread.show_photo(entry, reading)

    async def _read(self, entry: PhotoEntry, reading: Future[Photo]) -> None:
        try:
            photo = reading.result()
        except PhotoError as error:
            await entry.remove()
            await self._view.note(str(error), "warning")
            return
        entry.show(photo)
        self.folder = entry.path.parent
        self._own = self._own if self.folder == album.HERE else self.folder
        if entry.parent is self._view.page:
            self._view.show_photo(photo, entry)
            self._photo_read(entry.path, photo)
        self._view.conversation.anchor()
