"""Photos seen without any language model: remembered, recalled, and encoded again, by a photo encoder.

Whatever is stored or recalled by sight goes through here: the command line, the app, imports and the demo alike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from assistant.encoder.encoder import PhotoEncoder
from assistant.metadata.told_day import day_told
from memory.days import UNKNOWN, Unknown
from memory.episode import Episode, Photo, Recall, Turn
from memory.errors import KeepsakeError, PhotoError
from memory.naming.photo_names import by_photo
from memory.search.sightings import NewPhoto
from memory.store import Memory

MOST_RECALLED = 4
"""Most photos that are recalled: each lengthens the prompt by its visual tokens and its words."""


def recall(memory: Memory, encoder: PhotoEncoder, photo: Photo, k: int = MOST_RECALLED) -> list[Recall]:
    """Episodes of the k things most like `photo`, best first, without those that the encoder's gate rejects.

    All photos of a named thing count as one. The very same photo is sure, whatever the gate says, and the user's own
    verdicts on earlier recalls are heeded. Photos without tokens of this encoder are not found: see `encode_missing`.
    Raises PhotoError, ModelError.
    """
    new = NewPhoto(encoder.space, encoder.encode(photo), encoder.gate, photo.sha256)
    return memory.recall(new, k, by_photo)


def remember(
    memory: Memory,
    encoder: PhotoEncoder,
    photo: Photo,
    words: str,
    when: datetime | Unknown | None = None,
    place: str | None = None,
) -> Episode:
    """Store an episode with the photo's tokens, so that the next photo can find it.

    `when` defaults to the camera's date, then to the day that the words give the photo; else the day is unknown.
    Raises KeepsakeError when there are no words: a photo without meaning cannot be recalled by meaning.
    """
    if not words.strip():
        raise KeepsakeError("nothing was said about the photo: write a sentence, such as 'This is Milo, my dog'")
    now, turns = datetime.now().astimezone(), (Turn("user", words.strip()),)
    if (at := when or photo.taken_at or day_told(words)) and at != UNKNOWN:
        episode = Episode(photo, turns, at, place, told=now)
    else:
        episode = Episode(photo, turns, now, place, day=None, told=now)
    return store_episode(memory, encoder, episode)


def store_episode(memory: Memory, encoder: PhotoEncoder, episode: Episode) -> Episode:
    """Store an episode, with or without words, together with its photo's tokens."""
    photo = episode.photo
    tokens = encoder.encode(photo)  # first: when the encoder fails, nothing is stored, and a repeated call stores once
    memory.add(episode, (encoder.space, tokens))
    return episode


def encode_missing(
    memory: Memory,
    encoder: PhotoEncoder,
    progress: Callable[[int, int], object] = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
    unreadable: Callable[[Episode], object] = lambda episode: None,
) -> bool:
    """Encode the photos that have no tokens of this encoder yet, the newest first, and store each at once.

    The work may be ended at any time, by `stop` or by a kill: the next call goes on from there. `progress` gets the
    photos done and their total, first with 0 done; it is not called when nothing is missing. Returns False when `stop`
    ended the work. A photo whose stored bytes are damaged is left out, and its newest episode is given to `unreadable`.
    Raises ModelError, MemoryFileError.
    """
    missing = memory.photos_without_vectors(encoder.space)
    for done, sha256 in enumerate(missing):
        progress(done, len(missing))
        if stop():
            return False
        for episode in memory.about(sha256)[:1]:  # none if it was forgotten meanwhile
            try:
                memory.put_vectors(sha256, encoder.space, encoder.encode(episode.photo))
            except PhotoError:
                unreadable(episode)
    if missing:
        progress(len(missing), len(missing))
    return True
