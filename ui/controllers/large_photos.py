"""F9, /large: the photo in view on the whole screen; and opening a photo in the system's own viewer.

`KeepsakeApp` (`tui.py`) inherits it, as it does `ThreadMessages`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from memory.episode import Photo
from memory.errors import KeepsakeError
from ui import strings
from ui.controllers.main_view import MainView
from ui.dialog_strings import OPENED, OPENING
from ui.dialogs.large_photo import LargePhoto
from ui.pictures.system_viewer import SystemViewer
from ui.widgets.panels import StatusLine

if TYPE_CHECKING:
    from textual.app import App

    Base = App[None]
else:
    Base = object


class LargePhotos(Base):
    """Photos shown large, or elsewhere, on the parts that the app puts together."""

    photo: Photo | None
    private: bool
    main_view: MainView
    status: StatusLine
    viewer: SystemViewer

    async def action_large(self) -> None:
        """F9: show the photo in view on the whole screen."""
        if self.photo:
            self.push_screen(LargePhoto(self.photo))
        else:
            await self.main_view.note(strings.NO_PHOTO_LARGE, "warning")

    async def on_large_photo_original(self, message: LargePhoto.Original) -> None:
        """Open the photo in the system's viewer; say first what that means where nothing was to leave Keepsake."""
        about = "private" if self.private else "encrypted" if self.status.encrypted else ""
        try:
            self.viewer.command()
            if about and not message.sure:
                message.screen.ask(about)
                return
            message.screen.say(OPENING)
            await asyncio.to_thread(self.viewer.open, message.screen.photo)
            said = OPENED
        except KeepsakeError as error:
            said = str(error)
        if message.screen.is_attached:
            message.screen.say(said)
