"""Words that names are told by: titles, family names for people, given names; and capital words that are no names."""

from __future__ import annotations

from typing import Final

TITLES: Final = frozenset(
    "aunt auntie aunty uncle mr mrs ms miss dr doctor professor sir lord lady captain frau herr tante onkel".split()
)
"""Words that begin a name together with the capital word after them: "Aunt Rosa"."""
KIN: Final = frozenset(
    "grandma grandpa granny grandad granddad grandmother grandfather nana mum mom mummy mommy dad daddy papa mama "
    "oma opa".split()
)
"""Words that are the name of one person when they have a capital letter: "Grandma"."""
GIVEN: Final = frozenset(
    """aaron abdul adam adele adrian agnes ahmed aisha alan albert alex alexander alexandra alfred ali alice alicia
    alina alma amanda amelia amir amy ana anders andre andrea andreas andrew andy angela anita anja anke ann anna anne
    annie anthony anton antonio arjun arthur astrid audrey aziz barbara bea beatrice becky bella ben benedikt benjamin
    bernd berta bertha beth bettina bianca bob boris brenda brian bruno camille carl carla carlos carmen caroline
    caterina catherine cecilia cesar charles charlie charlotte chiara chloe chris christian christina christine
    christoph clara claire claudia clemens colin connor cora dan daniel daniela danny dave david deborah denis dennis
    diana diego dieter dimitri dmitri dominik donald dora doris dorothy eddie edgar edith eduardo edward elena eleni
    eli elias elif elisa elisabeth eliza elizabeth ella ellen elsa elsie emil emilia emily emma emre erica erik ernst
    esther ethan eugene eva evelyn fabian fatima felix ferdinand fiona florian frances francesca francesco francis
    franz fred freddie frida friedrich fritz gabriel gabriela gareth gary george georg gerald gerd gertrude giles gina
    giorgio giovanni giulia gordon greg greta grigori gudrun guido gunther gustav hana hanna hannah hannes hans harold
    harriet harry hassan heidi heinrich helen helena helene helga henrik henry herbert hilda hiroshi hugo ian ibrahim
    igor ilse ines ingrid irene irina isaac isabel isabella ivan jake jakob james jamie jan jana jane janet jason
    javier jerry jess jessica jim joan joanna joe joel johan johanna johannes john johnny jonas jonathan jorge jose
    joseph josephine joshua juan judith julia julian julie juliet juno jurgen justin kai karen kara karim karin karl
    karla kasia kate katharina katherine kathrin katie katrin keiko keith kemal ken kenji kevin kim klara klaus konrad
    kurt lara lars laura lauren lea leah leila lena lenny leo leon leonie leopold liam lina linda lisa liz lorenz
    lorenzo louis louisa louise luca lucas lucia lucy ludwig luis luisa lukas luke luna lydia madeleine magda magdalena
    maja malik manfred manuel marco marcus margaret margarete maria marie marina mario marion marius marta martha
    martin martina mary mateo mathilda matilda matt matteo matthew matthias maureen maurice max maya mei mia michael
    michelle miguel mila milo mina minka miriam mohamed molly monica monika mona moritz muhammad nadia nancy naomi
    natalia natalie natasha nathan neil nelly nick nicolas nicole niklas nils nina noah noor nora norbert norman oleg
    olga olga oliver olivia omar oscar oskar otto pablo pamela paolo patricia patrick paul paula paulina pauline pedro
    peter petra philip philipp phoebe pierre priya rachel rafael rahul raj ralf raphael rebecca renate ricardo richard
    rita rob robert roberto roger roland romeo ron rosa rosalind rosie roy rudi rudolf rupert ruth ryan sabine sally
    salma sam samantha samir samuel sandra sara sarah sasha sean sebastian sergei silvia simon sofia sofie sonja sophia
    sophie stefan stefanie stella stephen steve steven stuart susan susanne susie sven sylvia tamara tanja tara tariq
    tatjana ted teresa theo theresa thomas tim timo tina tobias tom tomas tommy tony tracy ulrich ulrike ursula uwe
    valentina vanessa vera veronica vicky victor victoria vincent viola vivian vladimir walter wanda wendy werner
    wilhelm willi william wolfgang xavier yara yasmin yusuf yuki yvonne zachary zara zeynep zoe zuri""".split()
)
"""Common given names: with one of these a sentence may begin, as it may not with just any word."""
ALSO_WORDS: Final = frozenset("bob rob bella bea juno kim luna max mark nick ron sally stella viola dan ray".split())
"""Given names that need their capital letter, as they are words or parts of words too."""
NO_NAMES: Final = frozenset(
    """meet introducing everyone everybody nobody somebody someone not never only look ask say santa pope monday
    tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december christmas easter halloween advent lent hanukkah diwali ramadan eid
    carnival thanksgiving valentine valentines new year years eve i i'm i've i'd i'll ok okay tv dj diy ceo usb
    gps god jesus bible catholic christian jewish muslim buddhist internet english german french italian spanish
    portuguese dutch danish swedish norwegian finnish polish czech austrian swiss british irish scottish welsh
    american canadian mexican indian chinese japanese korean thai turkish greek russian ukrainian hungarian
    croatian european african asian australian brazilian viennese parisian roman bavarian persian siberian
    labrador dalmatian instagram facebook whatsapp youtube google netflix spotify ikea lego nutella ebay amazon
    iphone ipad android nikon canon sony leica polaroid kodak volvo toyota ford fiat vespa vw bmw audi mercedes
    skoda renault porsche tesla xmas bbq pc pm am uk usa us eu europe africa asia america atlantic pacific
    mediterranean alps north south east west st saint merry happy lol omg wow paris london rome vienna berlin
    prague lisbon madrid barcelona venice florence milan naples bologna athens istanbul amsterdam brussels
    copenhagen stockholm oslo helsinki dublin edinburgh glasgow manchester liverpool leeds york oxford cambridge
    brighton munich hamburg cologne graz linz salzburg innsbruck zurich geneva basel budapest warsaw krakow
    porto seville valencia nice lyon marseille moscow kyiv havana tokyo kyoto osaka beijing shanghai bangkok
    hanoi delhi mumbai sydney melbourne toronto montreal vancouver boston chicago dallas seattle brooklyn
    manhattan hollywood iceland ireland scotland england wales britain france spain portugal italy germany
    austria switzerland poland hungary croatia slovenia greece turkey norway sweden finland denmark netherlands
    belgium egypt morocco kenya india china japan thailand vietnam nepal cuba mexico brazil peru chile argentina
    canada sicily crete corsica sardinia mallorca tuscany provence bavaria tyrol yes no ha haha dear love hello
    hi hey thanks sorry please remember remind day mother's father's mothers fathers""".split()
)
"""Words with a capital letter that name nobody and nothing."""
PLACES: Final = frozenset(
    """lake mount mountain river road street lane avenue square park beach island bay castle palace tower bridge station
    airport zoo university college school hospital hotel cafe restaurant museum church cathedral abbey market garden
    gardens hall theatre stadium valley forest wood woods hill coast sea ocean harbour port pier county city town
    village strasse gasse platz marathon festival cup league""".split()
)
"""Words beside which a capital word is the name of a place, an event or an institution."""
PLACE_PREPOSITIONS: Final = frozenset(
    "in at to near above around through via towards into outside behind over beyond below across from off on of".split()
)
"""Words before a place; a name after one is taken for a person's only where something else says so."""
ROLES: Final = frozenset(
    """aunt auntie uncle cousin brother sister son daughter nephew niece grandson granddaughter grandchild husband wife
    partner boyfriend girlfriend fiance friend neighbour neighbor colleague boss teacher driver nurse dog cat puppy
    kitten rabbit horse pony hamster parrot tortoise bear toy doll baby twins twin godson goddaughter somebody someone
    guy girl boy man woman""".split()
)
"""Words before the name of who or what they are: "my aunt Eileen"."""
ADJECTIVES: Final = frozenset(
    """new old first second last next best only favourite favorite lovely little big small tiny huge great good bad red
    blue green yellow black white brown grey gray pink purple orange silver golden dark light trusty annual yearly
    usual whole entire early late full empty free fancy cheap expensive beautiful pretty cosy cozy local own same
    former rental electric hybrid wooden plastic""".split()
)
"""Words between "my" and a capital word that say nothing about its kind: "my green Trek"."""
NOT_SOMEBODY: Final = frozenset(
    """great good nice lovely beautiful pretty cute funny sweet delicious yummy amazing awesome perfect wonderful cool
    fun sad bad awful terrible horrible ugly old new big small little huge tiny red blue green yellow black white brown
    grey gray pink purple orange where what why how when who not so too very really quite mine ours yours his hers
    theirs all it me us him her them yesterday today tomorrow tonight now then there here later before after still
    always never enough everything everyone nothing something true false right wrong okay ok fine happy sick broken
    gone lost dead alive asleep awake dirty clean empty full cold hot warm expensive cheap special different
    difficult easy hard worth from in at on by with for of to like just only about because since until during one
    two three four five six seven eight nine ten raining snowing sunny cloudy windy""".split()
)
"""Words after "This is" that name nobody: "This is great"."""
DOING: Final = frozenset(
    """is was has had does did will would can could came comes went goes gave gives got gets took takes made makes said
    says brought brings found finds held holds ate eats drank drinks lost loves likes wants thinks told tells left
    sat stood fell ran sang won wore bought sold taught built grew knew kept sent let lived lives laughs smiles sleeps
    swims plays wakes never always nearly almost still just""".split()
)
"""Words that follow somebody who does something."""
