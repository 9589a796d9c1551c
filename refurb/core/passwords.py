"""What a password must be: long enough, and not what everybody tries first."""

from itertools import pairwise

SHORTEST = 10
LONGEST = 200

#: Tried first by whoever tries; folded, without digits at the end.
_COMMON = frozenset(
    (
        "azertyuiop",
        "qwertyuiop",
        "motdepasse",
        "password",
        "bonjourbonjour",
        "jetaime",
        "refurb",
        "ordinateur",
        "soleil",
    )
)


def weakness(password: str, *, known: tuple[str, ...] = ()) -> str | None:
    """Return why a password is refused, or None: "too-short", "too-long", "too-simple", "too-close".

    `known` holds what others know of the person: the address, the name, the organisation.
    """
    if len(password) < SHORTEST:
        return "too-short"
    if len(password) > LONGEST:
        return "too-long"
    folded = password.casefold()
    if len(set(folded)) < 5 or folded.strip("0123456789 !.,;?*-_") in _COMMON or _is_a_run(folded):
        return "too-simple"
    for text in known:
        for part in [text.casefold(), *text.casefold().split("@")]:
            if len(part) > 3 and part in folded and len(folded) - len(part) < 4:
                return "too-close"
    return None


def _is_a_run(text: str) -> bool:
    """Whether the text is neighbours in order: 1234567890, abcdefghij."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps in ({1}, {-1}, {1, -9})
