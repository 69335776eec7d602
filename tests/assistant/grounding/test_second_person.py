"""What the user said of themselves, said to the user."""

from __future__ import annotations

import time

import pytest

from assistant.grounding.words.second_person import as_a_sentence, to_the_user, without_stray_quote


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("My dog was with me.", "Your dog was with you."),
        ("He hid it when I wasn't looking.", "He hid it when you weren't looking."),
        ("he hid it when i wasnt looking", "he hid it when you werent looking"),
        ("We were late, and I was cold.", "You were late, and you were cold."),
        ("The bear is mine, our old one.", "The bear is yours, your old one."),
        ("Remind me to water it.", "You asked me to remind you to water it."),
        ("This boots are my daughter's; she wore them.", "These boots are your daughter's; she wore them."),
        ("This old photos were here.", "These old photos were here."),
        ("This is what they are.", "This is what they are."),
        ("This dress is Anna's, and those are mine.", "This dress is Anna's, and those are yours."),
        ("I do not know this one.", "I do not know this one."),
        ("No, I can't see your dog here.", "No, I can't see your dog here."),
        ("I'm not sure, maybe your dog.", "I'm not sure, maybe your dog."),
        ("Looked at me, I'd have said the same.", "Looked at you, you'd have said the same."),
        ("so I’d have to look", "so you'd have to look"),
        ("It's the one I've had since school, and im glad.", "It's the one you've had since school, and you're glad."),
        ("My boots, I'm so proud of them.", "Your boots, you're so proud of them."),
        ("The cat I am allergic to.", "The cat you are allergic to."),
        ("I built it myself.", "You built it yourself."),
        ('She said "I am on my way" to me.', 'She said "I am on my way" to you.'),
        ("the frogs, and id do it again, ill never learn", "the frogs, and you'd do it again, you'll never learn"),
        ("I felt ill, no id on me.", "You felt ill, no id on you."),
        ("Este jarrón me lo regaló mi abuela Carmen.", "Este jarrón me lo regaló mi abuela Carmen."),
        ("Das war im Sommer mit Oma.", "Das war im Sommer mit Oma."),
        ("Il me l'a donné, c'est mon chat.", "Il me l'a donné, c'est mon chat."),
        ("Oma made me this.", "Oma made you this."),
        ("My El Greco print from La Paz, mum gave it to me.", "Your El Greco print from La Paz, mum gave it to you."),
        ("We flew to the US.", "You flew to the US."),
        ("He told us in the old salt mine.", "He told you in the old salt mine."),
        ("I left at 7 am, I think.", "You left at 7 am, you think."),
    ],
)
def test_my_becomes_your_but_for_what_the_assistant_says_of_itself(told: str, said: str) -> None:
    assert to_the_user(told) == said


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    assert to_the_user("it is my own, " * 8000) == "it is your own, " * 8000
    assert time.process_time() - began < 2


def test_a_quotation_mark_that_ends_nothing_goes() -> None:
    assert without_stray_quote('He is afraid of thunder".', "") == "He is afraid of thunder."
    assert without_stray_quote('he said".', 'It says "never,') == 'he said".'


@pytest.mark.parametrize(
    ("answer", "question", "said"),
    [
        ("her three weeks.", "how long did it take", "Three weeks."),
        ("him about 20 minutes.", "How long did he need?", "About 20 minutes."),
        ("And they found a mouse nest.", "what did they discover", "They found a mouse nest."),
        ("her sister.", "how long did it take", "Her sister."),
        ("her three sisters.", "who came?", "Her three sisters."),
        ("Niamh's boots and it was Siobhan's hen party.", "whose boots are they", "Niamh's boots."),
        (
            "Siobhan's for the wedding and the brown fella is a squeaky toy.",
            "what is the squeaky thing",
            "The brown fella is a squeaky toy.",
        ),
        ("Since you were born and the red one is Blobby.", "what's the red one?", "The red one is Blobby."),
        ("Kiran on the hill in wales, the bag is yours.", "whose bag is that", "The bag is yours."),
        ("Bernie, the dog ate it.", "who ate it?", "Bernie, the dog ate it."),
        ("At six, you woke up.", "what did I do at six", "At six, you woke up."),
        ("Yes, you got him.", "did I get him?", "Yes, you got him."),
        ("Bernie and the dog ate it.", "who ate it?", "Bernie and the dog ate it."),
        ("You bought it and it broke.", "what broke?", "You bought it and it broke."),
    ],
)
def test_an_answer_says_what_was_asked_for(answer: str, question: str, said: str) -> None:
    assert as_a_sentence(answer, question) == said
