"""graph-notifications §5 over HTTPS: encrypted items, their tokens, and every way both go wrong."""

import hmac
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .graphsim_cloud import CLIENT, OTHER_TENANT, ROLES, ROOM, SECRET, TENANT, Cloud, running_cloud
from .test_graphsim_rich_receiver import (
    Distrusted,
    Json,
    Pair,
    Receiver,
    TokenCheck,
    decrypted,
    running_receiver,
)

SELECTED = f"users/{ROOM}/events?$select=subject,start,showAs,lastModifiedDateTime"
FOREIGN_ROOM = UUID(int=0x25)

_SHA1 = hashes.SHA1()  # noqa: S303 -- the thumbprint that §5.2 shows

PAIR = Pair.made("cert-1")
OTHER = Pair.made("cert-2")
BOTH = {PAIR.id: PAIR, OTHER.id: OTHER}


async def enriched(cloud: Cloud, receiver: Receiver, pair: Pair = PAIR, **more: Any) -> Json:
    """A rich subscription to the room."""
    made = await cloud.subscribe(receiver.url, **{"resource": SELECTED, **pair.asked(), **more})
    assert made.status == 201, made.body
    return dict(made.body)


async def spoil(cloud: Cloud, kind: str, **more: Any) -> None:
    assert (await cloud.call("POST", "/_sim/defects", {"kind": kind, **more})).status == 201


async def booked(cloud: Cloud, receiver: Receiver, count: int = 4) -> Json:
    """The first POST about a booking in the room's own calendar."""
    before = len(receiver.bodies)
    await cloud.meet(organizer=None)
    await receiver.until(count)
    return receiver.bodies[before]


def _in(cloud: Cloud, minutes: float) -> str:
    when = cloud.simulator.clock.now() + timedelta(minutes=minutes)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


async def firings(cloud: Cloud) -> list[int]:
    return [one["fired"] for one in (await cloud.report())["defects"]]


async def test_content_holds_the_selected_members_and_their_annotations_5_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = await enriched(cloud, receiver)
        assert (made["includeResourceData"], made["encryptionCertificateId"]) == (True, PAIR.id)
        item = (await booked(cloud, receiver))["value"][0]
        event = decrypted(item["encryptedContent"], BOTH)
        assert event["subject"] == "Secret plans"
        assert event["id"] == item["resourceData"]["id"]
        assert event["lastModifiedDateTime@odata.type"] == "#DateTimeOffset"
        assert event["start"]["@odata.type"] == "#microsoft.graph.dateTimeTimeZone"
        names = {name for name in event if "@odata" not in name}
        assert names == {"id", "subject", "start", "showAs", "lastModifiedDateTime"}


async def test_content_names_the_certificate_by_id_and_sha1_5_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await enriched(cloud, receiver)
        content = (await booked(cloud, receiver))["value"][0]["encryptedContent"]
        print_of = PAIR.certificate.fingerprint(_SHA1).hex().upper()
        assert content["encryptionCertificateThumbprint"] == print_of
        assert content["encryptionCertificateId"] == PAIR.id


async def test_every_item_has_a_key_of_its_own_5_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await enriched(cloud, receiver)
        await booked(cloud, receiver)
        data = [one["encryptedContent"]["data"] for one in receiver.items]
        assert len(set(data)) == len(data) == 4


@pytest.mark.parametrize(("reading", "shown"), [("absent", None), ("empty", set()), ("id", {"id"})])
async def test_a_deleted_item_holds_what_the_switch_says_5_2(
    tmp_path: Path, reading: str, shown: set[str] | None
) -> None:
    async with (
        running_cloud(tmp_path, rich_deleted=reading) as cloud,
        running_receiver() as receiver,
    ):
        await enriched(cloud, receiver, changeType="deleted")
        event = (await cloud.meet(organizer=None)).body["event_id"]
        await cloud.call("DELETE", f"/_sim/mailboxes/{ROOM}/meetings/{event}")
        (item,) = await receiver.until(1)
        content = item.get("encryptedContent")
        assert (None if content is None else set(decrypted(content, BOTH))) == shown


@pytest.mark.parametrize(
    "changed",
    [
        {"encryptionCertificate": None},
        {"encryptionCertificateId": None},
        {"encryptionCertificateId": "x" * 129},
        {"encryptionCertificate": b64encode(b"ssh-rsa AAAA").decode()},
        {"encryptionCertificate": "no base64!"},
        {"resource": f"users/{ROOM}/events"},
        {"resource": f"users/{ROOM}/events?$select=subject,body"},
        {"resource": f"users/{ROOM}/events?$select=nonsense"},
        {"resource": f"{SELECTED}&$top=3"},
        {"resource": f"{SELECTED}&$orderby=subject"},
    ],
)
async def test_a_wrong_wish_for_resource_data_is_refused_5_1(tmp_path: Path, changed: Json) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        body = {"resource": SELECTED, **PAIR.asked(), **changed}
        reply = await cloud.subscribe(receiver.url, **body)
        assert (reply.status, reply.code) == (400, "InvalidRequest")


async def test_an_ssh_key_is_no_certificate_in_graphs_words_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        body = {**PAIR.asked(), "encryptionCertificate": b64encode(b"ssh-rsa AAAA").decode()}
        reply = await cloud.subscribe(receiver.url, resource=SELECTED, **body)
        words = "Certificate validation error: Cannot find the requested object."
        assert reply.body["error"]["message"] == words


async def test_a_key_below_2048_bits_is_refused_0(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        weak = Pair.made("weak", bits=1024)
        reply = await cloud.subscribe(receiver.url, resource=SELECTED, **weak.asked())
        assert reply.status == 400


@pytest.mark.parametrize(("checked", "status"), [(True, 400), (False, 201)])
async def test_an_ended_certificate_passes_as_the_switch_says_5_4(
    tmp_path: Path, checked: bool, status: int
) -> None:
    async with (
        running_cloud(tmp_path, certificate_dates_checked=checked) as cloud,
        running_receiver() as receiver,
    ):
        ended = Pair.made("ended", days=-5)
        reply = await cloud.subscribe(receiver.url, resource=SELECTED, **ended.asked())
        assert reply.status == status


@pytest.mark.parametrize(("accepted", "status"), [(True, 201), (False, 400)])
async def test_base64_of_pem_passes_as_the_switch_says_11(
    tmp_path: Path, accepted: bool, status: int
) -> None:
    async with (
        running_cloud(tmp_path, pem_certificate_accepted=accepted) as cloud,
        running_receiver() as receiver,
    ):
        pem = b64encode(PAIR.certificate.public_bytes(Encoding.PEM)).decode()
        body = {**PAIR.asked(), "encryptionCertificate": pem}
        assert (await cloud.subscribe(receiver.url, resource=SELECTED, **body)).status == status


@pytest.mark.parametrize(("minutes", "status"), [(1_430, 201), (1_450, 400)])
async def test_resource_data_lives_a_day_at_most_0(
    tmp_path: Path, minutes: int, status: int
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        asked = _in(cloud, minutes)
        body = {"resource": SELECTED, "expirationDateTime": asked, **PAIR.asked()}
        reply = await cloud.subscribe(receiver.url, **body)
        assert reply.status == status
        if status == 400:
            assert "1440 minutes" in reply.body["error"]["message"]


async def test_a_certificate_changes_by_patch_and_both_may_come_interleaved_5_4(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        path = f"/subscriptions/{(await enriched(cloud, receiver))['id']}"
        names = ("encryptionCertificate", "encryptionCertificateId")
        body = {name: OTHER.asked()[name] for name in names}
        assert (await cloud.graph("PATCH", path, body)).status == 400
        asked = {"expirationDateTime": _in(cloud, 600), **body}
        assert (await cloud.graph("PATCH", path, asked)).status == 200
        await spoil(cloud, "content_former_certificate", times=2)
        await booked(cloud, receiver)
        contents = [one["encryptedContent"] for one in receiver.items]
        used = [one["encryptionCertificateId"] for one in contents]
        assert sorted(used) == [PAIR.id, PAIR.id, OTHER.id, OTHER.id]
        assert {decrypted(one, BOTH)["subject"] for one in contents} == {"Secret plans"}


async def test_a_certificate_that_cannot_change_is_the_other_reading_5_4(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, certificate_can_change=False) as cloud,
        running_receiver() as receiver,
    ):
        path = f"/subscriptions/{(await enriched(cloud, receiver))['id']}"
        body = {"expirationDateTime": _in(cloud, 600), **OTHER.asked()}
        assert (await cloud.graph("PATCH", path, body)).status == 400


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("content_flipped_signature", "signature"),
        ("content_wrong_certificate_id", "certificate id"),
        ("content_truncated", "signature"),
        ("content_truncated_signed", "content"),
        ("content_short_key", "key length"),
        ("content_foreign_key", "data key"),
        ("content_not_json", "content"),
    ],
)
async def test_spoiled_content_is_caught_by_a_careful_receiver_5_2(
    tmp_path: Path, kind: str, why: str
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await enriched(cloud, receiver)
        await spoil(cloud, kind)
        first, *others = (await booked(cloud, receiver))["value"]
        with pytest.raises(Distrusted, match=f"^{why}$"):
            decrypted(first["encryptedContent"], BOTH)
        assert all(decrypted(one["encryptedContent"], BOTH) for one in others)
        assert await firings(cloud) == [1]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
async def test_tokens_of_both_versions_pass_the_checks_5_3(tmp_path: Path, version: str) -> None:
    async with (
        running_cloud(tmp_path, validation_token_version=version) as cloud,
        running_receiver() as receiver,
    ):
        await enriched(cloud, receiver)
        body = await booked(cloud, receiver)
        check = await TokenCheck.over(cloud, CLIENT, f"v{version}")
        assert check.tenants(body) == {str(TENANT)}
        claims = jwt.decode(body["validationTokens"][0], options={"verify_signature": False})
        lives = (claims["exp"] - claims["nbf"]) / 60
        assert (claims["ver"], lives) == (version, 485 if version == "1.0" else 1_445)


async def test_basic_items_come_without_tokens_4_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        assert "validationTokens" not in await booked(cloud, receiver)


async def test_the_named_app_is_the_audience_2_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        named = UUID(int=0x77)
        await enriched(cloud, receiver, notificationUrlAppId=str(named))
        body = await booked(cloud, receiver)
        assert (await TokenCheck.over(cloud, named)).tenants(body) == {str(TENANT)}


@pytest.mark.parametrize(
    ("kind", "why", "version"),
    [
        ("tokens_null", "no tokens", "2.0"),
        ("tokens_absent", "no tokens", "2.0"),
        ("tokens_empty", "no tokens", "2.0"),
        ("token_left_out", "no tokens", "2.0"),
        ("token_extra_bad", "algorithm", "2.0"),
        ("token_wrong_audience", "audience", "2.0"),
        ("token_wrong_publisher", "publisher", "1.0"),
        ("token_wrong_publisher", "publisher", "2.0"),
        ("token_no_publisher", "publisher", "1.0"),
        ("token_no_publisher", "publisher", "2.0"),
        ("token_wrong_issuer", "issuer", "2.0"),
        ("token_foreign_tenant", "coverage", "1.0"),
        ("token_foreign_tenant", "coverage", "2.0"),
        ("token_tenant_differs", "issuer", "2.0"),
        ("token_expired", "lifetime", "2.0"),
        ("token_not_yet_valid", "lifetime", "2.0"),
        ("token_unknown_key", "kid", "2.0"),
        ("token_bad_signature", "signature", "2.0"),
        ("token_unsigned", "algorithm", "2.0"),
        ("token_hs256", "algorithm", "2.0"),
    ],
)
async def test_a_spoiled_token_is_caught_by_a_careful_receiver_5_3(
    tmp_path: Path, kind: str, why: str, version: str
) -> None:
    async with (
        running_cloud(tmp_path, validation_token_version=version) as cloud,
        running_receiver() as receiver,
    ):
        await enriched(cloud, receiver)
        await spoil(cloud, kind)
        body = await booked(cloud, receiver)
        with pytest.raises(Distrusted, match=f"^{why}$"):
            (await TokenCheck.over(cloud, CLIENT)).tenants(body)
        assert await firings(cloud) == [1]


async def test_hs256_is_signed_with_the_published_key_5_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await enriched(cloud, receiver)
        await spoil(cloud, "token_hs256")
        (token,) = (await booked(cloud, receiver))["validationTokens"]
        keys = (await TokenCheck.over(cloud, CLIENT)).keys
        key = keys[jwt.get_unverified_header(token)["kid"]].key
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        text, _, signature = token.rpartition(".")
        forged = urlsafe_b64encode(hmac.digest(pem, text.encode(), "sha256"))
        assert signature == forged.decode().rstrip("=")


async def test_one_post_of_two_tenants_has_a_token_each_and_one_may_be_bad_4_1_5_3(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await enriched(cloud, receiver)
        await enrich_other_tenant(cloud, receiver)
        for kind in ("", "token_wrong_issuer", "token_left_out"):
            if kind:
                await spoil(cloud, kind, tenant=str(OTHER_TENANT))
            body = await booked_in_both(cloud, receiver)
            assert {one["tenantId"] for one in body["value"]} == {str(TENANT), str(OTHER_TENANT)}
            assert len(body["validationTokens"]) == (1 if kind == "token_left_out" else 2)
            check = await TokenCheck.over(cloud, CLIENT)
            if not kind:
                assert check.tenants(body) == {str(TENANT), str(OTHER_TENANT)}
                continue
            with pytest.raises(Distrusted):
                check.tenants(body)


async def enrich_other_tenant(cloud: Cloud, receiver: Receiver) -> None:
    """A second tenant with one room, whose rich items go to the same URL."""
    founding = {
        "tenant_id": str(OTHER_TENANT),
        "apps": [{"client_id": str(CLIENT), "secret": SECRET, "roles": ROLES}],
        "rooms": [{"id": str(FOREIGN_ROOM), "mailbox": "room@y.example", "name": "Room"}],
    }
    await cloud.call("POST", "/_sim/tenants", founding)
    kept, cloud.token = cloud.token, (await cloud.sign_in(OTHER_TENANT)).body["access_token"]
    await enriched(cloud, receiver, resource=SELECTED.replace(str(ROOM), str(FOREIGN_ROOM)))
    cloud.token = kept


async def booked_in_both(cloud: Cloud, receiver: Receiver) -> Json:
    """The one POST that carries a booking of each tenant."""
    before, count = len(receiver.bodies), len(receiver.items)
    await cloud.call("POST", "/_sim/pause-deliveries", {"paused": True})
    await cloud.meet(organizer=None)
    body = {"subject": "s", "start": "2031-01-01T10:00:00", "end": "2031-01-01T11:00:00"}
    await cloud.call("POST", f"/_sim/mailboxes/{FOREIGN_ROOM}/meetings", body)
    await cloud.call("POST", "/_sim/pause-deliveries", {"paused": False})
    await receiver.until(count + 8)
    assert len(receiver.bodies) == before + 1
    return receiver.bodies[before]


async def test_keys_rotate_with_the_day_and_the_former_stays_published_5_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, reauthorization=False) as cloud, running_receiver() as hook:
        await enriched(cloud, hook)
        first = await booked(cloud, hook)
        keys = (await TokenCheck.over(cloud, CLIENT)).keys
        cloud.simulator.clock.advance(24 * 3600)
        cloud.token = ""
        await enriched(cloud, hook)
        second = await booked(cloud, hook, count=8)
        kids = [
            jwt.get_unverified_header(one["validationTokens"][0])["kid"] for one in (first, second)
        ]
        assert kids[0] in keys
        assert kids[1] not in keys
        assert set(kids) == set((await TokenCheck.over(cloud, CLIENT)).keys)
        assert (await cloud.report())["publisher_keys"]["rotations"] == 1


async def test_a_withdrawn_key_is_no_longer_published_5_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        before = (await TokenCheck.over(cloud, CLIENT, "v1.0")).keys
        made = await cloud.call("POST", "/_sim/publisher-keys", {"withdraw": True})
        after = (await TokenCheck.over(cloud, CLIENT, "v1.0")).keys
        assert list(after) == [made.body["kid"]]
        assert not set(before) & set(after)


@pytest.mark.parametrize(
    ("folder", "issuer"),
    [
        ("/common", "https://sts.windows.net/{tenantid}/"),
        ("/common/v2.0", "https://login.microsoftonline.com/{tenantid}/v2.0"),
    ],
)
async def test_discovery_for_all_tenants_names_an_issuer_per_version_5_3(
    tmp_path: Path, folder: str, issuer: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        found = await cloud.call("GET", f"{folder}/.well-known/openid-configuration")
        assert (found.status, found.body["issuer"]) == (200, issuer)
        keys = await cloud.call("GET", found.body["jwks_uri"].removeprefix(cloud.address.origin))
        named = {one.get("issuer") for one in keys.body["keys"]}
        assert named == ({issuer} if "v2.0" in folder else {None})


async def test_the_key_set_can_fail_like_any_call_5_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        fault = {"match": {"path": "discovery/v2.0/keys"}, "status": 503}
        await cloud.call("POST", "/_sim/faults", fault)
        assert (await cloud.call("GET", "/common/discovery/v2.0/keys")).status == 503
        assert (await cloud.call("GET", "/common/discovery/v2.0/keys")).status == 200
