"""The table of all routes (design §4.5)."""

from dataclasses import dataclass

from contracts.events import Booking

from ..domain.accounts import (
    AuditAsked,
    AuditEntry,
    NewOrganisation,
    NewUser,
    OperatorNote,
    Organisation,
    Session,
    SignIn,
    User,
    UserChange,
)
from ..domain.activity import ActivityEntry, Conflict, LinesAsked
from ..domain.bookings import (
    BookingAsked,
    BookingCancellation,
    BookingChange,
    BookingRange,
    NewBooking,
)
from ..domain.caller import Access
from ..domain.diagnosis import TestResult
from ..domain.history import HistoryEntry
from ..domain.integration import Integration, IntegrationChange, TestAsked
from ..domain.missing import MissingAsked, MissingRoom
from ..domain.office_picture import MOST_BYTES, TOO_LARGE
from ..domain.office_plan import MOST_PLAN_BODY, OfficePlan, PictureAsked, PictureGiven, PlanChange
from ..domain.offices import NewOffice, Office, OfficeChange
from ..domain.plans import PlanReport
from ..domain.rooms import (
    ImportableAsked,
    ImportableRooms,
    ImportedRooms,
    NewRoom,
    ResyncAsked,
    Room,
    RoomChange,
    RoomHealth,
    RoomsAsked,
)
from ..domain.scope_script import ScopeScript, ScopeScriptAsked
from ..domain.status import OrganisationStatus
from ..domain.trials import TestSeen
from ..domain.wire import Document, Page, Picture
from ..handlers.activity import Activity
from ..handlers.alerts import Alerts
from ..handlers.bookings import Bookings
from ..handlers.commands import Commands
from ..handlers.integration import Integrations
from ..handlers.live_plans import LivePlans
from ..handlers.microsoft import MicrosoftSignIns
from ..handlers.missing import MissingRooms
from ..handlers.office_plans import OfficePlans
from ..handlers.offices import Offices
from ..handlers.organisations import Organisations
from ..handlers.plans import Plans
from ..handlers.records import Records
from ..handlers.rooms import Rooms
from ..handlers.scope_scripts import ScopeScripts
from ..handlers.sessions import Sessions
from ..handlers.trials import Trials
from ..handlers.users import Users
from ..handlers.vacancies import FreeRooms
from .table import Call, Route, Upload

_OPERATOR = Access.OPERATOR
_ADMINISTRATOR = Access.ADMINISTRATOR
_MEMBER = Access.MEMBER


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the routes hand their calls to."""

    organisations: Organisations
    sessions: Sessions
    users: Users
    integrations: Integrations
    offices: Offices
    rooms: Rooms
    bookings: Bookings
    commands: Commands
    records: Records
    plans: Plans
    missing: MissingRooms
    scope_scripts: ScopeScripts
    activity: Activity
    trials: Trials
    alerts: Alerts
    office_plans: OfficePlans
    free_rooms: FreeRooms
    live_plans: LivePlans
    microsoft: MicrosoftSignIns | None


def routes(desk: Desk) -> list[Route]:
    """Return every route with a JSON answer."""
    return [
        *_account_routes(desk),
        *_integration_routes(desk.integrations, desk.trials, desk.scope_scripts),
        *_office_routes(desk.offices),
        *_office_plan_routes(desk.office_plans),
        *_import_routes(desk.rooms, desk.missing),
        *_room_routes(desk.rooms, desk.plans),
        *_command_routes(desk.commands),
        *_record_routes(desk.bookings, desk.records),
        *_activity_routes(desk.activity),
    ]


def _account_routes(desk: Desk) -> list[Route]:
    organisations, sessions, users = desk.organisations, desk.sessions, desk.users

    async def listed(_call: Call) -> Page[Organisation]:
        return Page[Organisation](items=await organisations.all())

    async def people(call: Call) -> Page[User]:
        return Page[User](items=await users.all(call.by))

    return [
        Route("GET", "/api/organisations", _OPERATOR, listed,
              "Organisations, oldest first", Page[Organisation], inside=False),
        Route("POST", "/api/organisations", _OPERATOR,
              lambda c: organisations.add(c.caller, c.body),
              "Create an organisation with its first administrator", Organisation,
              NewOrganisation, status=201, inside=False),
        Route("DELETE", "/api/organisations/{organisation_id}", _OPERATOR,
              lambda c: organisations.remove(c.caller, c.ids["organisation_id"]),
              "End an organisation", inside=False),
        Route("POST", "/api/session", Access.ANYONE,
              lambda c: sessions.sign_in(c.body, c.client),
              "Sign in; the token is shown this once", Session, SignIn, status=201, inside=False),
        Route("DELETE", "/api/session", _MEMBER, lambda c: sessions.sign_out(c.caller),
              "Sign out", inside=False),
        Route("GET", "/api/users", _ADMINISTRATOR, people, "People, by address", Page[User]),
        Route("POST", "/api/users", _ADMINISTRATOR, lambda c: users.add(c.by, c.body),
              "Add a person", User, NewUser, status=201),
        Route("PATCH", "/api/users/{user_id}", _ADMINISTRATOR,
              lambda c: users.change(c.by, c.ids["user_id"], c.body),
              "Change role or password, which ends their sessions", User, UserChange),
        Route("DELETE", "/api/users/{user_id}", _ADMINISTRATOR,
              lambda c: users.remove(c.by, c.ids["user_id"]), "Remove a person"),
    ]  # fmt: skip


def _integration_routes(
    integrations: Integrations, trials: Trials, scripts: ScopeScripts
) -> list[Route]:
    return [
        Route("GET", "/api/integration", _ADMINISTRATOR, lambda c: integrations.show(c.by),
              "The connection to the tenant, without its secret", Integration),
        Route("PUT", "/api/integration", _ADMINISTRATOR,
              lambda c: integrations.save(c.by, c.body),
              "Save it; a new secret or certificate on a working one is tested first", Integration,
              IntegrationChange),
        Route("GET", "/api/integration/renewal.ics", _ADMINISTRATOR,
              lambda c: integrations.renewal(c.by),
              "A calendar file: a reminder one month before the secret ends", Document,
              media="text/calendar"),
        Route("POST", "/api/integration/test", _ADMINISTRATOR,
              lambda c: integrations.test(c.by, c.body), "Test what is saved", TestResult, TestAsked),
        Route("GET", "/api/integration/test", _ADMINISTRATOR, lambda c: trials.show(c.by),
              "How far a test is that was started in the portal, and what the last one showed",
              TestSeen),
        Route("GET", "/api/integration/scope-script", _ADMINISTRATOR,
              lambda c: scripts.write(c.by, c.query.variant),
              "PowerShell that limits the app to the imported rooms", ScopeScript,
              query=ScopeScriptAsked),
    ]  # fmt: skip


def _office_routes(offices: Offices) -> list[Route]:
    async def listed(call: Call) -> Page[Office]:
        return Page[Office](items=await offices.all(call.by))

    return [
        Route("GET", "/api/offices", _MEMBER, listed, "Offices, by name", Page[Office]),
        Route("POST", "/api/offices", _ADMINISTRATOR, lambda c: offices.add(c.by, c.body),
              "Add an office", Office, NewOffice, status=201),
        Route("PATCH", "/api/offices/{office_id}", _ADMINISTRATOR,
              lambda c: offices.change(c.by, c.ids["office_id"], c.body),
              "Change an office", Office, OfficeChange),
        Route("DELETE", "/api/offices/{office_id}", _ADMINISTRATOR,
              lambda c: offices.remove(c.by, c.ids["office_id"]),
              "Remove an office that has no rooms"),
    ]  # fmt: skip


def _office_plan_routes(plans: OfficePlans) -> list[Route]:
    pictures = Upload(("image/png", "image/jpeg", "image/svg+xml"), MOST_BYTES, TOO_LARGE)
    return [
        Route("GET", "/api/offices/{office_id}/plan", _MEMBER,
              lambda c: plans.show(c.by, c.ids["office_id"]),
              "The office's plan: its picture and icons", OfficePlan),
        Route("PUT", "/api/offices/{office_id}/plan", _ADMINISTRATOR,
              lambda c: plans.change(c.by, c.ids["office_id"], c.body),
              "Replace the icons", OfficePlan, PlanChange, most_body=MOST_PLAN_BODY),
        Route("GET", "/api/offices/{office_id}/plan/image", _MEMBER,
              lambda c: plans.picture(c.by, c.ids["office_id"]),
              "The plan's picture", Picture, query=PictureAsked),
        Route("PUT", "/api/offices/{office_id}/plan/image", _ADMINISTRATOR,
              lambda c: plans.upload(c.by, c.ids["office_id"], c.body, replaces=c.query.replaces),
              "Show another picture; icons stay where they are", OfficePlan, query=PictureGiven, upload=pictures),
    ]  # fmt: skip


def _import_routes(rooms: Rooms, missing: MissingRooms) -> list[Route]:
    async def add(call: Call) -> Room | ImportedRooms:
        if isinstance(call.body, list):
            return await rooms.add_many(call.by, call.body)
        return await rooms.add(call.by, call.body)

    return [
        Route("GET", "/api/rooms/importable", _ADMINISTRATOR,
              lambda c: rooms.importable(c.by, refresh=c.query.refresh),
              "The tenant's room mailboxes", ImportableRooms, query=ImportableAsked),
        Route("GET", "/api/rooms/missing", _ADMINISTRATOR,
              lambda c: missing.explain(c.by, c.query.mailbox),
              "Why a room is not among them", MissingRoom, query=MissingAsked),
        Route("POST", "/api/rooms", _ADMINISTRATOR, add,
              "Import a room mailbox, or each of a list", Room, NewRoom, status=201,
              many=ImportedRooms),
    ]  # fmt: skip


def _room_routes(rooms: Rooms, plans: Plans) -> list[Route]:
    return [
        Route("GET", "/api/rooms", _MEMBER, lambda c: rooms.page(c.by, c.query),
              "Rooms, by name", Page[Room], query=RoomsAsked),
        Route("GET", "/api/rooms/{room_id}", _MEMBER,
              lambda c: rooms.find(c.by, c.ids["room_id"]), "One room", Room),
        Route("PATCH", "/api/rooms/{room_id}", _ADMINISTRATOR,
              lambda c: rooms.move(c.by, c.ids["room_id"], c.body.office_id),
              "Put a room into another office", Room, RoomChange),
        Route("DELETE", "/api/rooms/{room_id}", _ADMINISTRATOR,
              lambda c: rooms.remove(c.by, c.ids["room_id"]),
              "Stop syncing a room; imported again within 30 days it keeps its id"),
        Route("POST", "/api/rooms/{room_id}/removals/confirm", _ADMINISTRATOR,
              lambda c: rooms.confirm_removals(c.by, c.ids["room_id"]),
              "Say that the removals held back in a room are right", Room, status=202),
        Route("GET", "/api/rooms/{room_id}/health", _MEMBER,
              lambda c: rooms.health(c.by, c.ids["room_id"]),
              "How a room's sync is, in words", RoomHealth),
        Route("GET", "/api/rooms/{room_id}/plan-report", _ADMINISTRATOR,
              lambda c: plans.of_room(c.by, c.ids["room_id"]),
              "What the sync would do in a room and why, while it only observes", PlanReport),
    ]  # fmt: skip


def _command_routes(commands: Commands) -> list[Route]:
    return [
        Route("POST", "/api/rooms/{room_id}/resync", _ADMINISTRATOR,
              lambda c: commands.resync(c.by, c.ids["room_id"]),
              "Have a room's calendar read again as a whole", ResyncAsked, status=202),
        Route("POST", "/api/rooms/{room_id}/bookings", _MEMBER,
              lambda c: commands.book(c.by, c.ids["room_id"], c.body),
              "Book a room", Booking, NewBooking, status=201, later=BookingAsked),
        Route("PATCH", "/api/bookings/{booking_id}", _MEMBER,
              lambda c: commands.change(c.by, c.ids["booking_id"], c.body),
              "Change a booking, or move it to another room", Booking, BookingChange,
              later=BookingAsked),
        Route("DELETE", "/api/bookings/{booking_id}", _MEMBER,
              lambda c: commands.cancel(c.by, c.ids["booking_id"], c.body),
              "Cancel a booking", Booking, BookingCancellation, later=BookingAsked),
    ]  # fmt: skip


def _record_routes(bookings: Bookings, records: Records) -> list[Route]:
    async def history(call: Call) -> Page[HistoryEntry]:
        return Page[HistoryEntry](items=await bookings.history(call.by, call.ids["booking_id"]))

    return [
        Route("GET", "/api/rooms/{room_id}/bookings", _MEMBER,
              lambda c: bookings.of_room(c.by, c.ids["room_id"], c.query),
              "A room's bookings that overlap a range", Page[Booking], query=BookingRange),
        Route("GET", "/api/bookings/{booking_id}", _MEMBER,
              lambda c: bookings.find(c.by, c.ids["booking_id"]), "One booking", Booking),
        Route("GET", "/api/bookings/{booking_id}/history", _MEMBER, history,
              "What happened to a booking", Page[HistoryEntry]),
        Route("GET", "/api/audit", _ADMINISTRATOR, lambda c: records.audit(c.by, c.query),
              "Who changed what, newest first", Page[AuditEntry], query=AuditAsked),
        Route("GET", "/api/operator/audit", _OPERATOR,
              lambda c: records.deployment_audit(c.query),
              "What the operator did outside any organisation, newest first", Page[AuditEntry],
              query=AuditAsked, inside=False),
        Route("POST", "/api/operator/audit", _OPERATOR,
              lambda c: records.note_deployment(c.body),
              "Put on record what is about to be done to dead letters", AuditEntry, OperatorNote,
              status=201, inside=False),
        Route("GET", "/api/status", _MEMBER, lambda c: records.status(c.by),
              "The sync at a glance", OrganisationStatus),
    ]  # fmt: skip


def _activity_routes(activity: Activity) -> list[Route]:
    return [
        Route("GET", "/api/activity", _ADMINISTRATOR, lambda c: activity.lately(c.by, c.query),
              "What the sync did lately, newest first", Page[ActivityEntry], query=LinesAsked),
        Route("GET", "/api/conflicts", _MEMBER, lambda c: activity.conflicts(c.by, c.query),
              "Double bookings that are open", Page[Conflict], query=LinesAsked),
    ]  # fmt: skip
