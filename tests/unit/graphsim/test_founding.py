"""graph-calendar §6, §10: what the control API says of a tenant, and what it leaves as it was."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from graphsim.applications import App
from graphsim.clock import Clock
from graphsim.founding import found
from graphsim.options import Options
from graphsim.state import State

from .credentials import credential

TENANT, CLIENT, ANN = UUID(int=1), UUID(int=2), UUID(int=3)


def _state() -> State:
    return State(Options(), Clock(lambda: datetime(2026, 11, 23, 8, 0, tzinfo=UTC)))


def _app(state: State, **changes: Any) -> App:
    body = {"tenant_id": str(TENANT), "apps": [{"client_id": str(CLIENT), **changes}]}
    return found(state, body).apps[CLIENT]


def test_what_a_body_leaves_out_of_an_app_stays() -> None:
    state = _state()
    _app(state, secret="one~", secret_ends="2027-01-01", roles=["Place.Read.All"], name="Sync")
    disabled = _app(state, disabled=True)
    assert (disabled.name, disabled.roles, disabled.disabled) == ("Sync", ("Place.Read.All",), True)
    assert [one.value for one in disabled.secrets] == ["one~"]
    revoked = _app(state, roles=[], disabled=False)
    assert (revoked.roles, revoked.disabled) == ((), False)


def test_secrets_are_added_expired_and_removed_by_saying_all() -> None:
    state = _state()
    _app(state, secret="one~")
    both = _app(state, secrets=[{"value": "one~", "ends": "2026-01-01"}, {"value": "two~"}])
    assert [(one.value, one.ends is None) for one in both.secrets] == [
        ("one~", False),
        ("two~", True),
    ]
    assert [one.value for one in _app(state, secrets=[{"value": "two~"}]).secrets] == ["two~"]


def test_certificates_are_read_from_pem() -> None:
    (read,) = _app(_state(), certificates=[credential().pem]).certificates
    assert read.thumbprint == credential().sha1.hex().upper()


@pytest.mark.parametrize(
    "wrong",
    [{"role": []}, {"certificates": ["no pem"]}, {"requested": {"Admin": []}}, {"scope": ["x"]}],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        _app(_state(), **wrong)


def test_a_sign_in_name_may_differ_from_the_address_and_change() -> None:
    state = _state()
    user = {"id": str(ANN), "address": "ann@x.example", "sign_in_name": "ann.lee@x.example"}
    tenant = found(state, {"tenant_id": str(TENANT), "users": [user]})
    ann = tenant.mailboxes[ANN]
    assert tenant.user("Ann.Lee@X.example") is tenant.user(str(ANN)) is ann
    assert tenant.user("ann@x.example") is None
    assert tenant.mailbox("ann@x.example") is ann
    found(state, {"tenant_id": str(TENANT), "users": [{**user, "sign_in_name": "a@x.example"}]})
    assert tenant.user("ann.lee@x.example") is None


def test_a_tenants_key_turns_when_told() -> None:
    state = _state()
    assert found(state, {"tenant_id": str(TENANT)}).key_turns == 0
    assert found(state, {"tenant_id": str(TENANT), "rotate_keys": True}).key_turns == 1
