"""Notes without a subject tell, though they begin as questions do; questions and remarks that look like them do not."""

from __future__ import annotations

import pytest

from assistant.dialogue.acts import act_of

NOTES = """
can of Fanta Exotic, last one from the 2018 trip to Lisbon. DO NOT OPEN
can opener from my gran
Can we got in Tokyo
Has a dent on the left side
Has a broken zip, my brother did that
Doesn't like the vet
Doesn't like rain. Loves cheese.
Does not open any more
Isn't waterproof
Is deaf in one ear
Was expensive!
Are size 39
is good with kids
has never bitten anyone
is in the attic
Who gave it: aunt Rosa
Where: Rome. When: 2019. From: aunt Rosa
is not waterproof
No idea who the kid on the left is, the others are my cousins
may have been my gran's
everything in here is from gran
The twins - Ada left, Bea right
Prescription glasses, -2.5 left and -3 right
Is now 14 years old
are now divorced
Are twins, Ada and Grace
were neighbours of ours in Hull
Who would have thought, she won first prize with this pumpkin
who knew, it's a real Rickenbacker
who's a good boy, this is Chester
Guess what, we got a puppy, this is Moss
You'll never believe it, this was in the bin
can't remember his name but he worked with me
no clue what it is, got it from aunt Vi
""".strip().splitlines()
IF_ASKED = """
Can't swim
Can be grumpy in the morning
Will bite if you touch his ears
Could use a new strap
Do not wash at 60
Play tent from Ikea
Open since 2019
Check shirt from dad
Count Dracula, our hamster
Use it for hiking
Make sure it never gets wet
Guess who fell in the lake: this guy
Check out my new boots
for when it rains
Say hello to Pickle
doesn't work
May not be left alone with cats
Guess who learned to walk today, Mila!
which we bought in Oslo
what mum gave me when I moved out
""".strip().splitlines()
OTHERS = """
Does he like fish
Does bruno like cheese
Can he swim
Can I wash it
Is he deaf
Has the vet seen him
Is Bruno deaf
Was it expensive
Is waterproof?
is mia a poodle
is from where
is called how
was born when
have no idea
have a nice day
is not true
is not right
isn't him
is just a test
was only joking
was very good thanks
is very nice of you
doesn't matter
does it work
don't like this answer
don't remember this
can you use it
use it
check dates, please
list dogs from 2018
give it another try
count dogs
this is leo, is that right
this is leo right
any chance it's Rex
made where
bought when
name this dog
more
any story behind it
great job
impressive
not bad
no idea who she is, the dog is cute though, any idea
is now a good time to water it
are they married
are Ada and Grace twins
is now married to whom
guess what this is
guess what, where is she now
who knew about the dent
who's a friend of Ada
who is the girl in red
may she eat grapes
good to know
Morning!
nothing special
none of your business
pass
just testing
see for yourself
that's what I want to know
don't you know
""".strip().splitlines()


@pytest.mark.parametrize("line", NOTES)
def test_a_note_without_a_subject_is_kept(line: str) -> None:
    assert act_of(line).kind == act_of(line, asked=True).kind == "tell"


@pytest.mark.parametrize("line", IF_ASKED)
def test_what_may_be_meant_otherwise_is_kept_where_it_was_asked_for(line: str) -> None:
    assert act_of(line, asked=True).kind == "tell" and act_of(line).kind == "unclear"


@pytest.mark.parametrize("line", OTHERS)
def test_what_asks_or_talks_is_not_kept(line: str) -> None:
    assert act_of(line).kind in ("question", "talk") and act_of(line, asked=True).kind in ("question", "talk")


def test_a_denial_without_a_subject_denies() -> None:
    act = act_of("Is not Bruno, is Mia")
    assert (act.kind, act.words, act.verdict, act.denied) == ("tell", "It is Mia", False, "bruno")
    assert act_of("isn't Bruno").verdict is False and act_of("is not waterproof").verdict is None
