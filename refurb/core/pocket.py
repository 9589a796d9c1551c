"""What a reset of a tablet or a telephone proves, and what stands in its way.

Source: domain.md D.3 (ANSSI: cards out, accounts off) and design.md section 5. What is encrypted is gone with its key,
and every such machine encrypts since Android 6 and iOS 8 unless it is old or was set otherwise; where nobody knows, the
reset is good with a reservation that another person weighs.
"""

from refurb.core.media import Outcome

#: What may still hold a machine, or nothing. Samsung's and Xiaomi's accounts go by Google's steps.
ACCOUNTS = ("none", "apple", "google")
#: How it was reset, and what that is worth.
RESETS: dict[str, Outcome] = {
    "reset-encrypted": Outcome.OK,
    "reset-tool": Outcome.OK,
    "reset-unknown": Outcome.OK_WITH_RESERVATION,
}


class ResetRefused(Exception):
    """A reset that proves nothing yet; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def reset_outcome(method: str, *, account: str | None, cards_removed: bool | None, media: int) -> Outcome:
    """Return what an attested reset is worth; `media` counts those noted inside that are neither destroyed nor absent.

    Raises ResetRefused: "account-unknown", "account-still-there" (behind an account the owner undoes it),
    "cards-unknown", "cards-inside" (a card is a medium that no reset reaches), "several-media", "method-unknown".
    """
    if method not in RESETS:
        raise ResetRefused("method-unknown")
    if account is None:
        raise ResetRefused("account-unknown")
    if account != "none":
        raise ResetRefused("account-still-there")
    if cards_removed is None:
        raise ResetRefused("cards-unknown")
    if not cards_removed:
        raise ResetRefused("cards-inside")
    if media > 1:
        raise ResetRefused("several-media")
    return RESETS[method]
