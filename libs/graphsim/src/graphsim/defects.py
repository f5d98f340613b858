"""Defects in what Graph does by itself: which, in whose items, how often; each counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, Self, get_args
from uuid import UUID

Kind = Literal[
    # one item
    "lost",
    "vanished",
    "late",
    "duplicated",
    "duplicated_late",
    "orphaned",
    "unknown_change_type",
    # one POST
    "reversed",
    "tokens_null",
    "tokens_absent",
    "tokens_empty",
    # one validation token
    "token_left_out",
    "token_extra_bad",
    "token_wrong_audience",
    "token_wrong_publisher",
    "token_no_publisher",
    "token_wrong_issuer",
    "token_foreign_tenant",
    "token_tenant_differs",
    "token_expired",
    "token_not_yet_valid",
    "token_unknown_key",
    "token_bad_signature",
    "token_unsigned",
    "token_hs256",
    # the encrypted content of one item
    "content_flipped_signature",
    "content_wrong_certificate_id",
    "content_truncated",
    "content_truncated_signed",
    "content_short_key",
    "content_foreign_key",
    "content_not_json",
    "content_former_certificate",
    # the subscription endpoints
    "mailbox_stale",
    "backend_unknown",
    "quarantined",
    "list_stale",
    "list_omits",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(slots=True)
class Defect:
    """Spoils `times` of what it matches (None: all), or a `share` of it."""

    number: int
    kind: Kind
    times: int | None = 1
    share: float = 1.0
    seconds: float = 1.0
    """How long what is late is late."""
    tenant: UUID | None = None
    mailbox: UUID | None = None
    met: int = 0
    """How often it might have spoilt something."""
    fired: int = 0

    @classmethod
    def read(cls, number: int, body: Mapping[str, Any]) -> Self:
        """The defect of a `POST /_sim/defects` body; raises ValueError, KeyError, TypeError."""
        kind, times = body["kind"], body.get("times", 1)
        if kind not in KINDS:
            raise ValueError(f"unknown defect {kind}; there are {', '.join(KINDS)}")
        return cls(
            number=number,
            kind=kind,
            times=None if times is None else int(times),
            share=float(body.get("share", 1)),
            seconds=float(body.get("seconds", 1)),
            tenant=UUID(body["tenant"]) if body.get("tenant") else None,
            mailbox=UUID(body["mailbox"]) if body.get("mailbox") else None,
        )

    def matches(self, kind: Kind, tenant: UUID, mailbox: UUID | None) -> bool:
        """Whether it waits for this one."""
        return (
            self.kind == kind
            and (self.times is None or self.fired < self.times)
            and self.tenant in {None, tenant}
            and self.mailbox in {None, mailbox}
        )


class Defects:
    """All defects of one simulator, in the order they were added."""

    def __init__(self, seed: int) -> None:
        self.all: list[Defect] = []
        self._random = Random(seed)  # noqa: S311 -- shares repeatable by seed

    def add(self, body: Mapping[str, Any]) -> Defect:
        """Arms the defect of a control call; raises ValueError, KeyError, TypeError."""
        defect = Defect.read(len(self.all) + 1, body)
        self.all.append(defect)
        return defect

    def strike(self, kind: Kind, tenant: UUID, mailbox: UUID | None = None) -> Defect | None:
        """The first defect that hits, now counted as fired."""
        for defect in self.all:
            if not defect.matches(kind, tenant, mailbox):
                continue
            defect.met += 1
            if self._random.random() < defect.share:
                defect.fired += 1
                return defect
        return None

    def first(
        self, kinds: tuple[Kind, ...], tenant: UUID, mailbox: UUID | None = None
    ) -> Kind | None:
        """The first of these kinds that hits, now counted as fired."""
        if not self.all:
            return None
        return next((kind for kind in kinds if self.strike(kind, tenant, mailbox)), None)

    def clear(self) -> None:
        """Disarms and forgets all."""
        self.all.clear()

    def report(self) -> list[dict[str, object]]:
        """Each defect with how often it fired."""
        return [
            {
                "number": one.number,
                "kind": one.kind,
                "times": one.times,
                "share": one.share,
                "tenant": one.tenant and str(one.tenant),
                "mailbox": one.mailbox and str(one.mailbox),
                "met": one.met,
                "fired": one.fired,
            }
            for one in self.all
        ]
