"""What looks like a person in a text that should hold none: names, phones, addresses, social-security numbers.

It warns and never blocks: it cannot be sure, and the person typing can (design.md section 7).
"""

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple


class Hint(StrEnum):
    """What a piece of text looks like."""

    NIR = "nir"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    NAME = "name"


class Finding(NamedTuple):
    """`text[start:end]` looks like `hint`."""

    hint: Hint
    start: int
    end: int
    text: str


_EMAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
#: Sex, year, month, département (2A and 2B too), commune, order, and the key or not; separators anywhere.
_NIR = re.compile(
    r"(?<!\d)[12378][ .-]?\d\d[ .-]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .-]?(?:\d\d|2[ABab])[ .-]?\d{3}[ .-]?\d{3}"
    r"(?:[ .-]?\d\d)?(?!\d)"
)
_PHONE = re.compile(r"(?<![\d+])(?:(?:\+|00)[ .-]?33[ .-]?(?:\(0\))?[ .-]?|0)[1-9](?:[ .\-/]?\d\d){4}(?!\d)")
_BIRTH = re.compile(r"\bn[ée]+(?:\(?e\)?)?\.? +(?:le|en) +[\d/. -]{4,10}", re.IGNORECASE)
_STREETS = (
    r"rue|avenue|av\.|bd|boulevard|place|impasse|all[ée]e|chemin|route|square|quai|cit[ée]|r[ée]sidence|lotissement"
)
_ADDRESS = re.compile(rf"\b\d{{1,4}} ?(?:bis|ter|quater)?,? +(?:{_STREETS})\b[^,;.\n]{{0,40}}", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(?:M\.|MM\.|Ms|Miss|(?i:mr\.?|mme\.?|mmes|mlle|monsieur|madame|mademoiselle|mrs|famille|fils|fille))"
    r"(?: +et +(?i:mme|m\.|madame|monsieur))? +(?:(?:de|du|la|le|des|De|Du|La|Le) +)?"
    r"(?P<name>[A-ZÀ-Ý][\w'’-]+)(?: +[A-ZÀ-Ý][\w'’-]+)*",
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")

#: Words in capitals that are no names: the trade's abbreviations, and what machines are called.
_ABBREVIATIONS = frozenset(
    """
    AAH ADSL AESH AFPA ANSSI APA API ARE ASE ASS AZERTY BAC BEP BTS CADA CAF CAP CCAS CDD CDI CD CESF CFA CHRS
    CIAS CIO CLIC CMU CNED CPAM CPU CSS CV DALF DELF DOM DUT EAD EHPAD ENT EPCI ESAT ESS FALC FLE FSL GPU GRETA
    HDMI HLM HP IAE IBM IME IMP INSEE IRESA IUT LG LTE MDA MDPH MDS MFR MIJEC MNA MSA MSI NVDA OFII OK ORL PAN PC
    PDF PIX PJJ PMI QF QPV QWERTY RAM RDC RSA RUP RV SAAD SAV SDF SESSAD SFR SIAE SMS SPIP SSD SSIAP TER TISF TNT
    TV UDAF UDCCAS UFC ULIS URSSAF USB USB-C VAE VGA VLC VPN WIFI ZRR ASUS ACER DELL WORD EXCEL NON OUI URGENT
    ATTENTION LIBRE OFFICE PRIMTUX MINT LINUX WINDOWS
    """.split()  # noqa: SIM905 - a quoted list of this would take two pages
)

#: Some given names common in France: beside a capital letter they are enough to ask.
_GIVEN = frozenset(
    """
    adam adrien agathe ahmed alain alexandre alice amandine amelie amina ana andre anais angelique anne antoine
    arnaud arthur aurelie aurore axel baptiste beatrice benjamin benoit bernadette bernard brigitte bruno camille
    caroline catherine cecile celine chantal charlotte chloe christelle christian christine christophe clara
    claire claude claudine clement coralie corinne cyril damien daniel danielle david delphine denis denise didier
    dominique dylan elise elodie emilie emma emmanuel enzo eric estelle ethan eva fabien fabrice fanny farid
    fatima fatou florence florian franck francois francoise frederic gabriel gael genevieve georges gerard gilles
    guillaume guy hassan helene henri hugo ibrahim ines isabelle jacqueline jacques jade jean jeanne jeremy jerome
    jessica joel jose josiane julie julien juliette justine karim karine kevin laetitia laura laurence laurent lea
    leila leo lina lisa loic louis louise luc lucas lucie ludovic lydie madeleine maelys manon manuel marc marcel
    margaux maria marie marine marion martine mathieu mathilde mathis maxime melanie melissa michel michele
    mickael mohamed monique morgane moussa muriel myriam nadia nadine nathalie nathan nicolas nicole noemie odile
    olivier oceane ophelie pascal patricia patrick paul pauline philippe pierre quentin rachid raphael raymond
    regine remi rene richard robert roger romain romane sabrina said salima samira sandra sandrine sarah sebastien
    serge severine simon simone solene sonia sophie stephane stephanie suzanne sylvain sylvie tatiana theo
    thibault thierry thomas tom valentin valerie vanessa veronique victor vincent virginie xavier yanis yann
    yannick yasmine yves yvette yvonne zoe
    """.split()  # noqa: SIM905 - a quoted list of this would take two pages
)
#: Given names that are also plain words, months, or begin a commune's name.
_NOT_ALONE = frozenset({"claire", "rose", "marine", "jean", "pierre", "marie", "tom"})


def find(text: str) -> list[Finding]:
    """Return what looks like a person in `text`, in order, without overlap; the surer hints come before names."""
    findings: list[Finding] = []

    def add(hint: Hint, start: int, end: int) -> None:
        if all(end <= other.start or start >= other.end for other in findings):
            findings.append(Finding(hint, start, end, text[start:end]))

    for hint, pattern in (
        (Hint.EMAIL, _EMAIL),
        (Hint.NIR, _NIR),
        (Hint.PHONE, _PHONE),
        (Hint.BIRTH_DATE, _BIRTH),
        (Hint.ADDRESS, _ADDRESS),
    ):
        for match in pattern.finditer(text):
            add(hint, match.start(), match.end())
    for match in _TITLE.finditer(text):
        if match["name"] not in _ABBREVIATIONS:
            add(Hint.NAME, match.start(), match.end())
    for start, end in _names(text):
        add(Hint.NAME, start, end)
    return sorted(findings, key=lambda finding: finding.start)


def is_given_name(word: str) -> bool:
    """Tell whether a word is one of the given names common in France."""
    return _plain(word.strip()) in _GIVEN


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word)
    return "".join(c for c in folded if not unicodedata.combining(c)).casefold()


def _names(text: str) -> list[tuple[int, int]]:
    """Return the runs that read as names: a given name with a capital, or a word in capitals that is no acronym."""
    found: list[tuple[int, int]] = []
    words = list(_WORD.finditer(text))
    shouted = sum(word.group().isupper() for word in words) > max(2, len(words) // 2)
    for i, match in enumerate(words):
        word = match.group()
        after = words[i + 1] if i + 1 < len(words) and not text[match.end() : words[i + 1].start()].strip() else None
        capital_after = after is not None and after.group()[0].isupper() and after.group() not in _ABBREVIATIONS
        given = _plain(word) in _GIVEN and (word[0].isupper() or shouted)
        if given and (capital_after or _plain(word) not in _NOT_ALONE):
            found.append((match.start(), after.end() if capital_after and after else match.end()))
        elif (
            len(word) >= 3
            and word.isupper()
            and not any(c.isdecimal() for c in word)
            and not shouted
            and word not in _ABBREVIATIONS
        ):
            found.append((match.start(), match.end()))
    return found
