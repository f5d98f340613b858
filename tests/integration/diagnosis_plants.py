"""Every fault of docs/diagnosis.md as something planted in a simulated tenant, by the words of its table."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from .diagnosis_cloud import (
    ANNS,
    CLIENT,
    KEY_ID,
    LIMITED,
    NOBODYS,
    OTHER_SECRET,
    OTHER_TENANT,
    ROLES,
    ROOMS,
    SECRET,
    TENANT,
    Plant,
    meeting,
)

_PLACES, _TOKENS, _CALENDARS = "^/places", "/oauth2/v2.0/token", "^/users/[^/]+/calendar\\?"
_DIRECTORY, _SUBSCRIPTIONS = "^/servicePrincipals|^/applications", "^/subscriptions$"
_EVENTS = "^/users/[^/]+/events$"
_WITHOUT_PLACES = ["Calendars.ReadWrite", "Directory.Read.All"]


def _fault(path: str, method: str = "*", **more: Any) -> dict[str, Any]:
    return {"match": {"method": method, "path": path}, "times": None} | more


def _app(*roles: str, **more: Any) -> dict[str, Any]:
    return {"roles": list(roles)} | more


def _asked(*, application: tuple[str, ...] = (), delegated: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"requested": {"Role": list(application), "Scope": list(delegated)}}


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "A simulated fault."}}


_LIMITED_TO_FIRST = _app(*LIMITED, scope=[str(ROOMS[0])])

PLANTS: Mapping[str, Plant] = {
    # signing in
    "the Tenant ID is no directory's": Plant(tenant_id=uuid4()),
    "the Tenant ID is another directory's": Plant(tenant_id=OTHER_TENANT),
    "the Client ID is no app's": Plant(client_id=uuid4()),
    "the Secret ID was pasted": Plant(secret=KEY_ID),
    "the secret is mistyped": Plant(secret=SECRET.replace("right", "wrong")),
    "the secret is cut short": Plant(secret=SECRET[:-3]),
    "the secret is another app's": Plant(secret=OTHER_SECRET),
    "the secret was deleted in Entra": Plant(app={"secrets": []}),
    "the secret is wrong, in an answer with line breaks": Plant(
        secret="s3~x", options={"broken_descriptions": True}
    ),
    "the secret has expired": Plant(
        app={"secrets": [{"value": SECRET, "ends": "2026-02-01T00:00:00Z"}]}
    ),
    "the app is disabled": Plant(app={"disabled": True}),
    "the directory has no service principal of the app": Plant(app={"installed": False}),
    "Conditional Access blocks the app": Plant(app={"blocked_by_policy": True}),
    "Conditional Access blocks the app, in other words": Plant(
        app={"blocked_by_policy": True}, options={"blocked_error": "interaction_required"}
    ),
    "Entra throttles": Plant(faults=(_fault(_TOKENS, status=429, retry_after=5),)),
    "Entra throttles discovery": Plant(faults=(_fault("openid-configuration", status=429),)),
    "Entra sees a loop": Plant(
        faults=(_fault(_TOKENS, status=400, body={"error_codes": [50196]}),)
    ),
    "Entra is in trouble": Plant(faults=(_fault(_TOKENS, status=503),)),
    "Entra hangs up": Plant(faults=(_fault(_TOKENS, drop=True),)),
    "Entra answers with a gateway's page": Plant(
        faults=(_fault(_TOKENS, status=502, body="<html>Bad gateway</html>"),)
    ),
    "Entra's discovery document is empty": Plant(
        faults=(_fault("openid-configuration", status=200, body={"issuer": "?"}),)
    ),
    "Entra refuses with a number we do not know": Plant(
        faults=(
            _fault(
                _TOKENS,
                status=400,
                body={
                    "error": "invalid_request",
                    "error_description": "AADSTS999999: New.",
                    "error_codes": [999999],
                },
            ),
        )
    ),
    "Entra refuses without a number": Plant(
        faults=(_fault(_TOKENS, status=400, body={"error": "server_error"}),)
    ),
    # consent and type
    "nothing is consented": Plant(app=_app(**_asked(application=ROLES))),
    "nothing is consented, in the other answer": Plant(
        app=_app(**_asked(application=ROLES)), options={"roleless_status": 403}
    ),
    "all three are Delegated": Plant(app=_app(delegated=list(ROLES))),
    "Directory.Read.All is not consented": Plant(
        app=_app("Calendars.ReadWrite", "Place.Read.All", **_asked(application=ROLES))
    ),
    "Directory.Read.All is Delegated": Plant(
        app=_app("Calendars.ReadWrite", "Place.Read.All", delegated=["Directory.Read.All"])
    ),
    "Place.Read.All is not consented": Plant(
        app=_app(*_WITHOUT_PLACES, **_asked(application=ROLES))
    ),
    "Place.Read.All is Delegated": Plant(app=_app(*_WITHOUT_PLACES, delegated=["Place.Read.All"])),
    "Place.Read.All is Delegated and not consented": Plant(
        app=_app(
            *_WITHOUT_PLACES,
            **_asked(application=tuple(_WITHOUT_PLACES), delegated=("Place.Read.All",)),
        )
    ),
    "Place.Read.All was never added": Plant(app=_app(*_WITHOUT_PLACES)),
    "Place.Read.All is there twice, as Application not consented": Plant(
        app=_app(
            *_WITHOUT_PLACES,
            delegated=["Place.Read.All"],
            **_asked(application=ROLES, delegated=("Place.Read.All",)),
        )
    ),
    "Calendars.ReadWrite is not consented": Plant(app=_app(*LIMITED, **_asked(application=ROLES))),
    "Calendars.ReadWrite is Delegated": Plant(
        app=_app(*LIMITED, delegated=["Calendars.ReadWrite"])
    ),
    "Calendars.ReadWrite was never added": Plant(app=_app(*LIMITED)),
    "Calendars and places are Delegated": Plant(
        app=_app("Directory.Read.All", delegated=["Calendars.ReadWrite", "Place.Read.All"])
    ),
    "calendars are not consented, places are Delegated": Plant(
        app=_app(
            "Directory.Read.All",
            **_asked(
                application=("Calendars.ReadWrite", "Directory.Read.All"),
                delegated=("Place.Read.All",),
            ),
        )
    ),
    "Calendars.Read instead of Calendars.ReadWrite": Plant(app=_app("Calendars.Read", *LIMITED)),
    "Calendars.ReadWrite asked for, Calendars.Read consented": Plant(
        app=_app("Calendars.Read", *LIMITED, **_asked(application=ROLES))
    ),
    "places not consented, the app registered in another directory": Plant(
        app=_app(*_WITHOUT_PLACES, registered_elsewhere=True, **_asked(application=ROLES))
    ),
    "consent for places was just taken back, the directory is late": Plant(
        options={"directory_lag": 300.0},
        later={
            "tenant_id": str(TENANT),
            "apps": [{"client_id": str(CLIENT), "roles": _WITHOUT_PLACES}],
        },
    ),
    "places not consented, the directory throttles": Plant(
        app=_app(*_WITHOUT_PLACES), faults=(_fault(_DIRECTORY, status=429),)
    ),
    "places not consented, the directory refuses": Plant(
        app=_app(*_WITHOUT_PLACES),
        faults=(_fault(_DIRECTORY, status=403, body=_error("Authorization_RequestDenied")),),
    ),
    "places not consented, the directory is in trouble": Plant(
        app=_app(*_WITHOUT_PLACES), faults=(_fault(_DIRECTORY, status=500),)
    ),
    # scope
    "limited to mailboxes that are no rooms": Plant(app=_app(*LIMITED, scope=[str(uuid4())])),
    "limited, an imported room outside": Plant(
        app=_LIMITED_TO_FIRST, imported=frozenset(ROOMS[:2])
    ),
    "limited, the change not in force yet": Plant(
        app=_LIMITED_TO_FIRST, options={"exchange_lag": 3600.0}
    ),
    "limited, the named outside mailbox inside": Plant(
        app=_app(*LIMITED, scope=[str(ROOMS[0]), "00000000-0000-0000-0000-0000000000d0"]),
        outside=ANNS,
    ),
    "an access policy bars every room": Plant(app={"access_policy": [str(uuid4())]}),
    "an access policy bars every room, in short words": Plant(
        app={"access_policy": [str(uuid4())]}, options={"policy_refusal": "short"}
    ),
    "an access policy bars an imported room": Plant(
        app={"access_policy": [str(ROOMS[0])]}, imported=frozenset({ROOMS[1]})
    ),
    "Exchange does not know of the consent yet": Plant(
        faults=(_fault(_CALENDARS, status=403, body=_error("ErrorAccessDenied")),)
    ),
    "Graph refuses to list rooms all the same": Plant(
        faults=(_fault(_PLACES, status=403, body=_error("ErrorAccessDenied")),)
    ),
    # rooms
    "the tenant has no room mailbox": Plant(room_count=0),
    "every room is too new to be listed": Plant(every_room={"listed_from": "2099-01-01T00:00:00Z"}),
    "every room is hidden from address lists": Plant(every_room={"hidden": True}),
    "no room mailbox, and calendars not consented": Plant(
        room_count=0, app=_app(*LIMITED, **_asked(application=ROLES))
    ),
    "the list of rooms is throttled": Plant(faults=(_fault(_PLACES, status=429, retry_after=2.5),)),
    "the list of rooms is throttled, calendars not consented": Plant(
        app=_app(*LIMITED), faults=(_fault(_PLACES, status=429),)
    ),
    "the list of rooms gets no answer": Plant(faults=(_fault(_PLACES, drop=True),)),
    "the list of rooms breaks off in the middle": Plant(
        many=250, faults=(_fault("skip=200", status=500),)
    ),
    # mailboxes
    "every room is on-premises": Plant(every_room={"hosting": "on_premises"}),
    "every room is on-premises, in the other code": Plant(
        every_room={"hosting": "on_premises"},
        options={"unsupported_mailbox": "MailboxNotSupportedForRESTAPI"},
    ),
    "every room is without a licence": Plant(
        every_room={"hosting": "unlicensed"}, options={"unsupported_text": "older"}
    ),
    "the imported room is inactive and no other listed": Plant(
        every_room={"hosting": "inactive"}, imported=frozenset({ROOMS[0]})
    ),
    "the imported room's mailbox is gone and no other listed": Plant(
        every_room={"hosting": "none"}, imported=frozenset({ROOMS[0]})
    ),
    "limited to rooms that are on-premises": Plant(
        app=_app(*LIMITED, scope=[str(room) for room in ROOMS]),
        every_room={"hosting": "on_premises"},
    ),
    "calendars are throttled": Plant(faults=(_fault(_CALENDARS, status=429, retry_after=9),)),
    "mailboxes are over their concurrency": Plant(
        faults=(_fault(_CALENDARS, status=503, body=_error("MailboxConcurrency")),)
    ),
    "calendars get no answer": Plant(faults=(_fault(_CALENDARS, drop=True),)),
    "calendars are in trouble, and limited": Plant(
        app=_LIMITED_TO_FIRST, faults=(_fault(_CALENDARS, status=504),)
    ),
    # the outside mailbox
    "asking for the outside mailbox is throttled": Plant(
        outside=ANNS, faults=(_fault("^/users/[^/]+\\?", status=429),)
    ),
    # webhook
    "nobody listens at the webhook address": Plant(webhook="nobody"),
    "something before the webhook wants a sign-in": Plant(webhook="forbids"),
    "something before the webhook redirects": Plant(webhook="redirects"),
    "something before the webhook adds a line break": Plant(webhook="alters"),
    "something before the webhook makes it JSON": Plant(webhook="quotes"),
    "the webhook never answers": Plant(webhook="keeps_silent", options={"validation_seconds": 0.3}),
    "the webhook's certificate is not trusted": Plant(webhook="self_signed"),
    "the webhook address is not https": Plant(webhook="http", options={"allow_http": False}),
    "only the lifecycle address is blocked": Plant(webhook="forbids_lifecycle"),
    "the webhook is blocked, in the older code": Plant(
        webhook="forbids", options={"validation_error": "InvalidRequest"}
    ),
    "subscriptions want Calendars.Read": Plant(options={"subscriptions_need_read": True}),
    "the mailboxes have all the subscriptions they may": Plant(
        options={"subscriptions_per_mailbox": 0}
    ),
    "subscriptions are throttled": Plant(faults=(_fault(_SUBSCRIPTIONS, "POST", status=429),)),
    "the mailbox's server is stale": Plant(defect="mailbox_stale"),
    "the mailbox's server is unknown": Plant(defect="backend_unknown"),
    "the subscription is quarantined": Plant(defect="quarantined"),
    "the answer to the subscription is lost": Plant(
        faults=(_fault(_SUBSCRIPTIONS, "POST", drop=True, when="after"),)
    ),
    "the subscription is refused in words we do not know": Plant(
        faults=(_fault(_SUBSCRIPTIONS, "POST", status=400, body=_error("BrandNew")),)
    ),
    # write and undo
    "writing is refused": Plant(
        write=True, faults=(_fault(_EVENTS, "POST", status=403, body=_error("ErrorAccessDenied")),)
    ),
    "limited, and Exchange grants reading alone": Plant(
        app=_LIMITED_TO_FIRST,
        write=True,
        faults=(_fault(_EVENTS, "POST", status=403, body=_error("ErrorAccessDenied")),),
    ),
    "writing is throttled": Plant(write=True, faults=(_fault(_EVENTS, "POST", status=429),)),
    "writing gets no answer": Plant(write=True, faults=(_fault(_EVENTS, "POST", drop=True),)),
    "the write is refused in words we do not know": Plant(
        write=True, faults=(_fault(_EVENTS, "POST", status=400, body=_error("BrandNew")),)
    ),
    # two at once
    "the webhook is blocked, and an imported room outside the scope": Plant(
        app=_LIMITED_TO_FIRST, imported=frozenset(ROOMS[:2]), webhook="forbids"
    ),
}

HEALTHY: Mapping[str, Plant] = {
    "tenant-wide, as the guide says": Plant(),
    "tenant-wide, with an outside mailbox named": Plant(outside=ANNS),
    "tenant-wide, with an outside mailbox named that nobody has": Plant(outside=NOBODYS),
    "tenant-wide, with Calendars.Read and User.Read beside": Plant(
        app=_app(*ROLES, "Calendars.Read", delegated=["User.Read"]),
        options={"subscriptions_need_read": True},
    ),
    "tenant-wide, in the documented reading": Plant(options={"set": "documented"}),
    "tenant-wide, in the observed reading": Plant(options={"set": "observed", "exchange_lag": 0.0}),
    "tenant-wide, in the worst reading": Plant(
        options={"set": "worst", "exchange_lag": 0.0, "subscriptions_need_read": False}
    ),
    "limited to one room": Plant(app=_LIMITED_TO_FIRST, imported=frozenset({ROOMS[0]})),
    "limited, the outside mailbox refused": Plant(app=_LIMITED_TO_FIRST, outside=ANNS),
    "limited, the outside mailbox nobody's": Plant(app=_LIMITED_TO_FIRST, outside=NOBODYS),
    "limited by an access policy, the outside mailbox refused": Plant(
        app={"access_policy": [str(room) for room in ROOMS]}, outside=ANNS
    ),
    "limited by an access policy, another room refused": Plant(
        app={"access_policy": [str(ROOMS[1])]}
    ),
    "limited for writing, Calendars.Read consented": Plant(
        app=_app("Calendars.Read", *LIMITED, scope=[str(room) for room in ROOMS]), write=True
    ),
    "write and undo": Plant(write=True),
    "write and undo, limited": Plant(app=_LIMITED_TO_FIRST, write=True, outside=ANNS),
    "write and undo, the answer to the write lost": Plant(
        write=True, faults=(_fault(_EVENTS, "POST", drop=True, when="after"),)
    ),
    "no webhook address, rooms are polled": Plant(webhook="none"),
    "some rooms on-premises": Plant(rooms={0: {"hosting": "on_premises"}}),
    "an imported room on-premises, which its own state says": Plant(
        rooms={0: {"hosting": "on_premises"}}, imported=frozenset(ROOMS[:2])
    ),
    "some rooms hidden, some too new": Plant(
        rooms={0: {"hidden": True}, 1: {"listed_from": "2099-01-01T00:00:00Z"}}
    ),
    "one room throttled, others open": Plant(
        faults=(_fault(f"^/users/{ROOMS[0]}/calendar\\?", status=429),)
    ),
    "a list of rooms of several pages": Plant(many=250),
    "a list of rooms that slides over a row": Plant(
        many=250, faults=(_fault(_PLACES, page="sliding"),)
    ),
    "a list of rooms that repeats rows": Plant(
        many=250, faults=(_fault(_PLACES, page="repeating"),)
    ),
    "a list of rooms that never ends": Plant(many=250, faults=(_fault(_PLACES, page="endless"),)),
    "a list of rooms without links": Plant(many=250, faults=(_fault(_PLACES, page="unlinked"),)),
    "Graph in trouble for a moment": Plant(
        faults=(_fault(_PLACES, status=503, times=1), _fault(_CALENDARS, status=503, times=1))
    ),
    "rooms that replace subjects": Plant(
        meetings=tuple(meeting(who, at) for at, who in enumerate((ANNS, ANNS, "bob@x.example")))
    ),
    "rooms that keep subjects": Plant(
        every_room={"processing": {"delete_subject": False, "add_organizer_to_subject": False}},
        meetings=(meeting(ANNS, 0), meeting("bob@x.example", 2)),
    ),
    "rooms that allow conflicts": Plant(
        every_room={"processing": {"allow_conflicts": True}},
        meetings=(meeting(ANNS, 0), meeting("bob@x.example", 0.5)),
    ),
    "one meeting called after its organiser": Plant(meetings=(meeting(ANNS, 0, "Ann Lee"),)),
}
