"""Choose a photo from the disk: a tree of folders and photos, with a preview. Returns a path or None."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DirectoryTree, Static
from textual.widgets.directory_tree import DirEntry

from assistant.photo import decode, read_file, shown
from memory.episode import Photo
from memory.errors import PhotoError
from ui.dialog_strings import PICKER, PICKER_KEYS
from ui.input_parser import is_photo
from ui.widgets.keys_line import KeysLine
from ui.widgets.photo_view import PhotoView


def pictures_folder() -> Path:
    """The user's folder of pictures; their home folder where there is none."""
    pictures = Path.home() / "Pictures"
    return pictures if pictures.is_dir() else Path.home()


def _read_photo(path: Path) -> Photo:
    """Read a photo for the preview. Errors name the file without its folder, because the preview is narrow."""
    return decode(read_file(path), shown(path.name))


class PhotoTree(DirectoryTree):
    """A tree of folders and photos, without hidden ones."""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Keep folders and photos; suffixes count in upper and lower case."""
        return [p for p in paths if not p.name.startswith(".") and (is_photo(p) or p.is_dir())]


class PhotoPicker(ModalScreen[Path | None]):
    """Enter attaches the highlighted photo, Backspace goes one folder up, Esc closes."""

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("backspace", "up", "Folder above"),
    ]

    def __init__(self, folder: Path, reader: Executor) -> None:
        super().__init__()
        self.folder, self._reader = folder, reader
        self._shown: Path | None = None
        self._reading: Future[Photo] | None = None

    def compose(self) -> ComposeResult:
        """The tree on the left, the preview on the right."""
        with Vertical(classes="dialog -large"):
            with Horizontal():
                yield PhotoTree(self.folder)
                with Vertical(classes="preview"):
                    yield PhotoView()
                    yield Static("", classes="name")
            yield KeysLine(PICKER_KEYS, classes="keys")

    def on_mount(self) -> None:
        """Show the folder's path as the title."""
        self._title()

    def _title(self) -> None:
        self.query_one(".dialog").border_title = Content(PICKER.format(folder=self.folder))

    def action_up(self) -> None:
        """Go to the folder above."""
        self.folder = self.folder.resolve().parent
        self.query_one(PhotoTree).path = self.folder
        self._title()

    def on_tree_node_highlighted(self, event: PhotoTree.NodeHighlighted[DirEntry]) -> None:
        """Read the highlighted photo for the preview; reading of the one before is cancelled if it waits."""
        path = event.node.data.path if event.node.data else None
        self._shown = path
        if self._reading:
            self._reading.cancel()
        if path and is_photo(path) and path.is_file():
            self._reading = self._reader.submit(_read_photo, path)
            self._reading.add_done_callback(partial(self._read, path))
        else:
            self.query_one(PhotoView).photo = None
            self.query_one(".name", Static).update("")

    def _read(self, path: Path, future: Future[Photo]) -> None:
        if not future.cancelled():
            self.call_later(self._preview, path, future)

    def _preview(self, path: Path, future: Future[Photo]) -> None:
        if path != self._shown or not self.is_attached:
            return
        try:
            photo = future.result()
            text = f"{path.name}\n{photo.width} × {photo.height}"
        except PhotoError as error:
            photo, text = None, str(error)
        self.query_one(PhotoView).photo = photo
        self.query_one(".name", Static).update(Content(text))

    def on_directory_tree_file_selected(self, event: DirectoryTree.FileSelected) -> None:
        """Enter on a photo closes the dialog with that photo."""
        event.stop()
        self.dismiss(event.path)
