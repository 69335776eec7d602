"""What an import knows of the photos that it meets: their words in the memory, and what takes the place of what.

Words take the place of none, and of those that an import took from the name of a photo's file or folder. A day takes
the place of an unknown one. So a part of an export that comes later completes what the first one brought.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memory.episode import Episode, Turn
from memory.store import Memory
from memory.tray import waiting_photos as tray

Turns = tuple[Turn, ...]


@dataclass
class KeptPhotos:
    """What is known of the photos that an import met, by their SHA-256."""

    memory: Memory | None
    stored: dict[str, list[Turns]] = field(default_factory=dict)
    """What was said about each, in this import or before."""
    first_file: dict[str, str] = field(default_factory=dict)
    """The file that it was stored from, of those of this import."""
    guesses: dict[str, Turns] = field(default_factory=dict)
    """Words that this import, or one before, took from a name."""
    undated: set[str] = field(default_factory=set)
    """Those that the memory has with an unknown day."""

    def nothing_new(self, sha256: str, turns: Turns, guess: Turns, *, guessed: bool) -> bool:
        """Whether the memory has the photo already, and these words are none that it lacks.

        `guess`: the words that the photo's name gives, which an earlier import may have stored.
        """
        if sha256 not in self.stored:
            known = self.memory.about(sha256) if self.memory else []
            self.stored[sha256] = [one.turns for one in known]
            if any(one.day is None for one in known):
                self.undated.add(sha256)
        before = self.stored[sha256]
        if guess and guess in before:
            self.guesses[sha256] = guess
        return turns in before or bool(before and not turns) or (guessed and any(before))

    def outdated(self, sha256: str, turns: Turns, *, guessed: bool) -> Turns | None:
        """What these words take the place of: no words, or those taken from a name; None: of nothing.
        They are entered as stored."""
        before = () if () in self.stored[sha256] else None if guessed else self.guesses.pop(sha256, None)
        if guessed and turns:
            self.guesses[sha256] = turns
        if not turns or before is None:
            return None
        self.stored[sha256] = [*(one for one in self.stored[sha256] if one != before), turns]
        return before

    def add(self, episode: Episode, file: str) -> bool:
        """Enter a new memory; whether this import stored one of the photo already."""
        sha256 = episode.photo.sha256
        self.stored[sha256].append(episode.turns)
        if episode.day is None:
            self.undated.add(sha256)
        return self.first_file.setdefault(sha256, file) != file

    def put_on_day(self, episode: Episode, *, write: bool) -> None:
        """Give the memories of a photo whose day is unknown the day of this episode."""
        self.undated.discard(episode.photo.sha256)
        if not (self.memory and write):
            return
        for old in self.memory.about(episode.photo.sha256):
            if old.day is None:
                tray.put_in_place(self.memory, old.id, replace(old, when=episode.when, day=episode.day))


def tell(memory: Memory, episode: Episode, before: Turns) -> Episode:
    """Put an episode in the place of that of its photo with the words `before`; where its day is unknown, on that
    one's."""
    old = next(known for known in memory.about(episode.photo.sha256) if known.turns == before)
    if episode.day is None:
        episode = replace(episode, when=old.when, day=old.day)
    told = replace(episode, place=episode.place or old.place)
    tray.put_in_place(memory, old.id, told)
    return told
