"""A sentence that lost a word of what was told is not shown, nor a condition as if it had happened."""

from __future__ import annotations

import pytest

from tests.support.grounded import check, recall

LOST = [
    ("my mum's vase, she bought it in Prague in 1998", "Your mum's vase, she bought in Prague in 1998."),
    ("the backpack dad gave me for my birthday", "Dad gave you for your birthday."),
    ("my son's monster, he calls it Gogo and takes it to bed", "Gogo and takes it to bed."),
    ("the parrot, she calls him Rico and feeds him nuts", "Rico and feeds him nuts."),
    ("We found this vase at a flea market in Lyon.", "This is vase at a flea market in Lyon."),
    ("this is the rucksack I carried across the Alps", "You carried across the Alps."),
    ("The coat Nora wore to the opera", "Nora wore to the opera."),
    ("Bet with Maurice: if Ghana wins, I dye my beard.", "Ghana won."),
    ("If the vet says yes we will bring him home on Friday.", "The vet said yes."),
    ("If it rains we stay in the hut in Murau.", "You stay in the hut in Murau."),
    ("Ask Lena whether the boat leaks.", "The boat leaks."),
    ("secret santa from work, I don't know who it was, I reckon it was Darren", "It was Darren."),
    ("We think he's part husky, from Bern.", "He's part husky."),
    ("Maybe from Bali, ask Kim.", "From Bali."),
    ("they're on 420 now", "On 420 now."),
    ("These were for my graduation. Cost me $180 plus shipping.", "Cost you $180 plus shipping."),
    ("this is the backpack Sophie takes to school", "This is Sophie takes to school."),
]
MISPLACED = [
    ("She calls this one Colin. She thinks he is my brother.", "Colin calls this one."),
    (
        "Mum's good boots, only for church and the doctor. The zip on the left one sticks.",
        "Mum's good boots, only for church and the zip on the left one sticks.",
    ),
    (
        "old clock of my grandfather, I am having it since childhood. He was working in railways.",
        "He was working in railways since childhood.",
    ),
    (
        "It is our cat, she is with us since two years, we have took her from shelter in Cork.",
        "Your cat, who has been taken from shelter in Cork since two years.",
    ),
    (
        "I have this bag since 2019, my colleague Jürgen has it me given for goodbye",
        "Jürgen has it you gave for goodbye since 2019.",
    ),
    ("teddy of my daughter Zosia, she sleeps with him. his name is Miś", "Her name is Miś."),
    (
        "Clock of my husband Tomek, he is waking up by it at 5 and I hate it",
        "The clock of Tomek, his waking up at 5 and you hate it.",
    ),
    (
        "It's a vase who my mother in law has offered me for my birthday, I find it ugly",
        "Your mother in law has offered you for your birthday.",
    ),
    (
        "My rucksack for the work. I have bought it in Decathlon because old one broke.",
        "Your rucksack for the work: in Decathlon because old one broke.",
    ),
]
IN_PLACE = [
    ("Mum's boots, for church and the doctor. The zip sticks.", "Mum's boots, for church and the doctor."),
    ("Colin calls this one Bruno. She likes him.", "Colin calls this one Bruno."),
    ("This is Marek. Since 2019 he has worked on a farm.", "Marek has worked on a farm since 2019."),
    ("This is Bruno, my dog. We have had him since 2019.", "Bruno has been your dog since 2019."),
    ("Tom works at the mill since 2019, he built this", "Tom works at the mill since 2019."),
    ("We bought it because the old one broke. It is blue.", "You bought it because the old one broke."),
    ("My dog Rex, he sleeps in his basket", "Rex sleeps in his basket."),
    ("my son's bear, his ear is torn and her sister mended it", "His ear is torn."),
    ("Lena sewed this. She loves her sewing.", "Lena loves her sewing."),
    ("My bag: in Rome we carried stones in it", "Your bag: in Rome you carried stones in it."),
    ("the scarf my aunt sent me from Oslo", "Your aunt sent you the scarf from Oslo."),
]
WHOLE = [
    ("my mum's vase, she bought it in Prague in 1998", "She bought it in Prague in 1998."),
    ("my mum's vase, she bought it in Prague in 1998", "This is the vase she bought in Prague in 1998."),
    ("the backpack dad gave me for my birthday", "The backpack dad gave you for your birthday."),
    ("my son's monster, he calls it Gogo and takes it to bed", "He calls it Gogo and takes it to bed."),
    ("She is deaf and kind to cats.", "She is kind to cats."),
    ("This is paint from the old barn.", "This is paint from the old barn."),
    ("a kind dog, she came from Graz", "She came from Graz."),
    ("Rosa gave up after an hour.", "Rosa gave up after an hour."),
    ("Max wants to go out at six.", "Max wants to go out at six."),
    ("our Max always wants to go out at six", "Max wants to go out at six."),
    ("mum always gave to the poor", "Mum gave to the poor."),
    ("he cooked and mum gave to the poor", "Mum gave to the poor."),
    ("army barracks, eight men and one heater", "Eight men and one heater."),
    ("my cats and dogs in the garden", "Your cats and dogs in the garden."),
    ("If Ghana wins, I dye my beard. Ghana won.", "Ghana won."),
    ("It's from Bali, I guess. Kim got it.", "It's from Bali."),
    ("I reckon it was Darren.", "You reckon it was Darren."),
    ("If it rains we stay in the hut in Murau.", "If it rains you stay in the hut in Murau."),
]


@pytest.mark.parametrize(("told", "sentence"), [*LOST, *MISPLACED])
def test_a_fragment_is_not_shown(told: str, sentence: str) -> None:
    assert sentence not in check(sentence, recall(told, by_sight=True)).shown


@pytest.mark.parametrize(("told", "sentence"), [*WHOLE, *IN_PLACE])
def test_a_whole_sentence_stays(told: str, sentence: str) -> None:
    assert check(sentence, recall(told, by_sight=True)).shown.startswith(sentence)


@pytest.mark.parametrize(
    ("told", "question", "answer", "holds"),
    [
        ("He eats worms on Monday and Thursday, never ham.", "when is he fed", "Thursday, Thursday, never ham.", False),
        ("He eats worms on Monday and Thursday, never ham.", "when is he fed", "On Monday and Thursday.", True),
        ("Duran Duran played in Linz.", "who played in Linz", "Duran Duran.", True),
    ],
)
def test_an_answer_says_no_word_twice_that_was_told_once(told: str, question: str, answer: str, holds: bool) -> None:
    assert (answer in check(answer, recall(told, by_sight=True), question=question).shown) is holds


def test_whose_it_is_stands_in_a_caption_as_it_was_told() -> None:
    told = recall("Mum's good boots, only for church.", by_sight=True)
    assert check("The mum's good boots, only for church.", told).shown == "Mum's good boots, only for church."


def test_an_answer_does_not_ask_back() -> None:
    told = recall("this clock was my grandads. it does not work no more", by_sight=True)
    shown = check("Does the clock work no more.", told, question="does the clock work").shown
    assert "Does the clock" not in shown and "it does not work no more" in shown


def test_a_caption_says_no_name_more_often_than_it_was_told() -> None:
    heights = "ok standings, Catherine 140 centimetres, Lorenzo 95, me slugs, please nobody tell Catherine"
    garbled = "Catherine 140 centimetres, Lorenzo 95, you standings, Catherine 140 centimetres, Lorenzo 95."
    assert garbled not in check(garbled, recall(heights, by_sight=True)).shown
    whole = "Catherine 140 centimetres, Lorenzo 95, you slugs, please nobody tell Catherine."
    assert check(whole, recall(heights, by_sight=True)).shown == whole
