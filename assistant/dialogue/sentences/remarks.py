"""Remarks that tell nothing of the photo, as polite people make them: thanks and greetings, that they do not know, how
they are at the moment, what they heard of the app.

All patterns are for text as `plain_text.plain` makes it, without what ends it.
"""

from __future__ import annotations

import re

from assistant.dialogue.sentences.act_lexicon import WH
from assistant.grounding.quotes.about_question import YOU_REMEMBER

_BODY = (
    r"(?:knees?|back|hips?|head|feet|foot|legs?|eyes?|hands?|shoulders?|neck|joints?|bones|ankles?|arthritis|rheumatism"
    r"|gout|sciatica|lumbago|chest|cold|cough|tooth|teeth|ears?|hearing|memory)"
)
_PIECE = (
    r"(?:(?:many |my |with )?(?:thanks|thank you)(?: (?:ever so|most|very|so|awfully)(?: much| kindly)?"
    r"| kindly| indeed)?"
    r"(?: (?:again|for (?!the \w+ (?:of|from)\b)[^,.;]+))?"
    r"|(?:i(?:'m| am) )?(?:much|most|very much|deeply|ever so) (?:obliged|grateful)(?: to you)?(?: for [^,.;]+)?"
    r"|(?:you(?:'ve| have) been|you are|you're|that(?:'s| is| was)|how|it(?:'s| is| was)|this is)?(?:^| |(?<=[,;:.] ))"
    r"(?:(?:most|very|ever so|so|jolly|awfully|terribly|frightfully|extremely|quite|a great|a very|all) )*"
    r"(?:helpful|(?:an? )?(?:(?:absolute|real|perfect) )?(?:treasure|gem|marvel|angel|godsend|brick)"
    r"|kind|patient|clever|decent|obliging|thoughtful|useful|(?:of )?(?:great |good )?(?:help|comfort))"
    r"(?: of you| to me| indeed| today| this (?:morning|evening|afternoon))*"
    r"|a?(?: ?very)? ?(?:good ?(?:night|morning|evening|afternoon|day|bye)|farewell|cheerio|ta-?ra|toodle-?(?:pip|oo)"
    r"|bye-bye|so long|sleep well|(?:god )?bless(?: you)?|all the best"
    r"|until (?:tomorrow|next time|we meet again|then)"
    r"|i(?:'ll| will| shall| must)? (?:bid|wish|say)(?: you)? (?:a )?(?:very )?(?:good ?(?:night|day|evening|bye)"
    r"|farewell))(?: to you(?: all| too| both)?|,? (?:my |old )?(?:dear|chap|friend|fellow|keepsake)| then| now"
    r"| for now)*"
    r"|(?:well )?i never(?: did)?|(?:good|gracious|goodness)(?: gracious| heavens| lord| me| grief)+|heavens(?: above)?"
    r"|(?:oh )?my(?: my)?(?: word| goodness)|fancy that|upon my word|splendid|marvellous|capital|delightful|jolly good"
    r"|(?:very|quite) (?:good|right|so|well)|just so|bravo|top-?notch|tip-?top|spot on|well remembered|right you are"
    r"|fair enough|there we (?:are|go)|(?:but )?(?:one )?must ?n[o']t (?:grumble|complain)|not to worry|no matter)"
)
PLEASANT = re.compile(rf"(?=.{{1,200}}$)(?:{_PIECE}(?:$|[,;:.!–—-]* (?:and |but )?))+$")
"""A line of thanks, greetings, farewells and exclamations alone: "much obliged, you have been most helpful"."""
_CANNOT = r"(?:couldn't|could not|can't|cannot|can not|don't|do not)"
NOT_KNOWN = re.compile(
    r"(?:(?:well|oh|alas|i'm afraid|i am afraid|i(?:'m| am)? sorry(?: to say)?|to be honest|frankly)(?:,| that)? ?)*"
    r"(?:i(?:'ve| have)?(?: got)? (?:absolutely |really |quite )?no (?:earthly |real )?(?:idea|notion|clue|inkling"
    r"|recollection)"
    r"|i (?:haven't|have not)(?: got)? (?:the|a|any)(?: (?:faintest|foggiest|slightest|earthly|least|remotest))?"
    r"(?: (?:idea|notion|clue|inkling|recollection))?"
    rf"|i (?:(?:really|simply|just|honestly|do) )*{_CANNOT}(?: (?:really|rightly|quite|now|even|for the life of me))*"
    r" (?:tell you|say|know|recall|remember|think|recollect|place (?:him|her|it|them|this|the \w+))"
    r"|(?:it|the name|his name|her name|that) (?:quite |rather )?(?:escapes|eludes) me|i(?:'m| am) (?:blessed|blowed"
    r"|dashed) if i know|(?:goodness|heaven|heavens|lord) (?:only )?knows|your guess is as good as mine"
    r"|i(?:'ve| have) (?:quite|clean|completely) forgotten|it has (?:quite |clean )?(?:slipped my mind|gone))"
    rf"(?:,? (?:(?:of|as to|about) )?(?P<asks>(?:{WH}|if|whether) .*))?"
    r"(?:,? (?:at all|i'm afraid|i am afraid|any ?more|at present))*$"
)
""" "I have no earthly idea whose shoe this is": asks for it; without that, it is talk."""
ASKS_YOU = re.compile(rf"{YOU_REMEMBER}$")
MOMENT = re.compile(
    rf"my (?:(?:poor|old|left|right|bad|wretched|dratted) )*{_BODY} (?:is|are|has been|have been|keeps?)(?: \w+)? "
    r"(?:giving|playing|killing|aching|hurting|sore|stiff|bad|not what|troubling|bothering|a nuisance|dreadful)\b"
    r"|(?:(?:but|and|well|oh)[, ]+)*(?:it(?:'s| is)|the weather is|what) .*\b(?:raining|snowing|pouring|drizzling"
    r"|blowing|cold|hot|warm|wet|windy|foggy|frosty|chilly|nippy|weather)\b.*\b(?:today|tonight|outside|this (?:morning"
    r"|afternoon|evening)|out there|just now|at the moment|at present|we(?:'re| are) having)"
    r"|(?:now |well |but |and )?(?:i(?:'m| am) (?:just )?(?:off to|about to|going to go)"
    r"|i (?:really )?(?:must|ought to|had better|shall|will|need to)(?: just| now| really)* (?:put the kettle on|be off"
    r"|be going|get on|lie down|go and|go now|have (?:my|a (?:nap|lie|rest|cup))|make (?:the|my|a) (?:tea|supper|dinner"
    r"|lunch|cup)|walk the dog|see to)|i have just had my|it(?:'s| is) (?:nearly |almost |about |high )?time for (?:my"
    r"|a|bed|tea|supper))\b"
)
"""How things are with the user at the moment, with or without more behind it."""
_MACHINE = r"(?:computers?|machines?|gadgets?|contraptions?|technology|apps?|programs?|such things|these things)"
OF_APP = re.compile(
    r"(?:(?:i(?:'m| am| was|'ve been| have been) told|i (?:hear|heard|understand|gather)|they (?:say|tell me)"
    r"|(?:my|our) (?:\w+ ){1,2}(?:says|said|tells me|told me|thinks|reckons))(?: that)? (?:you|this "
    rf"{_MACHINE}) (?:(?:can|could)(?! see\b)|are|will|may|might|remember|keep|help)\b.*"
    r"|(?:my|our) (?:[\w-]+ ){1,2}(?:has |have )?(?:installed|set up|put|bought|gave me|got me) (?:this|you)"
    r" (?:on|for|up|in)\b"
    r".*\b(?:you|me)\b.*"
    rf"|i(?:'m| am)(?: \w+){{0,3}} (?:new|unused|(?:not )?(?:used|accustomed)) to (?:all )?"
    rf"(?:this|these|{_MACHINE})\b.*"
    rf"|i(?:'m| am) (?:not|no)\b.* (?:with|at) (?:\w+ ){{0,2}}{_MACHINE}.*"
    r"|(?:please )?(?:do |you(?:'ll| will| must)(?: have to)? )?(?:bear|be patient) with (?:me|an old \w+)\b.*"
    r"|(?:shall we|let us) (?:begin|start|carry on|go on|continue|proceed|have another)\b.*"
    r"|(?:now )?(?:here(?:'s| is|comes)|i shall (?:now )?show you|i(?:'ve| have)(?: got)?) (?:another|one more"
    r"|the next)(?: one| photo(?:graph)?| picture)?(?: for you| now)?)$"
)
"""What the user heard of the assistant, how they are with such things, and that they go on."""
TAIL = re.compile(
    r"(?<!\bdo)(?<!\bdon't),? (?:would you (?:believe|credit)(?: it)?|can you (?:believe|imagine)(?: it| that)?"
    r"|if you can believe it"
    r"|don't you know|you know|you see|do you see|mind you|as you know|i dare ?say|i must say|bless (?:him|her|them))$"
)
"""What is put behind a sentence and asks nothing: "he has named it Mister Grumble, would you believe"."""
OPENING = re.compile(
    r"(?:who(?:'d| would) have (?:thought|guessed|believed)(?: it)?|who knew|guess what|can you believe(?: it| this)?"
    r"|you(?:'ll| will) (?:never|not) (?:guess|believe)(?: it| this| what)?|believe it or not"
    r"|who(?:'s| is) (?:a|the|my) (?:\w+ )?(?:boy|girl|dog|cat|pup|puppy|kitty|baby))[,:–—-]+ ?(?=\w)"
)
"""What is put before a sentence and asks nothing: "who would have thought, she won first prize"."""
