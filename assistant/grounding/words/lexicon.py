"""The closed words of English that the check knows by heart: pronouns, prepositions, irregular verbs, numbers."""

from __future__ import annotations

from memory.times import number_words
from memory.times.calendar_names import MONTH_NAMES, WEEKDAYS

_IRREGULAR = """
be am is are was were been being|have has had having|do does did done doing|go goes went gone|get gets got gotten
take took taken|make made|give gave given|bring brought|buy bought|think thought|catch caught|teach taught|come came
see saw seen|eat ate eaten|drink drank drunk|sing sang sung|swim swam swum|run ran|begin began begun|win won
find found|lose lost|leave left|keep kept|sleep slept|feel felt|meet met|read|say said|tell told|sell sold|hold held
stand stood|sit sat|lie lay lain lying|know knew known|grow grew grown|throw threw thrown|fly flew flown|draw drew drawn
blow blew blown|wear wore worn|tear tore torn|break broke broken|speak spoke spoken|steal stole stolen
choose chose chosen|freeze froze frozen|drive drove driven|ride rode ridden|write wrote written|rise rose risen
hide hid hidden|bite bit bitten|fall fell fallen|forget forgot forgotten|send sent|spend spent|build built|lend lent
hear heard|pay paid|wind wound|hang hung|dig dug|stick stuck|shoot shot|light lit|feed fed|lead led|sew sewn|show shown
understand understood|become became|wake woke woken|fight fought|seek sought|sink sank sunk|shine shone|die dying
ring rang rung|swing swung|spring sprang sprung|sting stung|sweep swept|weep wept|creep crept|spin spun|bend bent
learn learnt|burn burnt|dream dreamt|spell spelt|smell smelt|spill spilt|kneel knelt|leap leapt|bleed bled
speed sped|slide slid|strike struck|swear swore sworn|shake shook shaken|beat beaten|forgive forgave forgiven
mean meant|deal dealt|lay laid|bind bound|grind ground
child children|man men|woman women|foot feet|tooth teeth|mouse mice|knife knives|wife wives|leaf leaves
person people|party parties|good|best|bad|worst|km kilometre kilometer|photo photograph picture image pic
eur euro|usd dollar|gbp pound|mum mom mummy mommy|grandma granny grandmother|grandpa granddad grandfather
dad daddy|grey gray|colour color|bike bicycle|tv television|birthday bday
"""
IRREGULAR = {
    form: line.split()[0] for line in _IRREGULAR.replace("\n", "|").split("|") if line for form in line.split()
}
"""The base of each irregular form, and one spelling for each pair of spellings."""
_PAST_FORMS = """went got took made gave brought bought thought caught taught came saw ate drank sang swam ran began won
found lost left kept slept felt met said told sold held stood sat knew grew threw flew drew blew wore tore broke spoke
stole chose froze drove rode wrote rose hid bit fell forgot sent spent built lent heard paid wound hung dug stuck shot
rang swung sprang stung swept wept crept spun bent learnt burnt dreamt spelt smelt spilt knelt leapt bled sped
slid struck swore shook forgave meant dealt laid fed led became woke
fought sank shone let put cut hit set cost hurt shut"""
PAST = frozenset(_PAST_FORMS.split())
"""Past forms that are no regular -ed."""
SAME = (
    ("get", "buy", "purchase", "acquire"),
    ("love", "like", "enjoy", "adore"),
    ("scare", "afraid", "frighten", "fear"),
    ("dog", "puppy", "pup"),
    ("cat", "kitten"),
    ("shoe", "sneaker", "trainer"),
    ("sofa", "couch"),
    ("begin", "start"),
    ("big", "large"),
    ("little", "small"),
    ("live", "home"),
    ("cost", "pay", "price"),
    ("bear", "teddy"),
    ("holiday", "vacation"),
    ("child", "kid"),
    ("see", "meet", "visit"),
    ("fix", "repair", "mend"),
    ("ocean", "sea"),
    ("near", "next"),
    ("give", "gift", "present"),
)
"""Words that say nearly the same: one may stand for the other."""
ME = frozenset("i you we me us myself yourself ourselves yourselves".split())
"""The user, in their own words or the assistant's."""
MINE = frozenset("my your our mine yours ours".split())
HE, SHE = frozenset("he him himself his".split()), frozenset("she her herself hers".split())
OTHERS = HE | SHE | frozenset("it they them itself themselves its their theirs one ones".split())
SUBJECTS = frozenset("i you we he she it they".split())
THIS = frozenset("this that these those here".split())
BE = frozenset("be am is are was were been being".split())
AUXILIARY = frozenset("do does did have has had will would can could may might shall should must".split())
NEGATION = frozenset("not no never nobody none neither nor without nothing nowhere cannot".split())
PREPOSITION = frozenset(
    "in at on from to into for with by of off until till since during over under up down behind beside near next "
    "between after before around through about as onto inside outside against along across instead towards".split()
)
LIGHT = frozenset(
    "a an the and or but so then there also too just very really still even always often usually again back away who "
    "which whom whose that when while where because if than out some any all both each every once now already only "
    "own together please well oh yes no yeah today as whenever how what why s ever quite such".split()
)
"""Words that carry no claim of their own."""
FREQUENCY = frozenset("always often usually never sometimes every".split())
"""Words that make a habit of what happened."""
FRAME = frozenset("photo see tell say mention remember call name memory show note know feature appear depict".split())
"""Words of talk about a photo or a memory."""
OPPOSITE = {
    "from": {"to", "for", "into"},
    "to": {"from", "off", "for"},
    "for": {"from", "by", "against", "to"},
    "with": {"without", "from"},
    "before": {"after"},
    "after": {"before"},
    "until": {"since", "from"},
    "since": {"until"},
    "into": {"from"},
    "by": {"for", "with"},
}
"""Prepositions that turn a fact round: what came from Anna did not go to Anna."""
PLACING = frozenset("in at on near by inside outside".split())
MALE = frozenset("mr dad father grandpa uncle brother son husband boyfriend man boy king".split())
FEMALE = frozenset("mrs ms miss mum mother grandma aunt sister daughter wife girlfriend woman girl queen".split())
KINDS = (
    ("dog", "cat", "horse", "bird", "rabbit", "tiger", "hamster", "fish", "cow", "bear"),
    ("man", "woman", "boy", "girl"),
    ("brother", "sister", "mum", "dad", "uncle", "aunt", "son", "daughter", "grandma", "grandpa", "husband", "wife"),
    ("red", "blue", "green", "yellow", "black", "white", "brown", "pink", "purple", "orange"),
)
"""Words that exclude each other."""
NUMBERS = number_words.CARDINALS
ORDINALS = {word: n for word, n in number_words.ORDINALS.items() if n <= 12}
MONTHS = {name: n for n, name in enumerate(MONTH_NAMES, 1)}
_TIMES = "ago yesterday today tonight last week month year summer winter spring autumn christmas easter morning "
_TIMES += "evening night birthday wedding until since day days years months weeks weekend halloween noon holiday"
TIMES = frozenset((*WEEKDAYS, *(f"{day}s" for day in WEEKDAYS), *_TIMES.split()))
"""Words for a time that is no date: days of the week, seasons, feasts, parts of a day."""
PERSONS = frozenset(
    "brother sister mum mom mother dad father uncle aunt son daughter husband wife grandma grandpa cousin "
    "friend neighbour colleague boyfriend girlfriend flatmate partner people parents grandparents teacher".split()
)
"""Nouns for persons."""
CHATTED_PERSONS = PERSONS | frozenset("ex nan gran".split())
"""The same, with those of people who chat."""
