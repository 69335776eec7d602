"""Words and patterns by which a telling is known from a question. English first, a few of other languages.

All patterns are for text in lower case with straight apostrophes, as `plain_text.plain` makes it.
"""

from __future__ import annotations

import re

PRONOUN = r"(?:i|we|he|she|it|they|you|one)"
POINTER = r"(?:this|that|these|those|it|he|she|they|here|there)"
IS = r"(?:'s| is| are|'re| was| were|'m| am)"
WH = r"(?:who|what|where|when|why|which|whose|whom|how)"
AUX = (
    r"(?:is|are|was|were|am|do|does|did|can|could|will|would|shall|should|has|have|had|may|might|must"
    r"|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|can't|couldn't|won't|wouldn't|shouldn't|hasn't|haven't|hadn't)"
)
KIN = (
    r"(?:me|us|myself|mum|mom|mummy|mommy|mother|dad|daddy|father|grandma|granny|grandmother|nana|grandpa|granddad"
    r"|grandfather|uncle|aunt|auntie|aunty|cousin)"
)
JUDGEMENT = (
    r"(?:great|nice|cool|good|awesome|amazing|funny|fun|weird|strange|fine|ok|okay|lovely|beautiful|pretty|cute|sweet"
    r"|perfect|nonsense|rubbish|bad|impossible|interesting|crazy|helpful|enough|hilarious|sad|annoying|stupid|boring"
    r"|ridiculous|clever|smart|impressive|wonderful|fantastic|brilliant|excellent|better|all|incredible|useless"
    r"|true|quick|fast|slow|kind|close|easy|hard|important|working|relevant|necessary|serious|here|there|ready)"
)
VERBS = frozenset(
    "is are was were am has had have loves likes hates loved liked lives lived sleeps slept gave give got went came"
    " bought built made took found broke sold kept won lost wrote drew grew ate drank drove flew knew met left ran sang"
    " said saw sat stood swam taught thought told wore bites barks sings swims belongs belonged means means needs used"
    " cost costs comes came goes does did doesn't didn't don't isn't wasn't aren't weren't can could will would always"
    " never bit fell felt hid hung hurt lent lit paid rang rode rose sent shot stole stuck threw woke got became began"
    " brought caught fought held laid led bought painted i'm he's she's it's we're they're i've we've stands hangs"
    " turned died moved works plays reads runs smells looks see sees let lets had".split()
)
"""Verbs that stand in sentences that tell; with them every word that ends in "ed"."""

TELLS = [
    re.compile(pattern)
    for pattern in (
        rf"{POINTER}{IS}\b",
        r"meet \w+",
        r"(?:this|that|these|those|the) (?:\w+ ){1,5}(?:is|are|was|were|belongs?|belonged|has|had|costs?)\b",
        r"(?:\w+ )?(?:full |nick)?name(?:'s| is| was|:)",
        r"(?:named|called|nicknamed)\b",
        r"(?:remember|note|keep in mind|don't forget|do not forget|never forget|save)"
        r"(?:[:,]| that\b| this (?:is|as|was)\b| (?:he|she|it|they|we|i)\b)",
        r"remind me (?:to|that)\b",
        r"(?:bought|found|taken|made|given|built|painted|got|used to|belonged|born|won|inherited|received|drawn|picked"
        r"|shot|seen|met|adopted|rescued|stolen|lost)\b(?! (?:it|any|some|more)\b)",
        r"(?:can|could|will|would|please)? ?(?:you )?(?:please )?(?:remember|keep|save|note)(?: this| that)?"
        r"(?: for (?:later|me))?:",
        r"(?:let's |please |just |you can )?call (?:him|her|it|them) [\w'-]+(?: (?:instead|now|please|from now on))*$",
        r"please (?:remember|keep|save|note)\b(?! (?:me|where|when|who|what|how)\b)",
        r"(?:must|might|should) be\b",
        r"(?:must|might|should|may|could) have been\b",
        r"(?:everything|all|half|most|both|none)(?: (?:of|in|on|from) [\w' ]{2,20})? (?:is|are|was|were)\b",
        r"(?:could|would|can|will|must|should) (?:never|always|not)\b",
        r"(?:have|has) (?:had|owned|been|known|used|kept|worn|always|never|\w+ed)\b(?! (?:you|we|i|he|she|it|they)\b)",
        r"had (?:it|this|that|him|her|them|one) (?:since|for|in|as|when|until)\b",
        r"(?:was|were|is|are) (?:a|an|from|bought|made|taken|given|painted|built|born|called|named|found|in the)\b",
        rf"(?:on|in|at|to|behind|beside|next to|in front of|under|above) (?:\w+ ){{1,5}}(?:{IS.strip()}|is|are"
        rf"|you see)\b",
        r"(?:left|right|front|back|middle|top|bottom)(?: one)? (?:is|are|was)\b",
        r"you (?:can )?see (?:the|our|my|his|her|their|a|an|\w+'s)\b",
        r"(?:will|mark|may|art) (?:is|was|and)\b",
        r"what an? \w+",
        r"(?:a |an |the )?(?:gift|present|souvenir)s? (?:from|for|of)\b",
        # other languages
        r"(?:das|dies|hier|es|er|sie)(?: hier)? (?:ist|sind|war|waren)\b",
        r"(?:mein|meine|unser|unsere)\b",
        r"(?:c'est|ce sont|c'était|voici|voilà)\b",
        r"(?:mon|ma|mes|notre|nos)\b",
        r"(?:est[aeo]s?|es|son|era) (?:es|son|era|mi|mis|nuestr[ao]s?|el|la|un|una)\b",
        r"(?:quest[aoie]|lui|lei) (?:è|sono|era)\b",
    )
]
"""Beginnings of sentences that tell something."""

ASKS = [
    re.compile(pattern)
    for pattern in (
        rf"{WH}(?:'s|'re|'d|'ll)?\b(?! an? \w+)",
        rf"(?:from|in|at|on|with|for|to|of|since|until|'?till?|by|about) (?:{WH})\b",
        rf"{AUX} \w+\b",
        r"(?:show|tell|list|find|search|give|describe|explain|write|translate|compare|repeat|continue"
        r"|summari[sz]e|guess"
        r"|name the|name (?:him|her|it|them)$|name (?:this|that|these|those) \w+$|more$"
        r"|read|count|make|say|zoom|check|open|play|use|shorten|rewrite|rephrase|change|correct"
        r"|look (?:again|at|for|up|closer)|try again|do it again|go on|once more)\b",
        r"(?:any|some|got any|have any|no|not any|i have no|i've no|got no) (?:idea|clue|guess(?:es)?|more"
        r"|other|chance|story|stories|history|memories|details?|info(?:rmation)?|photo(?:graph)?s?|pictures?|pics?)\b",
        r"(?:anything|something|anyone|anybody|someone|everything|more) (?:else|about)\b",
        r"remind me\b",
        r"remember (?:him|her|it|them|me|us|when|where|who|what|how|this|that|the)\b",
        r"(?:i(?: want| would like|'d like| would love|'d love| need| wish) to|let's|let me) (?:know|see|find|hear)\b",
        r"(?:i )?(?:am |'m |was )?wonder(?:ing)?\b",
        rf"(?:i )?(?:dunno|don't|do not|can't|cannot|can not|forgot|forget)(?: (?:know|remember|recall|recogni[sz]e"
        rf"|even))* "
        rf"(?:{WH}|if|whether|her|his|its|their|the)\b",
        r"(?:do )?you (?:know|remember|tell|recall|think)\b(?! *$)",
        r"you (?:tell me|choose|decide)\b",
        rf"(?:{WH}|and|or) (?:about|with)\b",
        r"(?:all|the|every|other|more) ?(?:the |of the |my |other )*"
        r"(?:photo(?:graph)?s?|pictures?|pics?|images?|memories)\b",
        r"(?:photo(?:graph)?s?|pictures?|pics?|everything|memories) (?:of|from|with|about|in)\b",
        r"(?:(?:her|his|its|their|the|my|our|\w+'s) )*(?:\w+'s )?(?:name|age|birthday|breed"
        r"|price)(?: of (?:the |this |that |my |our )?\w+)?$",
        r".* please$",
        r"(?:i'm |i am )?not sure (?:who|what|where|when|which|if|whether)\b",
        r"you should (?:know|remember)\b",
        r"\w+ or \w+$",
        r"(?:shorter|longer|louder|bigger|again)\b",
        # other languages
        r"(?:wer|was|wo|wann|warum|wieso|wie|wohin|woher|welche[rsn]?|wessen) ",
        r"(?:ist|sind|war|hast|kennst|weißt|erinnerst|zeig|zeige|erzähl) ",
        r"(?:qui|quoi|où|quand|comment|pourquoi|est-ce|qu'est|quel(?:le)?s?) ?",
        r"(?:quién(?:es)?|qué|dónde|cuándo|cómo|cuál|por qué) ?",
        r"(?:chi|cosa|che cosa|dove|quando|come|perché|quale) ",
    )
]
"""Beginnings of sentences that ask, or that want something done."""

TALKS = re.compile(
    r"(?!(?:again|there|you|all|a lot|yes)[ .!]*$)"
    r"(?:(?>(?:great|nice|amazing|excellent|brilliant|fantastic) (?:job|work|stuff|going|memory)|impressive"
    r"|not bad(?: at all)?|well remembered"
    r"|(?:many )?thanks?|thank ?you|thx|ty(?:sm|vm)?|thn?x|ta|cheers|danke|merci|gracias|grazie|hello|hiya|hi+"
    r"|heya|howdy|hey+"
    r"|hallo|hola|ciao"
    r"|bye+|goodbye|see (?:you|ya)|cya|ttyl|gtg|g2g|gn|gm|night|nite"
    r"|good to (?:know|hear|see)|mornin[g']?"
    r"|good (?:morning|evening|night|day|afternoon|job|work|one|boy|girl|bot)|well done|welcome|ok(?:ay|ie?)?"
    r"|keepsake|k"
    r"|sure|cool"
    r"|nice(?: one)?|wow|omg|haha+|hehe+|lol|great|super|perfect|awesome|amazing|lovely|sweet|yay|hmm+|mm+|ah+|oh+|um+"
    r"|omfg|lmf?ao|rofl|ikr|idc|tbh|ngl|np|yw|rn|bet|slay|meh|same|mood|ew+|ugh+|yikes|da(?:mn|ng)|bruh|wtf"
    r"|yes|honestly|beats me"
    r"|aw+|ha|huh|oops|yum|sorry|please|test(?:ing)?|never ?mind|nvm|forget (?:it|that|this)|got it|i (?:see"
    r"|know|got it|understand|agree"
    r"|don't (?:know|care|understand|mind)|do not (?:know|care)|dunno|love you|hate you|like you|love (?:it|this|that))"
    r"|(?:i )?(?:dunno|can't (?:remember|recall|say|tell))|(?:i have |i've |got )?no (?:idea|clue|problem"
    r"|matter|thanks|thank you)|not (?:sure|now|really|today|important|necessary|relevant|interested)"
    r"|nothing(?: (?:special|much|important|interesting|in particular|really|to see|to say))?|none of your business"
    r"|pass|irrelevant|see for yourself|look yourself|(?:just|only) (?:testing|a test|trying(?: it)?(?: out)?)"
    r"|nobody|no one(?: you know)?|nobody you know|later|skip"
    r"|stop|help|next|whatever|what(?:'s up| the heck)|how(?: are|'re) you(?: (?:doing|today|feeling))*"
    r"|who are you|are you there|anyway"
    r"|fine|wait"
    r"|(?:so |very |too |really |pretty |how |quite )+(?!how\b)(?<!how )(?:\w+)"
    r"|how (?!old|many|much|long|far|tall|big|often|come|so)\w+|good|interesting|funny|indeed|of course|absolutely"
    r"|a lot|very much|so much|again|there|you|man|mate|pal|dear|love|pet|hun|bruv|bro|babe"
    r"|everyone|all|for (?:the|your) (?:help|answer|info))"
    r"[\s,.!;:)]*)+"
)
"""A whole line of small talk."""
GOT = r"got|found|bought|won|made|gave|sent|brought|left"
PLACING = r"(?:in|at|on|from|near|by|of|for|with|w)\b"
SHRUG = (
    rf"(?:i )?(?:dunno|don't know|no idea|no clue|not a clue|beats me|god knows|not sure)\b"
    rf"(?:[, ]+(?:tbh|ngl|lol|honestly|really|actually|exactly))*[,. ]+(?!(?:{WH}|if|whether|about|him|her|his|its"
    rf"|it|them"
    r"|their|the|he|she|they|this|that|these|those|i|you|we)\b)"
)
""" "Dunno tbh, ...", before what is no more than a guess."""
TALKS_ABOUT = [
    re.compile(pattern)
    for pattern in (
        r"(?:many )?(?:thanks?|thank ?(?:you|u)|thn?x|ty(?:sm|vm)?|cheers)(?: (?:very|so) (?:much|many)| a lot"
        r"| a million)?"
        r"(?:,? (?:pet|love|dear|hun|hon|honey|darling|sweetheart|mate|pal|friend|buddy|bruv|bro|babe))?"
        r"(?:[, ]+(?:(?:for|you|your?|ur?|man|bro|dude|till?|until|see)\b.*)?)?$",
        rf"{POINTER}{IS} (?:(?:so|very|really|quite|too|just|all|pretty|rather|not|a bit|absolutely"
        rf"|such) )*{JUDGEMENT}(?: of you)?$",
        rf"(?:(?:of course|indeed|sure|well|oh|yes) )*{POINTER} (?:(?:really|certainly|sure|definitely) )?"
        r"(?:is|are|was|were)(?: (?:indeed|too|really))?$",
        r"you(?:'re| are)(?: not)? (?:(?:so|very|really|quite|too|just|a|an|the) )*\w+(?: \w+)?$",
        r"(?:thank ?you,? |thanks,? |ta,? )?(?:your|ur) (?:(?:so|very|really|just|a|an|the|absolute|absolutely) )*"
        r"(?:brill(?:iant)?|amazing|awesome|fab|great|ace|star|legend|best|genius|lifesaver|clever|smart|lovely|wonderful)$",
        r"(?:you|u) (?:remembered|knew|did(?: it)?|know (?:it|her|him|that)|got it)$",
        r"(?:this|that|your|the) (?:answer|caption|app|program|reply|model|assistant|recall)\b",
        r"i(?:'m| am) (?:bored|tired|hungry|happy|sad|back|here|done|confused|impressed|sorry|fine|ok|good)$",
        r"(?:this|that|it) makes (?:no|perfect|little|any) sense",
        r"i (?:won't|will not|don't want to|do not want to|can't|would rather not) (?:tell|say|talk)\b",
        r"i(?:'d| would) rather not\b|ask (?:me )?(?:later|again|tomorrow)|i (?:have to|must|need to) (?:go"
        r"|leave)|(?:see (?:you|ya)|cya)\b",
        r"i (?:love|like|hate|thank) you\b",
        r"that(?:'s| is| was) what i(?:'m| am| was|'d| would)? (?:want(?:ed)?|need|meant|asked|asking|like)\b",
        rf"(?!.* \w+ (?:{GOT})\b){SHRUG}(?:just )?(?:some(?:thing| \w+)?|an?|random)(?: (?!{PLACING})\w+){{0,3}}$",
        r"(?:i )?(?:don't know|dunno|not sure) (?:(?:if|whether) (?:i|we) (?:should|can|could|will|would|want to"
        r"|wanna)|whether to"
        r"|(?:what|where|how) to)\b",
    )
]
"""Sentences about the answer, or about the assistant; they say nothing of the photo."""

DOUBT = re.compile(
    rf"{SHRUG}|(?:(?:i )?(?:dunno|don't know|no idea|no clue) )?(?:maybe|perhaps|probably|possibly|might be|could be"
    rf"|looks like|i guess|i suppose|not sure)\b"
    r"|.*\bnot (?:so |quite |really )?sure\b"
)
THINKS = re.compile(
    r"i (?:think|believe|am sure|'m sure|know|remember|told you|said)(?: that)? (?=(?:this|that|it|he|she|they"
    r"|we|i|these|those)\b)"
)
GUESSES = re.compile(
    rf"i (?:think|believe|guess|suppose|reckon|assume)(?: that)? "
    rf"(?!(?:{WH}|{AUX}|so|not)\b|(?:this|that)(?:'s| is)\b)\w"
)
""" "I think he's called Gustl??": what the user is not sure of, and no question to the app."""
TAG = re.compile(
    r"[, ]+(?:right|correct|no|yes|or|or not|ok|huh|eh|"
    r"(?:isn't|aren't|wasn't|weren't|doesn't|don't|didn't|hasn't|is|was|does|did) (?:it|he|she|they|we|you))$"
    r"|(?:, | (?=\w+n't ))(?:is|was|does|did|isn't|wasn't|doesn't|didn't) (?:that|this)$"
)
""" "This is Leo, right": it asks."""
ASKED_AFTER = re.compile(
    r", ?(?!(?:would|can|do|don't) you (?:believe|credit|imagine|know|see)(?: it| that)?\W*$)"
    rf"(?:{WH}(?:'s| is| are| was| were| do| does| did) (?:he|she|it|that|this|they|its|his|her|the|their"
    rf"|your|you)\b|"
    rf"{AUX} (?:he|she|it|you|we|they|that|this)\b).*$"
)
""" "This is my bike, what do you think": a question after a comma."""
WHEN_SHE_WAS = re.compile(
    rf"(?:(?:where|when|how|since|after|before|while|if|which) {PRONOUN}|(?:what|where) used to"
    rf"|what (?:my \w+|our \w+|{KIN}) (?:gave|sent|left|made|bought|brought|got|wore|wrote)) "
)
WHEN_SHE_WAS_SHE = re.compile(
    rf"(?:when|since|after|before|while|as soon as) (?!{AUX}\b).*,? {PRONOUN}(?:'\w+)? (?!{AUX} {PRONOUN}).*"
)
""" "When I was little I was afraid of this clown": it tells."""
IF_THEN = re.compile(
    rf"(?:if|when|whenever|while|until|before|after|unless) (?!{AUX}\b).*?, (?P<then>(?!please\b)\w+ \w.*)"
)
""" "If I lose it, the number is 44": it tells, unless what follows asks."""
POSSESSIVE = re.compile(r"(?:my|our|their|his|her)\b|(?:\w+ ){0,2}\w+(?:'s|s') \w+")
CLAUSE_AFTER = re.compile(rf"[,:;–—-] ?(?:{PRONOUN}|this|that|which|who|my|our|bought|found|made|from|a|an|the)\b")
FAMILY = re.compile(rf"{KIN}s?(?:$|[ ,.])")
CERTAIN_AFTER = re.compile(
    r"^(?:(?:i )?(?:dunno|don't know|no idea|no clue)\b|.*\bsure\b|(?:maybe|perhaps|probably|possibly|looks like"
    r"|i guess)\b)"
    r".* but (?:(?:this|that|it|he|she)(?:'s| is| was)"
    rf"|(?:(?:i|we|he|she|they|it) )?(?:{GOT}|saw|took|met|loved?|liked?|had|kept|stole|nicked))\b"
    r"|^(?:i )?(?:can't|cannot|can not|don't|do not) (?:remember|recall) (?:his|her|its|their|the) \w+,? but"
    r" (?:he|she|it|they|i|we) \w+"
    rf"|^(?:(?:i )?(?:dunno|don't know)|(?:i have |i've )?no (?:idea|clue)) what .*, (?:{GOT})\b"
    r"|^(?:i have |i've )?(?:no (?:idea|clue)|not sure) who\b.*, (?:the (?:others?|rest)|(?:but )?(?:he|she|they)"
    r"|this|that|mine)"
    r"(?:'s| is| are| was| were)\b"
)
""" "Not sure who, but it's in Rome", "dunno what it is but found it on the beach": it tells after a doubt."""
ASKS_LATER = re.compile(rf", {AUX}\b|^(?:where|what|how)\b.* (?:do|does|did)\b")
""" "When she was little, did she ...": it asks."""
MONTH_OR_NAME = re.compile(
    r"may (?:\d|(?:in|at|on|with)\b|,)|will(?: (?:in|at|on|with|as)\b|,)"
    r"|can(?: (?:of|from|in|at|on|with|opener)\b|[,:]| (?:that|which|we|i|he|she) (?:got|bought|found|had|brought)\b)"
)
""" "May 2020", "Will at the lake", "can of lemonade": no question begins here."""
OF_OURS = re.compile(r"(?:was|were|is|did) (?:my|our)\b")
""" "Was my grandmother's" tells, "was my grandmother there" asks."""
POLITE = re.compile(r"^(?:(?:just|please|then|now) )+")
