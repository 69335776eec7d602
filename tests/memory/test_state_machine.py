"""The memory against a plain dictionary: after any steps in any order both hold the same. Damaged archives."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from memory.db import keys
from memory.episode import Episode, Photo, Turn
from memory.errors import UnknownEpisode
from memory.maintenance import encryption
from memory.maintenance.archive import export_archive, import_archive
from memory.store import Memory
from tests.support.encoded import noise_photo

DAY = datetime(2025, 5, 12, tzinfo=UTC)
NAMES = ("Milo", "Rex", "Anna", "Zanzibar")


def photo(n: int) -> Photo:
    return noise_photo(n, 8, 8 + 10 * n)


EPISODES = st.builds(
    lambda n, name, text, day, place: Episode(
        photo(n), (Turn("user", f"{name} {text}"), Turn("assistant", "Yes.")), DAY + timedelta(days=day), place
    ),
    st.integers(0, 5),
    st.sampled_from(NAMES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.integers(0, 6),
    st.sampled_from([None, "Porto", *NAMES]),
)


class Store(RuleBasedStateMachine):
    """`known` is the model: id to episode, in the order of telling. Archives lie beside the memory, to come back."""

    told = Bundle("told")

    def opened(self) -> Memory:
        return Memory(self.folder / "memory.db")

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.memory = self.opened()
        self.known: dict[str, Episode] = {}
        self.tokens: set[str] = set()
        self.answers: dict[tuple[str, str], bool] = {}
        self.archives: list[tuple[Path, dict[str, Episode], dict[tuple[str, str], bool]]] = []

    @rule(target=told, episode=EPISODES)
    def remember(self, episode: Episode) -> Episode:
        assert self.memory.add(episode) == episode.id
        self.known[episode.id] = episode
        return episode

    @rule(episodes=st.lists(EPISODES, max_size=5))
    def remember_many(self, episodes: list[Episode]) -> None:
        new = {e.id: e for e in episodes if e.id not in self.known}
        assert self.memory.add_all(episodes) == len(new)
        self.known |= new

    @rule(episodes=st.lists(EPISODES, max_size=3))
    def fail(self, episodes: list[Episode]) -> None:
        with pytest.raises(ZeroDivisionError):
            self.memory.add_all(e if e else 1 / 0 for e in [*episodes, None])  # type: ignore[misc]

    @rule(episode=told)
    def see(self, episode: Episode) -> None:
        here = any(e.photo == episode.photo for e in self.known.values())
        assert self.memory.put_vectors(episode.photo.sha256, "s", np.eye(3)) == here
        self.tokens |= {episode.photo.sha256} if here else set()

    @rule(n=st.integers(0, 7), episode=told, same=st.booleans())
    def answer(self, n: int, episode: Episode, same: bool) -> None:
        """Of photos 6 and 7 nothing is ever remembered."""
        pair = photo(n).sha256, episode.photo.sha256
        before = self.memory.answer(*pair, "s", 0.5, same)
        assert (before and before.same) == self.answers.get(pair)
        if pair[1] in self.photos():
            self.answers[pair] = same

    @rule(n=st.integers(0, 7), episode=told)
    def take_back(self, n: int, episode: Episode) -> None:
        pair = photo(n).sha256, episode.photo.sha256
        taken = self.memory.take_back_verdict(*pair)
        assert (taken and taken.same) == self.answers.pop(pair, None)

    def photos(self) -> set[str]:
        return {e.photo.sha256 for e in self.known.values()}

    @rule(episode=told)
    def forget(self, episode: Episode) -> None:
        if episode.id in self.known:
            receipt = self.memory.forget_all([episode.id])
            assert receipt.turns == 2 and receipt.vectors == sum(p in self.tokens for p in receipt.photos)
            self.drop([episode.id])
        else:
            with pytest.raises(UnknownEpisode):
                self.memory.forget_all([episode.id])

    @rule(name=st.sampled_from(NAMES))
    def forget_name(self, name: str) -> None:
        meant = self.memory.mentioning(name.lower())
        sure = {e.id for e in self.known.values() if f"{name} " in e.words or e.place == name}
        assert sure <= set(meant) <= set(self.known)
        if meant:
            self.memory.forget_all(meant)
            self.drop(meant)
        assert self.memory.mentioning(name) == []

    @rule(since=st.integers(0, 6), days=st.integers(0, 3))
    def forget_days(self, since: int, days: int) -> None:
        low, high = DAY.date() + timedelta(days=since), DAY.date() + timedelta(days=since + days)
        meant = self.memory.between(low, high)
        assert set(meant) == {e.id for e in self.known.values() if e.day and low <= e.day < high}
        if meant:
            self.memory.forget_all(meant)
            self.drop(meant)

    @rule(n=st.integers(0, 5))
    def forget_photo(self, n: int) -> None:
        meant = self.memory.showing(photo(n).sha256)
        assert set(meant) == {e.id for e in self.known.values() if e.photo == photo(n)}
        if meant:
            assert self.memory.forget_all(meant).photos == (photo(n).sha256,)
            self.drop(meant)

    def drop(self, ids: list[str]) -> None:
        before = self.photos()
        for id in ids:
            del self.known[id]
        self.tokens &= self.photos()
        gone = before - self.photos()
        self.answers = {pair: same for pair, same in self.answers.items() if gone.isdisjoint(pair)}

    @rule(name=st.sampled_from(NAMES))
    def search(self, name: str) -> None:
        found = {recall.episode.id for recall in self.memory.search(name, k=100)}
        sure = {e.id for e in self.known.values() if f"{name} " in e.words or e.place == name}
        assert sure <= found <= set(self.known)

    @rule()
    def reopen(self) -> None:
        self.memory.close()
        self.memory = self.opened()
        assert self.memory.trouble == ""

    @rule()
    def export(self) -> None:
        target = self.folder / f"{len(self.archives)}.zip"
        assert export_archive(self.memory, target).episodes == len(self.known)
        self.archives.append((target, dict(self.known), dict(self.answers)))

    @rule(n=st.integers(0, 9))
    def bring_in(self, n: int) -> None:
        if self.archives:
            archive, held, answers = self.archives[n % len(self.archives)]
            new = {id: e for id, e in held.items() if id not in self.known}
            assert import_archive(self.memory, archive) == (len(new), len(held) - len(new), 0)
            order = [*self.known, *new]
            self.known |= new
            self.answers = answers | self.answers  # all within one second: those that are there are not older
            for day in {e.when for e in new.values()}:  # what is new was told before what the archive has after it
                there = [id for id, e in held.items() if e.when == day]
                for id, later in reversed(list(pairwise(there))):
                    if id in new:
                        order.remove(id)
                        order.insert(order.index(later), id)
            self.known = {id: self.known[id] for id in order}

    @rule(episode=told, name=st.sampled_from(NAMES))
    def edit(self, episode: Episode, name: str) -> None:
        if episode.id not in self.known:
            return
        new = replace(episode, turns=(Turn("user", f"{name} is its name"), *episode.turns[1:]))
        self.memory.replace({episode.id: new})
        if new.id in self.known:  # what was there stays where it is
            self.known = {id: e for id, e in self.known.items() if id == new.id or e != episode}
        else:
            self.known = {new.id if e == episode else id: new if e == episode else e for id, e in self.known.items()}

    @rule(episode=told, meanwhile=EPISODES)
    def undo(self, episode: Episode, meanwhile: Episode) -> None:
        """Forget an episode and put it back: it gets its place again, also when another has its row meanwhile."""
        if episode.id not in self.known or meanwhile.id in self.known:
            return
        held = self.memory.hold([episode.id])
        self.memory.forget_all([episode.id])
        self.memory.add(meanwhile)
        self.memory.put_back(held)
        self.known[meanwhile.id] = meanwhile

    @invariant()
    def both_know_the_same(self) -> None:
        if not hasattr(self, "memory"):
            return
        newest = list(reversed(self.known.values()))  # of one time what was told last
        newest.sort(key=lambda e: e.when, reverse=True)
        assert self.memory.episodes() == newest
        assert self.memory.ids() == [e.id for e in newest]
        photos = {e.photo.sha256 for e in newest}
        stats = self.memory.stats()
        assert (stats["episodes"], stats["photos"]) == (len(newest), len(photos))
        assert set(self.memory.photos_without_vectors("s")) == photos - self.tokens
        assert {(v.photo, v.other): v.same for v in self.memory.verdicts()} == self.answers

    def teardown(self) -> None:
        if hasattr(self, "memory"):
            assert self.memory.verify() == []
            self.memory.close()
            shutil.rmtree(self.folder)


class EncryptedStore(Store):
    """These rules on an encrypted file, which gets a new key now and then."""

    passphrases = encryption.Passphrases(lambda _: "correct horse", lambda: "correct horse", keychain=False)

    def opened(self) -> Memory:
        path = self.folder / "memory.db"
        if not path.exists():
            Memory(path).close()
            encryption.convert(path, "encrypt", self.passphrases)
        return Memory(path, ask=lambda _: "correct horse")

    @rule()
    def new_key(self) -> None:
        self.memory.close()
        done = encryption.convert(self.memory.path, "rekey", self.passphrases)
        assert done.episodes == len(self.known)
        self.memory = self.opened()
        assert self.memory.encrypted


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """Make a guess of the passphrase cheap."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "COST", 1 << 4)
        yield


TestEncryptedStore = EncryptedStore.TestCase
TestEncryptedStore.settings = settings(max_examples=10, stateful_step_count=20)
TestStore = Store.TestCase
TestStore.settings = settings(max_examples=30, stateful_step_count=20)
