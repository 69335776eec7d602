"""The receipt of a forget: what was removed and what could not be, in people's words or in ids and counts."""

from __future__ import annotations

from dataclasses import dataclass

from memory.text import count

LISTED = 3
"""So many days are named."""


@dataclass(frozen=True)
class Receipt:
    """What a forget removed and what it could not. `asdict` of it is printed by `forget --json`."""

    episodes: tuple[str, ...]
    """Ids of the forgotten episodes."""
    photos: tuple[str, ...]
    """Hashes of the forgotten photos."""
    photos_kept: tuple[str, ...]
    """Hashes of photos that stay because other episodes show them."""
    turns: int
    """How many turns of conversation were deleted with the episodes."""
    vectors: int
    """How many sets of visual tokens were deleted: one for each photo and vector space."""
    index_rows: int
    """How many rows were deleted from the index of words."""
    bytes: int
    """Size of the deleted photos, words, visual tokens and cache files."""
    files: int = 0
    """How many cache files were deleted."""
    snapshots_deleted: int = 0
    snapshots_made: int = 0
    log_emptied: bool = True
    """False while another program reads an older state of the file: old pages stay until that program closes it."""
    names_remain: tuple[str, ...] = ()
    """Ids of remaining episodes that say a name which a forgotten episode says."""
    look_alikes: tuple[str, ...] = ()
    """Ids of remaining episodes whose photo looks like a forgotten photo."""
    set_aside: tuple[str, ...] = ()
    """Names of files that a restore replaced: they may hold everything that was forgotten."""
    trouble: str = ""
    """Why no new snapshot could be made; empty when one was made or none was needed."""
    parts: int = 0
    """How many parts of stored conversations were deleted, for a forgotten photo or episode in them."""
    conversations: int = 0
    """How many conversations these parts belonged to."""
    answers: int = 0
    """How many of the user's answers about recalls were deleted, as they were about a forgotten photo."""
    names: int = 0
    """How many of the user's decisions about names were deleted, as nothing says these names any more."""
    conversations_remain: tuple[str, ...] = ()
    """Ids of remaining conversations that say a name which a forgotten episode says."""
    days: tuple[str, ...] = ()
    """The days of the forgotten episodes, in words; equal ones once."""
    names_remain_days: tuple[str, ...] = ()
    """The days of `names_remain`, in words."""
    look_alikes_days: tuple[str, ...] = ()
    """The days of `look_alikes`, in words."""

    @property
    def erased(self) -> bool:
        """Whether any episode or part of a conversation was deleted."""
        return bool(self.episodes or self.parts)

    def summary(self, what: str = "") -> list[str]:
        """The receipt in people's words: what went, what stays, what is out of reach; no ids, no content.

        `what`: the forgotten episodes in words, where these may be shown ("the memory of 12 May 2025 with Zuri").
        """
        one = len(self.episodes) == 1
        where, about = count(self.conversations, "kept conversation"), " about it" if self.episodes else ""
        remain = count(len(self.conversations_remain), "kept conversation")
        same_name = "Still there, and may say the same name:"
        stays = "The photo stays, as another memory shows it." if one else "Photos that others show stay."
        alike = _of(self.look_alikes, self.look_alikes_days)
        told = (
            (self.episodes, self._forgotten(what)),
            (self.photos_kept, stays),
            (self.parts, f"Deleted from {where}: photos, questions, captions and answers{about}."),
            (self.answers, f"Deleted: {count(self.answers, 'answer')} of yours about who or what is in a photo."),
            (self.names, f"Deleted: {count(self.names, 'decision')} of yours about a name that nothing says any more."),
            (not self.log_emptied, "Another program is reading the memory: old copies stay until it closes."),
            (
                self.log_emptied and self.erased,
                "No byte of it is left in the memory file, its copies and its caches.",
            ),
            (self.trouble, f"No snapshot could be made now: {self.trouble}"),
            (self.names_remain, f"{same_name} {_of(self.names_remain, self.names_remain_days)}."),
            (self.conversations_remain, f"{same_name} {remain}."),
            (self.look_alikes, f"Still there, with a photo that looks alike: {alike}."),
            (
                self.set_aside,
                f"Set aside by a restore, and may hold it all, delete them: {', '.join(self.set_aside)}.",
            ),
            (True, "Exports and copies that you made are out of reach: delete them yourself."),
        )
        return [line for applies, line in told if applies]

    def _forgotten(self, what: str) -> str:
        """The line that says which episodes went, as `what` or by their days."""
        one = len(self.episodes) == 1
        what = what or (f"the memory of {self.days[0]}" if one and self.days else _of(self.episodes, self.days))
        gone = [f"Forgotten: {what}"]
        if self.photos:
            gone.append("its photo" if one else f"{count(len(self.photos), 'photo')} of them")
            gone.append(f"what was computed from {'it' if one else 'them'}")
        return f"{'; '.join(gone)}."

    def lines(self) -> list[str]:
        """The receipt in detail, in ids and counts, one fact a line."""
        one = self.episodes[0] if len(self.episodes) == 1 else ""
        gone = f"episode {one}" if one else count(len(self.episodes), "episode")
        rows = f"{count(self.turns, 'turn')}, {count(self.index_rows, 'row')} of the index of words"
        where = count(self.conversations, "kept conversation")
        log = "write-ahead log emptied"
        if not self.log_emptied:
            log = "the write-ahead log is still in use by another program, old copies stay until that one closes"
        made = f", {self.snapshots_made} made anew" if self.snapshots_made else ""
        files = f"{count(self.files, 'cache file')} and {count(self.snapshots_deleted, 'snapshot')} deleted{made}"
        photos = f"{count(len(self.photos), 'photo')} forgotten, with {count(self.vectors, 'set')} of visual tokens"
        told = (
            (self.episodes or not self.parts, f"{gone}: forgotten, {rows}"),
            (
                self.parts,
                f"{count(self.parts, 'part')} of {where} deleted: photos, questions, captions, answers",
            ),
            (self.photos, photos),
            (self.photos_kept, f"{count(len(self.photos_kept), 'photo')} kept: other episodes show it"),
            (self.answers, f"{count(self.answers, 'answer')} about who or what is in a photo deleted"),
            (self.names, f"{count(self.names, 'decision')} about a name deleted: nothing says it any more"),
            (True, f"{self.bytes} bytes: memory file rewritten, {log}"),
            (True, files),
            (self.trouble, f"no snapshot now: {self.trouble}"),
            (self.names_remain, f"still there, and may say the same name: {', '.join(self.names_remain)}"),
            (
                self.conversations_remain,
                f"kept conversations that may say the same name: {', '.join(self.conversations_remain)}",
            ),
            (self.look_alikes, f"still there, with a photo that looks alike: {', '.join(self.look_alikes)}"),
            (self.set_aside, f"set aside by a restore, may hold it all, delete them: {', '.join(self.set_aside)}"),
            (True, "exports and copies that you made are out of reach: delete them yourself"),
        )
        return [line for applies, line in told if applies]


def _of(ids: tuple[str, ...], days: tuple[str, ...]) -> str:
    """ "2 memories, of 12 May 2025" """
    memories = "1 memory" if len(ids) == 1 else f"{len(ids)} memories"
    return f"{memories}, of {_listed(days)}" if days else memories


def _listed(days: tuple[str, ...]) -> str:
    """The first few days, and how many more there are."""
    if len(days) > LISTED:
        return f"{', '.join(days[:LISTED])} and {count(len(days) - LISTED, 'more day')}"
    return " and ".join(filter(None, [", ".join(days[:-1]), days[-1]]))
