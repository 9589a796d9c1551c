"""What a machine is and where it comes from: the words shared by lots, devices, needs and papers (domain.md H)."""

from enum import StrEnum


class Form(StrEnum):
    """The form of a machine, as everybody names it."""

    LAPTOP = "laptop"
    DESKTOP = "desktop"
    MINI_PC = "mini_pc"
    ALL_IN_ONE = "all_in_one"
    TABLET = "tablet"
    SMARTPHONE = "smartphone"
    SERVER = "server"
    MONITOR = "monitor"
    PRINTER = "printer"
    OTHER = "other"


#: Forms that hold no system: nothing to wipe or install, triaged leads straight to the control.
WITHOUT_SYSTEM = frozenset({Form.MONITOR, Form.PRINTER, Form.OTHER})
#: Forms that no profile names: a need accepts them by form and class (design.md section 5 gives them class 1).
WITHOUT_PROFILE = frozenset({Form.TABLET, Form.SMARTPHONE})
#: Forms that are only complete with a screen, a keyboard and a mouse, under one set.
NEEDS_SET = frozenset({Form.DESKTOP, Form.MINI_PC})
#: Forms that are only complete with their charger.
NEEDS_CHARGER = frozenset({Form.LAPTOP, Form.TABLET, Form.SMARTPHONE})


class Origin(StrEnum):
    """Whether what is given belonged to a public body: it constrains where it may go."""

    PRIVATE = "private"
    PUBLIC = "public"


class Regime(StrEnum):
    """Under which text a machine was given (domain.md A).

    `gift`: a plain gift. `patronage`: a company's, CGI 238 bis. `public_association`: CG3P L.3212-2 3°, a public body
    to an eligible association. `public_body`: CG3P L.3212-3, between public bodies. `sale`: bought, be it for 0 €.
    """

    GIFT = "gift"
    PATRONAGE = "patronage"
    PUBLIC_ASSOCIATION = "public_association"
    PUBLIC_BODY = "public_body"
    SALE = "sale"


class DiskWish(StrEnum):
    """What the giver wants done with the disks."""

    WIPE = "wipe"
    DESTROY = "destroy"


class Mode(StrEnum):
    """How a machine reaches its household or structure."""

    GIFT = "gift"
    LOAN = "loan"
    SOLIDARITY_SALE = "solidarity_sale"


class Recipient(StrEnum):
    """Whom a machine is for."""

    HOUSEHOLD = "household"
    STRUCTURE = "structure"
