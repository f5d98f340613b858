"""One room's turn against a small Graph that remembers; every refusal comes from a queue of errors."""

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from graphclient import (
    ClientStateKeys,
    Conflict,
    CredentialsRejected,
    ExpiryTooLate,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    NotFound,
    Rejected,
    Subscription,
    Throttled,
    Unavailable,
    open_state,
    seal,
)
from graphclient.encryption import Certificate, Certificates
from subscription_manager.domain.life import RICH, Lives
from subscription_manager.domain.subscription import Claim, Desired, Row
from subscription_manager.handlers import Keeper, LeaseLost, Means, SecretMissing, Tenant

from ..graphclient.bad_contents import pair
from .rooms import DESIRED, NEW, NOW, ORGANISATION, ROOM, RULES, WEEK, live

KEYS = ClientStateKeys.parse("k1:" + base64.b64encode(b"k" * 32).decode())
NOTIFY = "https://hooks.test/graph/notifications"


@dataclass
class SmallGraph:
    """Subscriptions by id; `errors` are raised by the next calls, one each; None lets a call pass."""

    held: dict[str, Subscription] = field(default_factory=dict)
    errors: list[GraphError | None] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    old_token: bool = False
    lost_answer: bool = False
    admits_one: bool = False
    asked_life: datetime | None = None
    asked_for: Certificate | None = None

    def put(
        self, name: str, state: str | None, mailbox: UUID = DESIRED.mailbox_id, url: str = NOTIFY
    ) -> None:
        self.held[name] = Subscription(
            id=name,
            expires_at=NOW + WEEK,
            resource=f"users/{mailbox}/events",
            client_state=state,
            notification_url=url,
        )

    async def create_subscription(
        self,
        *,
        mailbox: UUID,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        certificate: Certificate | None = None,
    ) -> Subscription:
        self.asked_for = certificate
        assert lifecycle_url == "https://hooks.test/graph/lifecycle"
        self._call("create")
        self.asked_life = expires_at
        if self.admits_one:
            for held in self.held.values():
                if held.resource == f"users/{mailbox}/events":
                    raise Conflict(existing_id=held.id, status=409)
        name = f"made{len(self.calls)}"
        self.put(name, client_state, mailbox, notification_url)
        if self.lost_answer:
            raise Unavailable(code="timeout")
        return self.held[name]

    async def subscription(self, subscription_id: str) -> Subscription:
        self._call(f"get {subscription_id}")
        return self._one(subscription_id)

    async def renew_subscription(self, subscription_id: str, expires_at: datetime) -> Subscription:
        self.asked_life = expires_at
        self._call(f"patch {subscription_id}")
        held = self._one(subscription_id)
        self.held[subscription_id] = Subscription(id=held.id, expires_at=expires_at)
        return self.held[subscription_id]

    async def delete_subscription(self, subscription_id: str) -> None:
        self._call(f"delete {subscription_id}")
        self.held.pop(subscription_id, None)

    async def subscriptions(self) -> AsyncIterator[list[Subscription]]:
        self._call("list")
        for held in list(self.held.values()):
            yield [Subscription(id=held.id, expires_at=held.expires_at, resource=held.resource)]

    def forget_token(self) -> bool:
        was, self.old_token = self.old_token, False
        return was

    def _call(self, what: str) -> None:
        self.calls.append(what)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error

    def _one(self, name: str) -> Subscription:
        if name not in self.held:
            raise NotFound(status=404)
        return self.held[name]


@dataclass
class Scene:
    """Everything a turn touches, and what it recorded."""

    graph: SmallGraph = field(default_factory=SmallGraph)
    now: datetime = NOW
    row: Row | None = None
    intents: int = 0
    secret: bool = True
    fenced: bool = False
    rejected_with: str | None = None
    accepted_count: int = 0
    webhook_url: str = RULES.webhook_url
    doubts: list[datetime] = field(default_factory=list)
    lives: Lives = field(default_factory=Lives)
    keys: ClientStateKeys = KEYS
    certificates: Callable[[], Certificates] | None = None

    async def tenant(self, organisation_id: UUID, tenant_id: UUID, client_id: UUID) -> Tenant:
        assert organisation_id == ORGANISATION
        if not self.secret:
            raise SecretMissing("secret_missing")
        return self.graph

    async def intend(self, row: Row) -> None:
        self._fence()
        self.intents += 1
        self.row = row

    async def settle(self, row: Row) -> None:
        self._fence()
        self.row = row

    async def forget(self, row: Row) -> None:
        self._fence()
        self.row = None

    async def rejected(
        self, organisation_id: UUID, revision: int, code: str, now: datetime
    ) -> None:
        self.rejected_with = f"{code} {revision}"

    async def accepted(self, organisation_id: UUID, now: datetime) -> None:
        self.accepted_count += 1

    async def doubt(self, organisation_id: UUID, at: datetime) -> None:
        assert organisation_id == ORGANISATION
        self.doubts.append(at)

    def _fence(self) -> None:
        if self.fenced:
            raise LeaseLost

    async def turn(
        self, row: Row, desired: Desired | None = DESIRED, *, failing: bool = False
    ) -> str:
        self.row = row
        means = Means(
            self,
            self.doubt,
            lambda: self.keys,
            self.webhook_url,
            lambda: self.now,
            self.lives,
            self.certificates,
        )
        return await Keeper(means, self, self).carry_out(Claim(row, desired, failing))

    @property
    def recorded(self) -> Row:
        assert self.row is not None
        return self.row


@pytest.fixture
def scene() -> Scene:
    return Scene()


RICH_ROOM = replace(DESIRED, rich=True)


def _given(scene: Scene, name: str) -> Certificate:
    found = Certificates.parse(pair(name).certificate_pem)
    scene.certificates = lambda: found
    return found.first


async def test_a_room_that_wishes_for_events_gets_them_for_our_certificate_and_a_day(
    scene: Scene,
) -> None:
    first = _given(scene, "ours")
    assert await scene.turn(NEW, RICH_ROOM) == "created"
    assert scene.graph.asked_for == first
    assert scene.graph.asked_life == NOW + RICH
    assert scene.recorded.certificate_id == first.id


async def test_without_a_wish_or_without_a_certificate_there_are_no_events(scene: Scene) -> None:
    assert await scene.turn(NEW, RICH_ROOM) == "created"
    assert (scene.graph.asked_for, scene.recorded.certificate_id) == (None, None)
    _given(scene, "ours")
    assert await scene.turn(NEW) == "created"
    assert (scene.graph.asked_for, scene.recorded.certificate_id) == (None, None)


@pytest.mark.parametrize("former", [None, "another"])
async def test_what_is_not_under_our_certificate_is_replaced_and_what_is_stays(
    scene: Scene, former: str | None
) -> None:
    first = _given(scene, "ours")
    row = live(certificate_id=former)
    scene.graph.put("s1", None)
    assert await scene.turn(row, RICH_ROOM) == "created"
    assert scene.recorded.certificate_id == first.id
    assert "s1" not in scene.graph.held
    kept = live(certificate_id=first.id)
    assert await scene.turn(kept, RICH_ROOM) != "created"


async def test_a_wish_withdrawn_brings_an_ordinary_subscription_back(scene: Scene) -> None:
    first = _given(scene, "ours")
    scene.graph.put("s1", None)
    assert await scene.turn(live(certificate_id=first.id), DESIRED) == "created"
    assert scene.recorded.certificate_id is None


async def test_a_create_seals_the_room_and_trusts_the_expiry_in_the_answer(scene: Scene) -> None:
    assert await scene.turn(NEW) == "created"

    (made,) = scene.graph.held.values()
    opened = open_state(KEYS, made.client_state or "")
    assert opened is not None
    assert (opened.room_id, opened.tenant_id, opened.client_id) == (
        ROOM,
        DESIRED.tenant_id,
        DESIRED.client_id,
    )
    assert (scene.recorded.subscription_id, scene.recorded.expires_at) == (made.id, made.expires_at)
    assert scene.recorded.live_since == NOW
    assert scene.intents == 1


async def test_a_create_whose_answer_was_lost_is_adopted_where_graph_admits_one(
    scene: Scene,
) -> None:
    scene.graph.lost_answer = scene.graph.admits_one = True
    assert await scene.turn(NEW) == "failed"
    assert scene.recorded.creating_since == NOW
    scene.graph.lost_answer = False

    assert await scene.turn(scene.recorded) == "adopted"

    assert list(scene.graph.held) == [scene.recorded.subscription_id]
    assert scene.recorded.creating_since is None


async def test_a_create_whose_answer_was_lost_is_left_to_a_sweep_where_graph_admits_two(
    scene: Scene,
) -> None:
    scene.graph.lost_answer = True
    assert await scene.turn(NEW) == "failed"
    assert scene.doubts == []
    scene.graph.lost_answer = False

    assert await scene.turn(scene.recorded) == "created"

    assert scene.doubts == [NOW]
    assert scene.recorded.subscription_id in scene.graph.held


async def test_a_conflict_that_does_not_say_with_what_is_looked_up_in_the_list(
    scene: Scene,
) -> None:
    ours = seal(KEYS, ROOM, DESIRED.tenant_id, DESIRED.client_id)
    scene.graph.put("foreign", "secret of somebody else")
    scene.graph.put("elsewhere", ours, url="https://old.test/graph/notifications")
    scene.graph.put("one", ours)
    scene.graph.put("two", seal(KEYS, ROOM, DESIRED.tenant_id, DESIRED.client_id))
    scene.graph.put("another room", "untouched", mailbox=UUID(int=77))
    scene.graph.errors = [Conflict(status=409)]

    assert await scene.turn(NEW) == "adopted"

    assert set(scene.graph.held) == {"one", "another room"}
    assert scene.recorded.subscription_id == "one"


async def test_a_conflict_adopts_what_carries_our_seal(scene: Scene) -> None:
    scene.graph.put("there", seal(KEYS, ROOM, DESIRED.tenant_id, DESIRED.client_id))
    scene.graph.errors = [Conflict(existing_id="there", status=409)]

    assert await scene.turn(NEW) == "adopted"

    assert scene.recorded.subscription_id == "there"


@pytest.mark.parametrize(
    "state",
    [
        None,
        "not ours",
        seal(KEYS, UUID(int=1234), DESIRED.tenant_id, DESIRED.client_id),
        seal(KEYS, ROOM, UUID(int=1234), DESIRED.client_id),
        seal(KEYS, ROOM, DESIRED.tenant_id, UUID(int=1234)),
    ],
)
async def test_a_conflict_with_anything_else_replaces_it(scene: Scene, state: str | None) -> None:
    scene.graph.put("there", state)
    scene.graph.errors = [Conflict(existing_id="there", status=409)]

    assert await scene.turn(NEW) == "created"

    assert "there" not in scene.graph.held
    assert len(scene.graph.held) == 1


async def test_a_renewal_takes_the_expiry_in_the_answer(scene: Scene) -> None:
    scene.graph.put("s1", None)
    scene.now = NOW + 0.8 * WEEK

    assert await scene.turn(live()) == "renewed"

    assert scene.recorded.expires_at == scene.now + WEEK
    assert scene.recorded.patched_at == scene.now
    assert scene.recorded.gap_at is None


async def test_a_renewal_of_what_is_gone_creates_a_new_one_with_a_gap(scene: Scene) -> None:
    scene.now = NOW + 0.8 * WEEK

    assert await scene.turn(live()) == "created"

    assert scene.recorded.gap_at == scene.recorded.live_since == scene.now
    assert scene.graph.calls == ["patch s1", "create"]


async def test_a_renewal_without_an_answer_is_not_repeated_within_ten_minutes(scene: Scene) -> None:
    scene.now = NOW + 0.8 * WEEK
    scene.graph.errors = [Unavailable(code="timeout")]

    assert await scene.turn(live()) == "failed"

    assert scene.recorded.due_at >= scene.now + timedelta(minutes=10)
    assert scene.recorded.subscription_id == "s1"


async def test_a_missed_hint_asks_graph_and_opens_a_gap(scene: Scene) -> None:
    scene.graph.put("s1", None)

    assert await scene.turn(live(missed_due=True)) == "asked"

    assert scene.graph.calls == ["get s1"]
    assert (scene.recorded.gap_at, scene.recorded.asked_at) == (NOW, NOW)


async def test_a_removal_that_graph_confirms_creates_anew_with_a_gap(scene: Scene) -> None:
    assert await scene.turn(live(lifecycle_due=True)) == "created"

    assert scene.graph.calls == ["get s1", "create"]
    assert scene.recorded.gap_at == NOW
    assert scene.recorded.asked_at == NOW


async def test_a_demand_to_reauthorise_is_met_by_a_patch(scene: Scene) -> None:
    scene.graph.put("s1", None)

    assert await scene.turn(live(lifecycle_due=True)) == "renewed"

    assert scene.graph.calls == ["get s1", "patch s1"]


async def test_a_demand_to_reauthorise_right_after_a_patch_only_asks(scene: Scene) -> None:
    scene.graph.put("s1", None)

    assert (
        await scene.turn(live(lifecycle_due=True, patched_at=NOW - timedelta(minutes=5))) == "asked"
    )

    assert scene.graph.calls == ["get s1"]


async def test_a_replacement_is_live_before_the_old_one_goes(scene: Scene) -> None:
    scene.graph.put("s1", None)

    assert await scene.turn(live(sealed_by="k0")) == "created"

    assert scene.graph.calls == ["create", "delete s1"]
    assert (scene.recorded.sealed_by, scene.recorded.gap_at) == ("k1", None)
    assert list(scene.graph.held) == [scene.recorded.subscription_id]


async def test_where_graph_admits_one_the_old_one_goes_first_and_a_gap_is_noted(
    scene: Scene,
) -> None:
    scene.graph.put("s1", seal(KEYS, ROOM, DESIRED.tenant_id, DESIRED.client_id))
    scene.graph.admits_one = True

    assert await scene.turn(live(sealed_by="k0")) == "created"

    assert scene.graph.calls == ["create", "delete s1", "create"]
    assert (scene.recorded.sealed_by, scene.recorded.gap_at) == ("k1", NOW)
    assert list(scene.graph.held) == [scene.recorded.subscription_id]


async def test_a_replacement_that_fails_leaves_the_old_one_live_and_recorded(scene: Scene) -> None:
    scene.graph.put("s1", None)
    scene.graph.errors = [Unavailable()]

    assert await scene.turn(live(sealed_by="k0")) == "failed"

    assert scene.recorded.subscription_id == "s1"
    assert list(scene.graph.held) == ["s1"]
    assert scene.recorded.due_at < NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    "misfit",
    [
        {"sealed_by": "k0"},
        {"webhook_url": "https://old.test"},
        {"client_id": UUID(int=99)},
    ],
)
async def test_a_replacement_that_fails_is_tried_again(
    scene: Scene, misfit: dict[str, object]
) -> None:
    scene.graph.put("s1", None)
    scene.graph.errors = [Unavailable()]
    assert await scene.turn(live(**misfit)) == "failed"

    assert await scene.turn(scene.recorded) == "created"

    assert list(scene.graph.held) == [scene.recorded.subscription_id]
    assert (scene.recorded.sealed_by, scene.recorded.webhook_url, scene.recorded.client_id) == (
        "k1",
        RULES.webhook_url,
        DESIRED.client_id,
    )


async def test_a_replacement_that_fails_after_the_old_one_went_knows_that_it_is_gone(
    scene: Scene,
) -> None:
    scene.graph.put("s1", seal(KEYS, ROOM, DESIRED.tenant_id, DESIRED.client_id))
    scene.graph.errors = [Conflict(existing_id="s1", status=409), None, Unavailable()]

    assert await scene.turn(live(sealed_by="k0")) == "failed"

    assert scene.graph.held == {}
    assert scene.recorded.subscription_id is None
    assert scene.recorded.live_since == NOW


async def test_an_old_one_that_cannot_be_removed_is_left_to_a_sweep(scene: Scene) -> None:
    scene.graph.put("s1", None)
    scene.graph.errors = [None, Throttled(retry_after=60.0, status=429)]

    assert await scene.turn(live(sealed_by="k0")) == "created"

    assert scene.recorded.subscription_id != "s1"
    assert scene.doubts == [NOW]


async def test_a_life_that_graph_refuses_is_asked_for_shorter_at_once(scene: Scene) -> None:
    scene.graph.errors = [ExpiryTooLate(most_minutes=4_230, status=400, code="ExtensionError")]

    assert await scene.turn(NEW) == "created"

    assert scene.graph.asked_life is not None
    assert timedelta(minutes=4_180) < scene.graph.asked_life - NOW < timedelta(minutes=4_230)


async def test_a_renewal_for_too_long_a_life_is_repeated_for_a_shorter_one_ten_minutes_later(
    scene: Scene,
) -> None:
    scene.graph.put("s1", None)
    scene.now = NOW + 0.8 * WEEK
    scene.graph.errors = [ExpiryTooLate(most_minutes=4_230, status=400, code="ExtensionError")]

    assert await scene.turn(live()) == "failed"
    assert scene.recorded.due_at >= scene.now + timedelta(minutes=10)
    scene.now = scene.recorded.due_at

    assert await scene.turn(scene.recorded) == "renewed"
    assert scene.graph.asked_life is not None
    assert (
        scene.recorded.expires_at == scene.graph.asked_life < scene.now + timedelta(minutes=4_230)
    )


@pytest.mark.parametrize(
    "error", [MailboxUnsupported(code="MailboxNotEnabledForRESTAPI"), NotFound(code="X")]
)
async def test_a_mailbox_that_cannot_be_subscribed_is_polled(
    scene: Scene, error: GraphError
) -> None:
    scene.graph.errors = [error]

    assert await scene.turn(NEW) == "refused"

    assert (scene.recorded.poll_only_since, scene.recorded.refusal) == (NOW, error.code)
    assert scene.recorded.due_at >= NOW + timedelta(days=1)
    assert scene.recorded.creating_since is None


async def test_a_permission_is_believed_missing_only_with_a_fresh_token(scene: Scene) -> None:
    scene.graph.old_token = True
    scene.graph.errors = [Forbidden(code="ErrorAccessDenied")]

    assert await scene.turn(NEW) == "created"

    scene.graph.errors = [Forbidden(code="ErrorAccessDenied")]
    assert await scene.turn(NEW) == "refused"


async def test_an_ingress_that_does_not_answer_is_tried_again_soon(scene: Scene) -> None:
    scene.graph.errors = [Rejected(status=400, code="ValidationError")]

    assert await scene.turn(NEW) == "failed"

    assert scene.recorded.refusal == "ValidationError"
    assert scene.recorded.poll_only_since is None
    assert scene.recorded.creating_since is None
    assert scene.recorded.due_at <= NOW + timedelta(seconds=3)


async def test_a_throttled_room_comes_back_when_told(scene: Scene) -> None:
    scene.graph.errors = [Throttled(retry_after=77.5, status=429)]

    assert await scene.turn(NEW) == "throttled"

    assert scene.recorded.due_at == NOW + timedelta(seconds=77.5)


async def test_rejected_credentials_stop_the_organisation_and_keep_what_is_due(
    scene: Scene,
) -> None:
    scene.graph.errors = [
        CredentialsRejected(aadsts=7000222, error="invalid_client", description="")
    ]

    assert await scene.turn(live(expires_at=NOW)) == "credentials_rejected"

    assert scene.rejected_with == "AADSTS7000222 1"
    assert scene.recorded.due_at == NOW
    assert scene.recorded.attempts == 0


async def test_a_missing_secret_counts_as_rejected(scene: Scene) -> None:
    scene.secret = False

    assert await scene.turn(NEW) == "credentials_rejected"
    assert scene.rejected_with == "secret_missing 1"
    assert scene.graph.calls == []


async def test_credentials_that_work_again_are_noted_once(scene: Scene) -> None:
    await scene.turn(NEW, failing=True)
    await scene.turn(NEW, failing=False)

    assert scene.accepted_count == 1


async def test_a_room_that_is_not_wanted_is_removed_at_graph_and_here(scene: Scene) -> None:
    scene.graph.put("s1", None)

    assert await scene.turn(live(), None) == "deleted"

    assert scene.graph.held == {}
    assert scene.row is None


async def test_an_unrecorded_one_of_a_room_that_is_not_wanted_is_left_to_a_sweep(
    scene: Scene,
) -> None:
    assert await scene.turn(live(subscription_id=None, creating_since=NOW), None) == "deleted"

    assert scene.row is None
    assert scene.doubts == [NOW]


async def test_a_removal_waits_for_graph_as_long_as_there_is_something_to_remove(
    scene: Scene,
) -> None:
    scene.graph.put("s1", None)
    scene.graph.errors = [Unavailable(status=503)]

    assert await scene.turn(live(), None) == "failed"
    assert scene.recorded.subscription_id == "s1"

    scene.now = NOW + WEEK
    scene.graph.errors = [Unavailable(status=503)]
    assert await scene.turn(live(), None) == "deleted"


async def test_a_room_wanted_again_before_graph_could_remove_its_subscription_hears_hints_at_once(
    scene: Scene,
) -> None:
    scene.graph.put("s1", None)
    scene.graph.errors = [Unavailable(status=503)]
    assert await scene.turn(live(), None) == "failed"
    assert scene.recorded.attempts == 1  # with attempts a lifecycle hint waits for the next one

    assert await scene.turn(scene.recorded) == "waited"
    assert (scene.recorded.attempts, scene.recorded.refusal) == (0, None)


async def test_what_we_may_not_touch_any_more_is_left_to_expire(scene: Scene) -> None:
    scene.graph.errors = [
        CredentialsRejected(aadsts=700016, error="unauthorized_client", description="")
    ]

    assert await scene.turn(live(), None) == "deleted"
    assert scene.row is None
    assert scene.rejected_with is None


async def test_without_a_webhook_nothing_is_subscribed(scene: Scene) -> None:
    scene.webhook_url = ""

    assert await scene.turn(NEW) == "forgotten"
    assert scene.graph.calls == []


async def test_after_the_lease_is_lost_nothing_is_created(scene: Scene) -> None:
    scene.fenced = True

    assert await scene.turn(NEW) == "lease_lost"
    assert scene.graph.calls == []
