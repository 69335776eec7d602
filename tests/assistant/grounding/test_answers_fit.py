"""An answer has what the question asks for, one name is not another, an event is no habit; seen with real notes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from assistant.grounding.evidence import grounded_text
from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.quotation import NOT_SEEN, Quotable
from assistant.grounding.quotes.reading import Reading, read_all
from assistant.grounding.responsive import Names, responsive
from assistant.grounding.text_checks import Checks
from assistant.grounding.words.tokens import tokens
from assistant.photo import from_image
from assistant.reader.answer_reader import AnswerReader
from memory.errors import ModelError
from tests.support.grounded import BRUNO, check, recall

BEAR = "That's Bruno, Emma's bear. She got him from Aunt Klara when she was born and won't sleep without him"
ROCKY = "Rocky! Tom's dog. He ate my left shoe at the barbecue in Linz lol"
BOOTS = "These are the boots I wore to Lena's wedding in the rain, never again"
CLOCK = "Grandma's alarm clock, it rang every morning at six. I inherited it in 2019."
RANG = "Grandma's alarm clock. It rang every morning at six."
BACKPACK = "my old backpack, bought it in Porto for 40 euros when the zip of the blue one broke"
GINGER = "Ginger is the cat next door and my husband is allergic so she isnt allowed in but she comes anyway lol"
BOUGHT = "bought these in Dallas w/ my sister in law. cost a fortune (320$) never wore them again"
IPA = "IPA i had with Tomasz on the frozen lake in Mikołajki. he fell in up to the knee lol"
BISCUIT = "Biscuit! he belongs to auntie Maureen. allergic to chicken and he bit the postman once."
VASE = "Vase from Nguyễn Thị Hoa, my teacher in Hội An. we glazed it ourselves"
RUCKSACK = "my rucksack. went round Iceland with it, strap broke at Landmannalaugar and Sigrún sewed it"


@pytest.mark.parametrize(
    ("words", "question", "written", "told"),
    [
        (BEAR, "Who gave him to Emma?", "Emma was Aunt Klara.", "She got him from Aunt Klara"),
        (BEAR, "Who gave him to Emma?", "You did not tell me that.", "She got him from Aunt Klara"),
        (BOOTS, "who got married?", "You were on 12 May 2025.", "Lena's wedding"),
        (BOOTS, "whose wedding was it?", "You were together on 12 May 2025.", "Lena's wedding"),
        (CLOCK, "when did I inherit it?", "It was six.", "I inherited it in 2019."),
        (CLOCK, "When did Grandma's clock ring?", "It was six.", "it rang every morning at six"),
        (RANG, "When did Grandma's clock ring?", "You did not tell me that.", "It rang every morning at six."),
        (BACKPACK, "what did it cost?", "You did not tell me that.", "40 euros"),
        ("My dog Rex loves cheese.", "What does he love?", "No cheese.", "Rex loves cheese"),
        (GINGER, "why isnt she allowed in", "She comes anyway.", "my husband is allergic"),
        (BOUGHT, "where did i get em", "You did not tell me where you got them.", "bought these in Dallas"),
        (IPA, "where was i", "You did not tell me where you were.", "the frozen lake in Mikołajki"),
        (IPA, "who fell in?", "In up to the knee.", "with Tomasz on the frozen lake in Mikołajki. he fell in"),
        (BISCUIT, "who bit the postman", "You did not tell me that.", "Biscuit! he belongs to auntie Maureen."),
        (BISCUIT, "whose dog", "I do not know: you never told me.", "he belongs to auntie Maureen"),
        (VASE, "where's it from", "Nguyễn Thị Hoa.", "my teacher in Hội An"),
        (VASE, "who's Hoa", "Nguyễn Thị Hoa.", "my teacher in Hội An"),
        (RUCKSACK, "what broke", "At Landmannalaugar.", "strap broke at Landmannalaugar"),
        (RUCKSACK, "what broke", "Sigrún.", "strap broke at Landmannalaugar"),
        (
            "I taught it for forty years. Sven stood on a chair. The 17th of May.",
            "When was that?",
            "A chair.",
            "17th of May",
        ),
    ],
)
def test_an_answer_that_does_not_fit_gives_way_to_the_users_words(
    words: str, question: str, written: str, told: str
) -> None:
    shown = check(written, recall(words), question=question).shown
    assert told in shown and written not in shown.replace("You did not tell me that.", "")


@pytest.mark.parametrize(
    ("words", "question", "written"),
    [
        (CLOCK, "when did I inherit it?", "In 2019."),
        (BEAR, "Who gave him to Emma?", "Aunt Klara."),
        (ROCKY, "whose dog is this?", "Tom's dog."),
        ("This is Klara, my aunt from Graz.", "Who is Klara?", "Klara is your aunt."),
        (BOOTS, "when was this?", "It was on 12 May 2025."),
        (VASE, "who is it from?", "Nguyễn Thị Hoa."),
        (VASE, "who's Hoa", "Your teacher in Hội An."),
        (IPA, "with who?", "With Tomasz."),
        (RUCKSACK, "who sewed it?", "Sigrún."),
        (RUCKSACK, "what broke?", "The strap broke at Landmannalaugar."),
        ("Mum gave me this clock in 2015.", "who gave me this?", "Mum."),
    ],
)
def test_an_answer_that_fits_stays(words: str, question: str, written: str) -> None:
    assert check(written, recall(words), question=question).shown == written


@pytest.mark.parametrize("question", ["did it pour at the wedding?", "did it rain at the wedding?"])
def test_a_question_for_yes_or_no_finds_what_was_told(question: str) -> None:
    told = recall("the boots i wore to Lena's wedding, it poured all day and i danced in the mud with uncle Pat")
    assert "it poured all day" in check("You did not tell me that.", told, question=question).shown


def test_the_second_half_of_a_question_gets_the_photo_s_day() -> None:
    asked = "Who is this and when did I last see him?"
    assert (
        check("This is Bruno.", recall(BRUNO), question=asked).shown == "This is Bruno. Your photo is of 12 May 2025."
    )
    dated = "This is Bruno on 12 May 2025."
    assert check(dated, recall(BRUNO), question=asked).shown == dated
    assert check("This is Bruno.", recall(BRUNO, sure=False), question=asked).shown.endswith("This is Bruno.")
    assert check("This is Bruno.", recall(BRUNO), question="Who is this?").shown == "This is Bruno."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("when did I last see them?", "Your photo is of 12 May 2025."),
        ("When was the last time we met him?", "Your photo is of 12 May 2025."),
        ("when did i take this photo?", "Your photo is of 12 May 2025."),
        ("when did we get him?", "You did not tell me that. Your photo is of 12 May 2025."),
    ],
)
def test_the_day_of_the_photo_is_the_whole_answer_to_when_it_was_last_seen(question: str, answer: str) -> None:
    told = recall("Here is Bruno, my sister's dog.")
    assert check("You did not tell me that.", told, question=question).shown == answer


class Broken:
    """A reader whose file is damaged."""

    def read(self, question: str, text: str) -> Reading | None:
        raise ModelError(f"the reader is damaged: {text}")


def test_the_reader_finds_what_no_rule_does_and_may_fail() -> None:
    """Rules alone find no sentence of this one: nothing of it is in the words."""
    recalled = [Quotable(recall("My pup. He ran off at the fair and came back with a sausage.").episode, None, "sure")]
    question = "What did he bring back?"
    assert pick(question, recalled) is None is pick(question, recalled, read_all(question, recalled, Broken()))
    found = pick(question, recalled, read_all(question, recalled, AnswerReader()))
    assert found and "a sausage" in found.text
    asked = "Where did he run off?"
    assert pick(asked, recalled, read_all(asked, recalled, Broken())) == pick(asked, recalled) is not None


def test_a_caption_of_a_day_alone_gives_way_to_what_was_told() -> None:
    assert "boots I wore to Lena's wedding" in check("You were together on 12 May 2025.", recall(BOOTS)).shown
    bear = check("You were together on 12 May 2025. This is Bruno.", recall(BEAR)).shown
    assert bear == "This is Bruno. You were together on 12 May 2025."


def test_a_sure_memory_answers_before_one_that_may_be_the_same() -> None:
    pepper = recall("This is Pepper, my sister's corgi. We look after her every August.")
    shown = check("You did not tell me that.", pepper, recall(ROCKY, sure=False), question="whose dog is this?").shown
    assert "my sister's corgi" in shown and "Maybe" not in shown


@pytest.mark.parametrize(
    ("question", "answer", "fits"),
    [
        ("what did he eat?", "Rocky", False),
        ("Whose cat is it?", "Mimi.", False),
        ("Where did he run?", "Rocky", False),
        ("and who ate my shoe?", "Rocky", True),
        ("What's his name?", "Rocky.", True),
        ("did i win it", "With 3 throws.", False),
        ("Was it in Rome?", "In Rome.", True),
        ("whose dog is this?", "Tom", True),
        ("who broke it?", "Aunt Edith's", False),
        ("who broke it?", "Aunt Edith", True),
        ("who's the owner?", "Tom's", True),
        ("who owns him", "my sister Jo's", True),
        ("whose dog is this?", "Tom's dog", True),
        ("what did he eat?", "Rocky's bone", True),
    ],
)
def test_the_name_of_the_thing_alone_answers_only_who(question: str, answer: str, fits: bool) -> None:
    names = Names(frozenset(t.stem for t in tokens("Rocky Mimi")))
    assert responsive(question, answer, names) is fits


GRUMPF = "Grumpf guards the door, says Emil. He is afraid of the dark and puts Grumpf next to his pillow"
TIN = "Dad keeps his screws in this tomato tin. My brother Paul cut his thumb on it at Easter in 2018"
POODLE = "Lilly the poodle from next door, her owner Mrs Berger broke her hip so I walk her on Tuesdays"
WEDDING = "My boots from the wedding of Lena, it was raining all the day"


@pytest.mark.parametrize(
    ("words", "question", "written", "told"),
    [
        (TIN, "what is in it?", "Your brother Paul", "Dad keeps his screws"),
        (POODLE, "whose dog is it?", "Lilly the poodle", "her owner Mrs Berger"),
        (GRUMPF, "who is afraid of the dark?", "Grumpf", "He is afraid of the dark"),
        (GRUMPF, "where does Grumpf sleep?", "Grumpf sleeps in the door", "next to his pillow"),
        (CLOCK, "when did I inherit it?", "On 2019", "I inherited it in 2019"),
        ("thats rocky, toms dog", "who dis", "You did not tell me that.", "thats rocky"),
        ("thats rocky, toms dog", "whose dog is it", "You did not tell me that.", "toms dog"),
        ("grandmas clock. rang at 6", "whats this", "You did not tell me that.", "grandmas clock"),
        ("this ones grumpf from emil", "so who is it from", "You did not tell me that.", "from emil"),
        (WEDDING, "How was the weather there?", "You did not tell me that.", "it was raining"),
        (WEDDING, "Who painted it?", "Lena painted it.", "You did not tell me that."),
        (TIN, "who cut his thumb?", "Paul", "Paul"),
        (CLOCK, "when did I inherit it?", "In 2019", "In 2019"),
    ],
)
def test_a_short_answer_fits_its_question(words: str, question: str, written: str, told: str) -> None:
    shown = check(written, recall(words), question=question).shown
    assert told in shown and ("You told me" in shown or "did not" in told) == (told != written)


def test_a_memory_that_may_be_of_this_gives_way_to_one_that_is() -> None:
    pepper, rocky = recall("This is Pepper, my sister's corgi."), recall(ROCKY, sure=False)
    assert "my sister's corgi" in check("Tom's dog", pepper, rocky, question="whose dog is this?").shown
    joined = "Pepper, your sister's corgi, and Rocky, Tom's dog."
    assert check(joined, pepper, recall(ROCKY)).shown.startswith("You told me about your photo")


def test_a_memory_that_may_be_of_this_needs_words_of_the_question() -> None:
    """Where a memory is sure, another is not quoted for a "one" or a "mine"."""
    dogs = recall("Left: Churro, mine. Right: Coco, Thandi's, same litter.", sure=True)
    glass = recall("No one is allowed to use sea glass, not even Lynn who is my best friend.", sure=False)
    assert "sea glass" not in check("You did not tell me that.", dogs, glass, question="Which one is mine?").shown


def test_whether_it_is_somebody_found_by_name_alone_is_not_known() -> None:
    """Beside a photo that recalls nobody: "Is this Biscuit?" got Biscuit's story, as if it were she."""
    told = recall("That's Biscuit, my sister Jo's corgi.")
    photo = from_image(Image.new("RGB", (8, 8)))
    for seen, begins in ((False, NOT_SEEN), (True, "You told me")):
        checked = grounded_text([replace(told, by_sight=seen)], photo, "is this Biscuit?", Checks("told"))
        checked.write("You did not tell me that.")
        checked.finish()
        assert checked.shown.startswith(begins) and "corgi" in checked.shown
    of_a_model_that_sees = grounded_text([replace(told, by_sight=False)], photo, "is this Biscuit?", Checks("seen"))
    of_a_model_that_sees.write("A dog lies on the grass.")
    of_a_model_that_sees.finish()
    assert of_a_model_that_sees.shown.startswith(f"A dog lies on the grass. {NOT_SEEN}")


@pytest.mark.parametrize("who", ["you", "me"])
def test_a_reminder_in_a_caption_is_told_as_what_the_user_asked_for(who: str) -> None:
    told = recall("The seat heating is for Mochi. Remind me to vacuum before Timothy needs a lift.")
    shown = check(f"The seat heating is for Mochi. Remind {who} to vacuum before Timothy needs a lift.", told).shown
    assert shown.endswith("You asked me to remind you to vacuum before Timothy needs a lift."), shown


@pytest.mark.parametrize(
    ("question", "refusal", "shown"),
    [
        ("is it broken?", "You did not tell me who gave it.", "You did not tell me that."),
        ("where did we get her?", "You did not tell me where she got her.", "You did not tell me that."),
        ("is it Japanese?", "You did not tell me Japanese.", "You did not tell me that."),
        ("who gave it?", "You did not tell me who gave it.", "You did not tell me who gave it."),
        ("how old is it?", "You did not tell me its age.", "You did not tell me its age."),
    ],
)
def test_a_refusal_speaks_of_what_was_asked(question: str, refusal: str, shown: str) -> None:
    """Before, "You did not tell me who gave it." was the answer to "is it broken?", although it was told."""
    assert check(refusal, recall("This clock is loud."), question=question).shown == shown


@pytest.mark.parametrize(
    "written", ["You did not tell me what you did not tell me.", "You never came back to tell me."]
)
def test_a_refusal_that_loses_its_thread_is_not_shown(written: str) -> None:
    shown = check(written, recall("We missed the bus to Porto."), question="who drove it?").shown
    assert shown == "You did not tell me that."


def test_a_curly_quotation_mark_that_ends_nothing_is_not_shown() -> None:
    shown = check("He bit the postman once.”", recall(BISCUIT), question="what did he do?").shown
    assert "postman once" in shown and shown.count("“") == shown.count("”")


@pytest.mark.parametrize(
    ("sentence", "fits"),
    [
        ("Tomaszs mum in Krakow.", False),
        ("From Tomasz's mum.", False),
        ("Tomasz's my husband.", True),
        ("He paid.", True),
    ],
)
def test_somebody_else_named_by_the_one_asked_about_is_no_answer(sentence: str, fits: bool) -> None:
    assert responsive("who is tomasz", sentence, Names()) is fits
    assert responsive("who is from krakow", sentence, Names())


def test_what_somebody_does_is_no_answer_to_who_that_is() -> None:
    assert not responsive("Who is Poppy?", "Poppy, who calls him Old Humphrey.", Names())
    assert responsive("Who is Poppy?", "Poppy, who is my granddaughter.", Names())
    assert responsive("Who is Poppy?", "Your granddaughter Poppy, who calls him Old Humphrey.", Names())
