"""Which machine a need asks for: the profile, forms, minima and modes its answers call for, and how many at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from refurb.core.equipment import Mode, Recipient
from refurb.core.grading import PROFILES
from refurb.core.needs import Alike, Answers, Ergonomics, Format, Profile, Substitute, Term, Usage

#: What each profile asks for, as machines are graded by it; `storage_gb` counts solid state only.
MINIMA: dict[Profile, dict[str, Any]] = {
    Profile(row.code): {**row.minima, **({"webcam": True} if row.webcam else {})} for row in PROFILES.profiles
}

#: Which profile serves a usage.
PROFILE_OF: dict[Usage, Profile] = {
    Usage.PRIMARY_SCHOOL: Profile.P0,
    Usage.PROCEDURES: Profile.P1,
    Usage.OFFICE_WORK: Profile.P1,
    Usage.SECONDARY_SCHOOL: Profile.P2,
    Usage.JOB_TRAINING: Profile.P2,
    Usage.VIDEO_CALLS: Profile.P2,
    Usage.HIGHER_EDUCATION: Profile.P3,
    Usage.SELF_EMPLOYMENT: Profile.P3,
    Usage.SHARED_STATION: Profile.P4,
    Usage.GROUP_WORKSHOP: Profile.P5,
    Usage.CREATION: Profile.P6,
}

#: Of two profiles wanted at once the later one here names the need; the minima of both are asked.
_STRENGTH = (Profile.P0, Profile.P1, Profile.P2, Profile.P4, Profile.P5, Profile.P3, Profile.P6)

_FORMS = {
    Format.LAPTOP: ("laptop",),
    Format.DESKTOP: ("desktop", "all_in_one"),
    Format.ANY: ("laptop", "desktop", "all_in_one"),
}
#: A battery that is worth something where the power fails or there is none.
_MOBILE_BATTERY = 60
_LARGE_SCREEN = 17


def profile(usages: Collection[Usage]) -> Profile | None:
    """Return the profile that names a need: the strongest of those its usages call for."""
    wanted = {PROFILE_OF[usage] for usage in usages}
    return max(wanted, key=_STRENGTH.index, default=None)


def forms(answers: Answers) -> list[str]:
    """Return the forms that suit: without stable power only what has a battery does."""
    if answers.format is None:
        return []
    accepted = ["laptop"] if answers.no_stable_power else list(_FORMS[answers.format])
    if Ergonomics.LIGHT in answers.ergonomics:
        # What is carried about has a battery of its own.
        accepted = ["laptop"]
    elif Substitute.OTHER_FORM in answers.substitutes and not answers.no_stable_power:
        accepted = list(_FORMS[Format.ANY])
    suits = answers.tablet_suits or Substitute.TABLET in answers.substitutes
    return [*accepted, "tablet"] if suits else accepted


def minima(answers: Answers, table: Mapping[Profile, Mapping[str, Any]] = MINIMA) -> dict[str, Any]:
    """Return what the machine must have: for each criterion the most that any usage or constraint asks."""
    asked: dict[str, Any] = {}

    def ask(criterion: str, value: Any) -> None:
        asked[criterion] = max(asked.get(criterion, value), value)

    for usage in answers.usages:
        for criterion, value in table[PROFILE_OF[usage]].items():
            ask(criterion, value)
    if Substitute.LESS_POWERFUL in answers.substitutes:
        # One step down, never under what opens a browser of today.
        for criterion, floor in table[Profile.P1].items():
            if criterion in asked and criterion != "webcam":
                step = asked[criterion] - 1 if criterion == "class" else floor
                asked[criterion] = max(min(asked[criterion], floor), min(asked[criterion], step))
    if Substitute.WITHOUT_WEBCAM in answers.substitutes:
        asked.pop("webcam", None)
    if answers.no_stable_power:
        ask("battery_pct", _MOBILE_BATTERY)
    if Ergonomics.LARGE_SCREEN in answers.ergonomics:
        ask("screen_in", _LARGE_SCREEN)
    return asked


def modes(answers: Answers) -> list[Mode]:
    """Return the modes accepted, the first that the machine's origin allows being used: given before lent or sold."""
    if answers.recipient is Recipient.STRUCTURE:
        return [Mode.LOAN] if answers.term is Term.DATE else [Mode.GIFT, Mode.LOAN]
    accepted = [Mode.GIFT]
    if answers.loan_suits:
        accepted.append(Mode.LOAN)
    if answers.contribution_cents:
        accepted.append(Mode.SOLIDARITY_SALE)
    return accepted


@dataclass(frozen=True)
class Split:
    """How a structure's demand becomes needs: `together` served all or none, `alone` each for itself."""

    together: int
    alone: int
    #: "model", "charger" or None, as a bundle of the matching has it.
    same: str | None


def split(answers: Answers) -> Split:
    """Return the bundle and the plain needs: at least 6, better 8 is a bundle of 6 and two plain ones."""
    if answers.recipient is not Recipient.STRUCTURE or answers.term is Term.DATE:
        return Split(0, 1, None)
    same = {Alike.IDENTICAL: "model", Alike.SAME_CHARGER: "charger"}.get(answers.alike or Alike.COMPATIBLE)
    least = answers.least or 1
    together = least if least > 1 else 0
    return Split(together, answers.quantity - together, same if together else None)
