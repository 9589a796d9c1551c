"""Who may do what: the access matrix of domain.md C with the roles of design.md section 1, as one table.

Access is refused unless granted. A role is held in an organisation, so a permission always means "on what this
organisation may see": the queries take the actor and narrow further.
"""

from enum import StrEnum


class OrganisationRole(StrEnum):
    """What an organisation does in the chain."""

    SUPPLIER = "supplier"
    REFURBISHER = "refurbisher"
    PRESCRIBER = "prescriber"
    STRUCTURE = "structure"
    HANDOVER_POINT = "handover_point"
    COORDINATION = "coordination"
    PARTNER = "partner"


class Role(StrEnum):
    """What a person does in an organisation."""

    SUPPLIER = "supplier"
    VOLUNTEER = "volunteer"
    TECHNICIAN = "technician"
    CONTROLLER = "controller"
    PRESCRIBER = "prescriber"
    STRUCTURE = "structure"
    HANDOVER_AGENT = "handover_agent"
    COORDINATOR = "coordinator"
    PARTNER = "partner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing a person may do; the value is `thing:verb`."""

    ACCOUNT_OWN = "account:own"
    ACCOUNT_PROVE = "account:prove"
    SEARCH = "search:use"

    LOT_FOLLOW = "lot:follow"
    LOT_READ = "lot:read"
    LOT_ACCEPT = "lot:accept"
    LOT_OFFER = "lot:offer"
    LOT_ANSWER = "lot:answer"
    LOT_COLLECT = "lot:collect"
    LOT_COUNT = "lot:count"
    DEPOSIT_CREATE = "deposit:create"

    DEVICE_READ = "device:read"
    DEVICE_EDIT = "device:edit"
    DEVICE_CHANGE_STATUS = "device:change-status"
    DEVICE_CONTROL = "device:control"
    DEVICE_RECOVER_STOLEN = "device:recover-stolen"
    MEDIUM_RECORD = "medium:record"
    MEDIUM_ACCEPT = "medium:accept-reservation"
    REPORT_UPLOAD = "report:upload"
    REPORT_READ_UNREADABLE = "report:read-unreadable"
    STOCK_COUNT = "stock:count"
    LABEL_PRINT = "label:print"
    SCAN = "desk:scan"
    WORKSHOP_SETTINGS = "workshop:settings"
    PLACE_EDIT = "place:edit"

    NEED_CREATE = "need:create"
    NEED_READ_CASE = "need:read-case"
    NEED_READ_PROFILE = "need:read-profile"
    NEED_ARBITRATE = "need:arbitrate"
    MATCH_RESERVE = "match:reserve"
    MATCH_ANSWER = "match:answer"
    PICKING_READ = "picking:read"

    HANDOVER_READ = "handover:read"
    HANDOVER_PLAN = "handover:plan"
    HANDOVER_PREPARE = "handover:prepare"
    HANDOVER_PERFORM = "handover:perform"
    TICKET_OPEN = "ticket:open"
    DOCUMENT_READ = "document:read"
    DOCUMENT_VOID = "document:void"

    ORGANISATION_READ = "organisation:read"
    ORGANISATION_EDIT_OWN = "organisation:edit-own"
    ORGANISATION_MANAGE = "organisation:manage"
    MEMBER_INVITE = "member:invite"
    TOKEN_MANAGE = "token:manage"  # noqa: S105 - the name of a permission
    SETTINGS_EDIT = "settings:edit"
    LOG_READ = "log:read"
    STATISTICS_READ = "statistics:read"


P = Permission

#: What everybody signed in may do.
SIGNED_IN = frozenset({P.ACCOUNT_OWN, P.ACCOUNT_PROVE})
#: What is open to who gave a password and still owes the second factor: to give it.
HALF_SIGNED_IN = frozenset({P.ACCOUNT_PROVE})
#: The roles that do not go without a second factor.
PROVEN_ROLES = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})

_VOLUNTEER = frozenset(
    {
        P.SEARCH,
        P.LOT_READ,
        P.LOT_COUNT,
        P.DEPOSIT_CREATE,
        P.DEVICE_READ,
        P.DEVICE_EDIT,
        P.DEVICE_CHANGE_STATUS,
        P.MEDIUM_RECORD,
        P.REPORT_UPLOAD,
        P.STOCK_COUNT,
        P.LABEL_PRINT,
        P.SCAN,
        P.NEED_READ_PROFILE,
        P.PICKING_READ,
        P.TICKET_OPEN,
        P.DOCUMENT_READ,
        P.ORGANISATION_READ,
    }
)
_TECHNICIAN = _VOLUNTEER | {P.LOT_ANSWER, P.LOT_COLLECT, P.PLACE_EDIT, P.HANDOVER_READ}
_CONTROLLER = _TECHNICIAN | {
    P.DEVICE_CONTROL,
    P.MEDIUM_ACCEPT,
    P.REPORT_READ_UNREADABLE,
    P.WORKSHOP_SETTINGS,
    P.TOKEN_MANAGE,
    P.MEMBER_INVITE,
    P.ORGANISATION_EDIT_OWN,
}
_PRESCRIBER = frozenset(
    {
        P.SEARCH,
        P.NEED_CREATE,
        P.NEED_READ_CASE,
        P.MATCH_ANSWER,
        P.HANDOVER_READ,
        P.HANDOVER_PLAN,
        P.HANDOVER_PERFORM,
        P.TICKET_OPEN,
        P.DOCUMENT_READ,
        P.ORGANISATION_READ,
    }
)

#: The matrix. A role that is not here, or a permission not in its set, is a refusal.
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.SUPPLIER: frozenset({P.LOT_FOLLOW, P.DOCUMENT_READ, P.SEARCH}),
    Role.VOLUNTEER: _VOLUNTEER,
    Role.TECHNICIAN: _TECHNICIAN,
    Role.CONTROLLER: _CONTROLLER,
    Role.PRESCRIBER: _PRESCRIBER,
    Role.STRUCTURE: _PRESCRIBER,
    Role.HANDOVER_AGENT: frozenset(
        {
            P.SEARCH,
            P.SCAN,
            P.HANDOVER_READ,
            P.HANDOVER_PLAN,
            P.HANDOVER_PREPARE,
            P.HANDOVER_PERFORM,
            P.PLACE_EDIT,
            P.TICKET_OPEN,
            P.DOCUMENT_READ,
            P.ORGANISATION_READ,
        }
    ),
    Role.COORDINATOR: frozenset(
        {
            P.SEARCH,
            P.LOT_READ,
            P.LOT_ACCEPT,
            P.LOT_OFFER,
            P.LOT_COLLECT,
            P.DEPOSIT_CREATE,
            P.DEVICE_READ,
            P.DEVICE_RECOVER_STOLEN,
            P.LABEL_PRINT,
            P.SCAN,
            P.NEED_ARBITRATE,
            P.NEED_READ_PROFILE,
            P.MATCH_RESERVE,
            P.PICKING_READ,
            P.HANDOVER_READ,
            P.HANDOVER_PLAN,
            P.TICKET_OPEN,
            P.DOCUMENT_READ,
            P.DOCUMENT_VOID,
            P.ORGANISATION_READ,
            P.ORGANISATION_MANAGE,
            P.MEMBER_INVITE,
            P.STATISTICS_READ,
        }
    ),
    Role.PARTNER: frozenset({P.STATISTICS_READ}),
    Role.AUDITOR: frozenset({P.LOG_READ}),
    Role.ADMINISTRATOR: frozenset(
        {
            P.SEARCH,
            P.ORGANISATION_READ,
            P.ORGANISATION_MANAGE,
            P.MEMBER_INVITE,
            P.TOKEN_MANAGE,
            P.SETTINGS_EDIT,
        }
    ),
}

#: Which roles make sense in which organisation; an invitation offers no other.
ROLES_IN: dict[OrganisationRole, frozenset[Role]] = {
    OrganisationRole.SUPPLIER: frozenset({Role.SUPPLIER}),
    OrganisationRole.REFURBISHER: frozenset({Role.VOLUNTEER, Role.TECHNICIAN, Role.CONTROLLER}),
    OrganisationRole.PRESCRIBER: frozenset({Role.PRESCRIBER}),
    OrganisationRole.STRUCTURE: frozenset({Role.STRUCTURE}),
    OrganisationRole.HANDOVER_POINT: frozenset({Role.HANDOVER_AGENT}),
    OrganisationRole.COORDINATION: frozenset({Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR}),
    OrganisationRole.PARTNER: frozenset({Role.PARTNER}),
}


class Scope(StrEnum):
    """What a token opens, as it is chosen when it is made."""

    REPORTS_WRITE = "reports:write"
    DEVICES_READ = "devices:read"


#: The permissions that a scope stands for; a token holds these and nothing of its maker's other rights.
SCOPES: dict[Scope, frozenset[Permission]] = {
    Scope.REPORTS_WRITE: frozenset({P.REPORT_UPLOAD}),
    Scope.DEVICES_READ: frozenset({P.DEVICE_READ}),
}
#: What a station's token may do: bring a report, and nothing else.
STATION = SCOPES[Scope.REPORTS_WRITE]


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return what the roles grant together; nobody signed in holds less than their own account."""
    return SIGNED_IN.union(*(GRANTS.get(role, frozenset()) for role in roles))
