"""What words name as what a photo shows, and what they only mention, for lists of a kind ("my pets")."""

from __future__ import annotations

import pytest

from memory.naming import categories
from memory.naming.shown_kinds import shows


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("The vase from Lyon. It stood in the hall until the cat pushed it.", "pets"),
        ("This is the vase we had until the cat pushed it", "pets"),
        ("Grandma's clock, the cat broke its glass in 2019", "cats"),
        ("my blue backpack that the puppy chewed", "dogs"),
        ("our sofa. the dog is not allowed on it but she sleeps there", "plants"),
        ("My favourite mug, I drink coffee from it and read", "bags"),
        ("The bench and the dog's bowl", "dogs"),
        ("My old sofa, cat hair all over it", "cats"),
        ("The bench where we sat when a bird stole my sandwich", "animals"),
    ],
)
def test_what_is_only_mentioned_is_not_shown(words: str, kind: str) -> None:
    assert not shows(words, categories.members(kind))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("This is Milo, my dog.", "pets"),
        ("my neighbour's tomcat", "cats"),
        ("A photo of our dog at the lake", "dogs"),
        ("The first time the puppy saw snow", "dogs"),
        ("my son on a pony", "animals"),
        ("The sofa with our cat on it", "pets"),
        ("Our garden. The dog is digging again", "pets"),
        ("My little monster, the cutest cat ever", "cats"),
        ("the terror of the house. she's a tabby cat", "cats"),
        ("the bridge, me walking the dog", "dogs"),
        ("thats moritz my neighbours tomcat", "pets"),
        ("biscuit asleep on the sofa, silly dog", "pets"),
        ("Our old car", "vehicles"),
        ("Our old cars from Italy", "vehicles"),
        ("Our Rex asleep, cat beside him", "cats"),
    ],
)
def test_what_is_named_is_shown_and_what_is_not_sure_too(words: str, kind: str) -> None:
    assert shows(words, categories.members(kind))
