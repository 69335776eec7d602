"""The receipt of a forget: what was removed and what could not be, in ids and counts, without content."""

from __future__ import annotations

from dataclasses import dataclass

from memory.text import count


@dataclass(frozen=True)
class Receipt:
    """What a forget removed and what it could not: ids and counts, no content."""

    episodes: tuple[str, ...]
    """Ids of the forgotten episodes."""
    photos: tuple[str, ...]
    """Hashes of the forgotten photos."""
    photos_kept: tuple[str, ...]
    """Hashes of photos that stay because other episodes show them."""
    turns: int
    vectors: int
    """Sets of visual tokens."""
    index_rows: int
    bytes: int
    """Of photos, words, visual tokens and cache files."""
    files: int = 0
    """Cache files deleted."""
    snapshots_deleted: int = 0
    snapshots_made: int = 0
    log_emptied: bool = True
    """False while another program reads an older state: then old pages go when it closes."""
    names_remain: tuple[str, ...] = ()
    """Remaining episodes that say a name which a forgotten one said."""
    look_alikes: tuple[str, ...] = ()
    """Remaining episodes whose photo looks like a forgotten one."""
    set_aside: tuple[str, ...] = ()
    """Files replaced by a restore: they may hold all of it."""
    trouble: str = ""
    """Why no new snapshot could be made, if so."""
    parts: int = 0
    """Parts of kept conversations that went: they showed a forgotten photo, or were told a forgotten memory."""
    conversations: int = 0
    """Of so many conversations."""
    conversations_remain: tuple[str, ...] = ()
    """Kept conversations that say a name which a forgotten episode said."""

    @property
    def erased(self) -> bool:
        """Whether anything was taken out."""
        return bool(self.episodes or self.parts)

    def lines(self) -> list[str]:
        """The receipt for people, a fact a line."""
        lines = []
        if self.episodes or not self.parts:
            gone = self.episodes[0] if len(self.episodes) == 1 else count(len(self.episodes), "episode")
            what = f"{count(self.turns, 'turn')}, {count(self.index_rows, 'row')} of the index of words"
            lines = [f"{'episode ' if gone in self.episodes else ''}{gone}: forgotten, {what}"]
        if self.parts:
            where = count(self.conversations, "kept conversation")
            lines.append(f"{count(self.parts, 'part')} of {where} deleted: photos, questions, captions, answers")
        if self.photos:
            sets = count(self.vectors, "set")
            lines.append(f"{count(len(self.photos), 'photo')} forgotten, with {sets} of visual tokens")
        if self.photos_kept:
            lines.append(f"{count(len(self.photos_kept), 'photo')} kept: other episodes show it")
        done = "write-ahead log emptied"
        if not self.log_emptied:
            done = "the write-ahead log is still in use by another program, old copies stay until that one closes"
        lines.append(f"{self.bytes} bytes: memory file rewritten, {done}")
        made = f", {self.snapshots_made} made anew" if self.snapshots_made else ""
        lines.append(f"{count(self.files, 'cache file')} and {count(self.snapshots_deleted, 'snapshot')} deleted{made}")
        if self.trouble:
            lines.append(f"no snapshot now: {self.trouble}")
        if self.names_remain:
            lines.append(f"still there, and may say the same name: {', '.join(self.names_remain)}")
        if self.conversations_remain:
            lines.append(f"kept conversations that may say the same name: {', '.join(self.conversations_remain)}")
        if self.look_alikes:
            lines.append(f"still there, with a photo that looks alike: {', '.join(self.look_alikes)}")
        if self.set_aside:
            lines.append(f"set aside by a restore, may hold it all, delete them: {', '.join(self.set_aside)}")
        return [*lines, "exports and copies that you made are out of reach: delete them yourself"]
