"""Categories as people ask for them: "which pets do I have photos of?" means dogs, cats and rabbits. In English.

Only the user's words are read: a dog about which nobody said that it is one is in no category.
"""

from __future__ import annotations

import re
from typing import Final

from memory.naming.word_lists import GIVEN, KIN, ROLES, TITLES
from memory.text import terms

_DOG = """dog puppy pup doggo pooch hound corgi labrador retriever poodle spaniel terrier collie dachshund beagle
bulldog pug husky dalmatian chihuahua mongrel mutt schnauzer greyhound whippet boxer rottweiler"""
_CAT = "cat kitten kitty tomcat tabby"
_PET = f"{_DOG} {_CAT} rabbit bunny hamster gerbil parrot budgie canary tortoise goldfish pony guinea pet"
_WILD = """horse cow sheep goat lamb pig chicken hen donkey bird fish duck goose swan squirrel hedgehog fox deer frog
snake lizard turtle mouse rat monkey elephant lion tiger zebra giraffe bear panda penguin owl animal"""
_TOY = "toy teddy plush plushie doll puppet lego playmobil stuffed cuddly dinosaur"
_SHOE = "shoe boot sneaker trainer sandal slipper heels pumps loafer clog"
_CLOTHES = f"""{_SHOE} shirt jumper sweater pullover cardigan hoodie dress skirt coat jacket hat cap scarf glove
trousers jeans socks suit tie blouse vest uniform costume clothes"""
_FAMILY = f"""{" ".join(sorted(KIN))} aunt auntie aunty uncle tante onkel mother
father parents brother sister son daughter nephew niece cousin grandson granddaughter grandchild husband wife twin
godson goddaughter stepmother stepfather family"""
_FRIEND = "friend mate buddy pal bestie colleague coworker neighbour neighbor classmate flatmate roommate"
_PERSON = "teacher boss doctor nurse partner boyfriend girlfriend fiance baby man woman boy girl guy people person"
_GROUPS: Final = {
    "dog": _DOG,
    "cat": _CAT,
    "pet": _PET,
    "animal": f"{_PET} {_WILD}",
    "toy": _TOY,
    "shoe": _SHOE,
    "clothes": _CLOTHES,
    "family": _FAMILY,
    "relative": _FAMILY,
    "friend": _FRIEND,
    "people": f"{_FAMILY} {_FRIEND} {_PERSON}",
    "drink": "beer wine coffee tea ipa ale lager cocktail juice lemonade whisky champagne can drink",
    "food": "food cake bread pizza pasta soup salad pie cookie biscuits sandwich cheese breakfast lunch dinner meal",
    "plant": "plant flower rose tulip orchid cactus tree fern ivy basil tomato",
    "flower": "flower rose tulip orchid daisy sunflower bouquet lily",
    "bag": "bag backpack rucksack suitcase handbag satchel purse tote",
    "vehicle": "vehicle car van truck bike bicycle motorbike scooter boat train tram bus tractor",
    "instrument": "instrument guitar piano violin cello flute trumpet drum accordion ukulele saxophone",
    "furniture": "furniture chair table sofa couch armchair desk bed shelf cupboard wardrobe lamp stool bench",
}
BEARERS: Final = (
    frozenset(f"{_PET} {_WILD} {_TOY} {_FAMILY} {_FRIEND} {_PERSON}".split())
    | frozenset(f"{_GROUPS['plant']} {_GROUPS['vehicle']} {_GROUPS['instrument']} {_GROUPS['bag']}".split())
    | ROLES
) - frozenset("people person family animal pet stuffed cuddly lego playmobil guinea".split())
"""What may bear a name of its own, of a noun in the singular: persons, animals, toys, plants, vehicles."""
_LIVING: Final = frozenset(f"{_PET} {_WILD} {_FAMILY} {_FRIEND} {_PERSON}".split()) | ROLES
_ALSO_TOYS = frozenset("bear panda tiger lion elephant zebra giraffe monkey penguin duck mouse frog fox owl".split())
"""Animals that are toys as often: they count as animals where no word for a toy is told with them."""
_SPELLED = {"clothing": "clothes", "people": "people", "persons": "people", "pals": "friend", "kin": "family"}


def category(word: str) -> str:
    """The category that a word of a question names, in the singular or the plural: "dogs" is "dog"; "" for none."""
    word = word.casefold()
    for one in (word, _SPELLED.get(word, ""), word.removesuffix("s"), word.removesuffix("ies") + "y"):
        if one in _GROUPS:
            return one
    return ""


def expression(word: str) -> str:
    """The FTS5 expression that finds what is of the category that `word` names; "" when it names none."""
    name = category(word)
    if not name:
        return ""
    members = dict.fromkeys([word, *_GROUPS[name].split()])
    doubtful = [one for one in members if one in _ALSO_TOYS] if name == "animal" else []
    sure = " OR ".join(terms(" ".join(one for one in members if one not in doubtful)))
    if not doubtful:
        return f"({sure})"
    return f"({sure} OR (({' OR '.join(terms(' '.join(doubtful)))}) NOT ({' OR '.join(terms(_TOY))})))"


def members(word: str) -> frozenset[str]:
    """The words for what is of the category that `word` names, in the singular; none when it names none."""
    return frozenset(_GROUPS.get(category(word), "").split())


def of_one_category(one: str, other: str) -> bool:
    """Whether two nouns in the singular are of one category: "corgi", "beagle"; "aunt", "cousin"."""
    return any({one.casefold(), other.casefold()} <= set(group.split()) for group in _GROUPS.values())


def without_kind(word: str) -> str:
    """The FTS5 expression that finds what may tell of an animal without a word for its kind, where `word` asks for
    animals or pets; else "". What it finds is to be asked whether it `tells_of_animal`."""
    return f"({' OR '.join(terms(_ANIMALS_ONLY))})" if category(word) in ("animal", "pet") else ""


def tells_of_animal(words: str) -> bool:
    """Whether words tell of an animal by what only animals are or do: "he's a stray we took in", "she purrs"."""
    return bool(_OF_ANIMAL.search(words))


def bears_life(noun: str) -> bool:
    """Whether a noun, also in the plural, is of persons or animals."""
    return noun in _LIVING or noun.removesuffix("s") in _LIVING


def of_persons(word: str) -> str:
    """The category, where it is one of persons; else ""."""
    name = category(word)
    return name if name in ("family", "relative", "friend", "people") else ""


def shows_person(words: str) -> bool:
    """Whether words about a photo begin with somebody: "This is my sister Clara"; not "Mum gave me this clock"."""
    found = _SOMEBODY.match(words)
    if not found:
        return False
    after = found["after"] or ""
    return not after or after[0].isupper() or after.lower() in _GO_ON  # not "Mum gave me this", "neighbours cat"


_ANIMALS_ONLY = """stray strays rescue rescued foundling moggy shelter adopted breeder litter vet purrs purring purred
meows meowing barks barked barking neutered spayed microchipped paw paws whiskers"""
_OF_ANIMAL = re.compile(
    r"\b(?:purr(?:s|ed|ing)?|meow(?:s|ed|ing)|bark(?:s|ed|ing) (?:at|all|when|like|every|the whole)"
    r"|moggy|(?:the|our) vet|neutered|spayed|microchipped|(?:his|her|its|their) (?:paws?|whiskers))\b"
    r"|(?:\b(?:is|was|were|are|hes|shes)|['’](?:s|re)) (?:(?:just|really|only|once|originally|actually|also) )?"
    r"(?:an? |our )?(?:(?:little|old|poor|big|former|real|proper|street) )?(?:strays?|rescues?|foundlings?)\b"
    r"(?! (?:team|worker|service|helicopter|boat|mission|plan|party|sock|hair|bullet))"
    r"|(?:^|, )(?:an?|our) (?:little |old )?rescue (?:from|who|that|we)\b"
    r"|\b(?:a|the|our|this|little|poor|old) strays?(?=[,.!]|$| (?:that|who|we|i|from|and|when|until|he|she|it)\b)"
    r"|\b(?:got|had|took|adopted|fetched|picked|saved|came|comes|home) (?:\w+ ){0,3}?"
    r"(?:from|at) (?:the|a|an|our) (?:\w+ ){0,2}?(?:shelter|rescue(?: cent(?:re|er))?|breeder|pound|litter)\b"
    r"|\b(?:rescued|adopted) (?:him|her|it|them)\b",
    re.IGNORECASE,
)
PERSONS: Final = GIVEN | KIN | TITLES
"""Words in the names of persons."""
_GO_ON = frozenset("is was has had and or with at in on from of near by when who as before after last this".split())
_SOMEBODY = re.compile(
    r"\W*(?:(?:this|that|here|these|those|it|he|she)(?:['’]?s| is| are| was| were) )?(?:(?:me|myself) (?:and|with) )?"
    r"(?:(?:my|our|the|a|an|his|her) )?(?:[^\W\d_]+ ){0,2}?"
    rf"(?:{'|'.join(_GROUPS['people'].split())})s?\b(?!['’])(?: (?P<after>\w+))?",
    re.IGNORECASE,
)
