"""Planted bugs that short histories of their own tell from the shipped code."""

from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from eventbus import Done
from graphclient import Invitee, protocol
from subscription_manager.consumer import LifecycleConsumer
from subscription_manager.domain import outcome, plan
from sync_worker.domain import brake, mirror
from sync_worker.domain.brake import Release
from sync_worker.domain.command import Asked
from sync_worker.domain.intent import Intent
from sync_worker.handlers import commanding, copies, creating, removing, second_look
from sync_worker.handlers.errands import Errands
from sync_worker.handlers.mirrored import Mirrored
from webhook_ingress.domain import admission

from .. import outage
from .focus import REMEMBERING
from .mutant import Mutant, Original, Patch, answers, constant, returns, says
from .stories import (
    AGED,
    ALIEN,
    BOTH_AT_ONCE,
    EMPTIED,
    FOREIGN_CANCELLED,
    GUEST,
    MISSED,
    OUT_OF_TURN,
    PENDING,
    PRIVATE,
    RENAMED,
    RESYNCED,
    TAKEN,
    THROTTLED,
    UNSEEN,
    lives,
)


def _alone(_: Original) -> object:
    async def look(desk: Any, _: object) -> list[Any]:
        return []

    return look


def _ignored(_: Original) -> object:
    async def handle(consumer: Any, delivery: Any) -> Done:
        return Done()

    return handle


def _believes_all(original: Original) -> object:
    def admit(items: Any, seals: Any, received_at: Any) -> Any:
        believed = []
        for item in items:
            seal = seals.open(item.client_state) if item.client_state else None
            believed.append(
                item
                if seal is None
                else type(item)(
                    item.subscription_id,
                    seal.tenant_id,
                    item.client_state,
                    item.change,
                    item.lifecycle,
                    item.encrypted,
                )
            )
        return original(believed, seals, received_at)

    return admit


def _never_renews(original: Original) -> object:
    def kept(row: Any, subscription_id: str, expires_at: Any, now: Any) -> Any:
        step = original(row, subscription_id, expires_at, now)
        return plan.Wait(expires_at) if isinstance(step, plan.Renew) else step

    return kept


def _missed_nothing(original: Original) -> object:
    return lambda row, expires_at, now: original(replace(row, missed_due=False), expires_at, now)


def _invites_at_once(original: Original) -> object:
    def new_event(desk: Any, intent: Intent) -> Any:
        new = original(desk, intent)
        content = intent.content
        guest = Invitee(content.organizer_name, content.organizer_email)
        return new if new.room is not None else replace(new, room=guest)

    return new_event


def _refuses(_: Original) -> object:
    async def instead(desk: Any, intent: Intent) -> None:
        await desk.abandon(intent, "organizer_unreachable", "")

    return instead


def _random(_: Original) -> object:
    numbers = count(1)
    return property(lambda _: UUID(int=next(numbers)))


PROMISES = (
    Mutant(
        "occupancy_ignored",
        "What the mirror shows taken is refused without a write.",
        (Patch(Mirrored, "taken", returns(False)),),
        lives=lives(TAKEN),
    ),
    Mutant(
        "superseded_ignored",
        "A command older than one that was carried out changes nothing.",
        (Patch(Errands, "superseded", returns(False)),),
        lives=lives(OUT_OF_TURN),
    ),
    Mutant(
        "expiry_ignored",
        "A command is not begun later than its sender allows.",
        (Patch(Asked, "expired", returns(False)),),
        lives=outage.live,
    ),
    Mutant(
        "second_look_off",
        "After a direct write the slot is looked at once more.",
        (Patch(second_look, "look", _alone),),
        lives=lives(UNSEEN),
    ),
    Mutant(
        "invited_before_the_second_look",
        "A guest hears of a booking only when its slot is surely theirs.",
        (Patch(creating, "_new_event", _invites_at_once),),
        lives=lives(UNSEEN),
    ),
    Mutant(
        "guest_never_invited",
        "The guest of a direct booking is invited.",
        (Patch(second_look, "_invitation", returns(None)),),
        lives=lives(GUEST),
    ),
    Mutant(
        "private_subject_leaks",
        "The subject of a private meeting stays in Outlook.",
        (Patch(mirror, "_PRIVATE", constant(frozenset())),),
        lives=lives(PRIVATE),
    ),
    Mutant(
        "pending_subject_leaks",
        "Until the room has rewritten a subject, receivers see the organiser's name.",
        (Patch(mirror, "_subject", lambda _: lambda event, *_: (event.subject or "").strip()),),
        lives=lives(PENDING),
    ),
    Mutant(
        "resync_ignored",
        "A resync reads the room as a whole.",
        (Patch(commanding, "read_window", answers(None), everywhere=False),),
        lives=lives(RESYNCED),
    ),
    Mutant(
        "lifecycle_ignored",
        "A lifecycle hint has the subscription looked at.",
        (Patch(LifecycleConsumer, "handle", _ignored),),
        lives=lives(MISSED),
    ),
    Mutant(
        "missed_leaves_no_gap",
        "After `missed` the room is read as a whole.",
        (Patch(outcome, "answered", _missed_nothing),),
        lives=lives(MISSED),
    ),
    Mutant(
        "alien_tenant_believed",
        "A notification counts only for the tenant whose seal it carries.",
        (Patch(admission, "admit", _believes_all),),
        lives=lives(ALIEN),
    ),
    Mutant(
        "throttle_ignored",
        "Graph is not asked again before the time that it named.",
        (Patch(protocol, "told_wait", returns(None)),),
        lives=lives(THROTTLED),
    ),
    Mutant(
        "brake_off",
        "A calendar that looks emptied removes nothing before more reads say the same.",
        (Patch(brake, "decide", returns(Release())),),
        lives=lives(EMPTIED),
    ),
    Mutant(
        "room_never_declines_instead",
        "A meeting whose organiser is out of reach is declined by the room.",
        (Patch(removing, "decline_instead", _refuses),),
        lives=lives(FOREIGN_CANCELLED),
    ),
)

PAIRS = (
    # A notification of Graph's that a subscription is about to end has it renewed as well.
    Mutant(
        "never_renewed, lifecycle_ignored",
        "A subscription is renewed long before it ends, by itself and because Graph says so.",
        (Patch(plan, "_kept", _never_renews), Patch(LifecycleConsumer, "handle", _ignored)),
        lives=lives(AGED),
    ),
    # What is in flight is in the mirror as a pending row as well as soon as its write was answered.
    Mutant(
        "slot_holds_ignored, occupancy_ignored",
        "A slot is promised to one command at a time.",
        (Patch(Errands, "held", returns(False)), Patch(Mirrored, "taken", returns(False))),
        lives=lives(BOTH_AT_ONCE),
    ),
    # A change that finds the meeting moved is refused, whatever it was going to write.
    Mutant(
        "subject_change_writes_times, move_overwrites_a_move",
        "A change of the subject alone leaves the times as they are.",
        (Patch(Intent, "moves", says(True)), Patch(Intent, "finds_moved", returns(False))),
        lives=lives(RENAMED),
    ),
    # Graph itself refuses a second event under a transactionId that it remembers; the marker is for when it has forgotten.
    Mutant(
        "transaction_id_random, marker_search_finds_nothing",
        "A second attempt makes no second event.",
        (Patch(Intent, "transaction_id", _random), Patch(copies, "alive", answers([]))),
        REMEMBERING,
    ),
)
"""Where one defence masks the loss of the other; above each why."""
