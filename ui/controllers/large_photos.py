"""How photos are shown: on the whole screen (F9, /large), in pixels or cells (/pixels), in the system's own viewer.

`KeepsakeApp` (`tui.py`) inherits it, as it does `ThreadMessages`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.driver import Driver

from memory.episode import Photo
from memory.errors import KeepsakeError
from ui import strings
from ui.controllers.main_view import MainView
from ui.dialog_strings import OPENED, OPENING
from ui.dialogs.large_photo import LargePhoto
from ui.pictures.system_viewer import SystemViewer
from ui.pictures.terminal_images import TERMINAL, photo_driver
from ui.runtime import settings
from ui.widgets.episode_grid import EpisodeGrid
from ui.widgets.panels import StatusLine
from ui.widgets.photo_view import PhotoView

if TYPE_CHECKING:
    from textual.app import App

    Base = App[None]
else:
    Base = object

PIXELS = "pixels"
"""The setting: "auto", "on" or "off"."""
SWEEP = 1.0
"""Seconds after which a photo that nobody shows any more is gone from the terminal, at the latest."""


class LargePhotos(Base):
    """Photos shown large, or elsewhere, on the parts that the app puts together."""

    photo: Photo | None
    private: bool
    main_view: MainView
    status: StatusLine
    viewer: SystemViewer

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, which then takes the photos out of the terminal at the end."""
        return photo_driver(super().get_driver_class())

    def on_mount(self) -> None:
        """Photos are shown as the user's setting says; what is shown no more leaves the terminal."""
        TERMINAL.want(str(settings.get(PIXELS, "auto")))
        self.set_interval(SWEEP, TERMINAL.sweep)
        self.app_resume_signal.subscribe(self, lambda _: self.redraw_photos())

    def clear_terminal(self) -> None:
        """Take all photos out of the terminal: of what is shown no more nothing stays, the rest is sent again."""
        if TERMINAL.clear():
            self.redraw_photos()

    def redraw_photos(self) -> None:
        """Draw all photos anew that are on the screen, or under a dialog."""
        for screen in self.screen_stack:
            for view in screen.query("PhotoView, EpisodeGrid").results():
                if isinstance(view, PhotoView | EpisodeGrid):
                    view.redraw()

    async def show_pixels(self, wanted: str) -> None:
        """/pixels on, off or auto: change how photos are drawn, for later starts, too; then say how they are."""
        try:
            if wanted in ("on", "off", "auto"):
                settings.put(PIXELS, wanted)
                TERMINAL.want(wanted)
                self.redraw_photos()
            how = strings.PIXELS if await asyncio.to_thread(lambda: TERMINAL.on) else strings.CELLS
            await self.main_view.note(strings.DRAWN_IN.format(how=how, wanted=settings.get(PIXELS, "auto")), "done")
        except KeepsakeError as error:
            await self.main_view.note(str(error), "warning")

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
