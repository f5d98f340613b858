"""Office 365 Integration: the connection to the tenant, its test, its secret's end and how far it reaches."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from ..domain.caller import Access
from ..domain.diagnosis import TestResult
from ..domain.integration import Integration, IntegrationChange, TestAsked
from ..domain.refusal import Reason, Refusal, invalid
from ..domain.scope_script import ScopeScriptAsked
from ..handlers.integration import Integrations
from ..handlers.scope_scripts import ScopeScripts
from ..handlers.trials import Trials
from .check_list import progress_rows, result_rows
from .table import Answer, Page, Redirect, View, Visit

PATH: Final = "/settings/apps/office-365"
_UNSEEN: Final = frozenset({"client_secret", "certificate", "chat_webhook"})  # never shown again
_SHOWN: Final = ("client_id", "client_secret", "tenant_id", "certificate", "secret_expires_at", "chat_webhook")  # fmt: skip


class Connection:
    """The pages of one organisation's connection."""

    def __init__(self, integrations: Integrations, trials: Trials, scripts: ScopeScripts) -> None:
        self._integrations = integrations
        self._trials = trials
        self._scripts = scripts

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._show),
            Page("POST", PATH, Access.ADMINISTRATOR, self._save),
            Page("POST", f"{PATH}/switch", Access.ADMINISTRATOR, self._switch),
            Page("GET", f"{PATH}/test", Access.ADMINISTRATOR, self._progress),
            Page("POST", f"{PATH}/test", Access.ADMINISTRATOR, self._test),
            Page("GET", f"{PATH}/scope-script", Access.ADMINISTRATOR, self._script),
        ]

    async def _show(self, visit: Visit) -> Answer:
        return await self._page(visit)

    async def _page(self, visit: Visit, refusal: Refusal | None = None, **more: Any) -> View:
        saved = await self._saved(visit)
        values = {
            **(await self._outcome(visit)),
            "saved": saved,
            "typed": _typed(visit, saved),
            "switching_off": visit.query.get("switch") == "off" and bool(saved and saved.enabled),
            "shown_fields": _SHOWN,
            "tried": None,
            **more,
        }
        return View("integration.html", values, refusal)

    async def _save(self, visit: Visit) -> Answer:
        old = await self._saved(visit)
        try:
            change = _change(visit, old)
            await self._integrations.save(visit.by, change)
        except Refusal as refusal:
            if refusal.test is None:
                return await self._page(visit, refusal)
            tried = TestResult.model_validate(refusal.test)
            return await self._page(visit, refusal, tried=tried, tried_rows=result_rows(tried))
        if old is not None and old.status == "ok" and change.proof is not None:
            return Redirect(PATH, say="Tested and saved. Nothing stopped meanwhile.")
        if old is not None and old.status == "ok":
            return Redirect(PATH, say="Saved.")
        return Redirect(f"{PATH}#test", say="Saved. Now press Test Settings.")

    async def _switch(self, visit: Visit) -> Answer:
        on = visit.typed.get("enabled") == "on"
        await self._integrations.switch(visit.by, enabled=on)
        say = (
            "Switched on: what changed meanwhile is being read."
            if on
            else "Switched off: rooms and bookings are kept."
        )
        return Redirect(PATH, say=say)

    async def _test(self, visit: Visit) -> Answer:
        refusal = None
        try:
            asked = visit.form(TestAsked)
            await self._trials.start(visit.by, asked)
        except Refusal as refused:
            refusal = refused
        if visit.partial:
            return View("integration_outcome.html", await self._outcome(visit), refusal)
        return Redirect(f"{PATH}#test") if refusal is None else await self._page(visit, refusal)

    async def _progress(self, visit: Visit) -> Answer:
        if not visit.partial:
            return Redirect(f"{PATH}#test")
        return View("integration_outcome.html", await self._outcome(visit))

    async def _outcome(self, visit: Visit) -> dict[str, Any]:
        seen = await self._trials.show(visit.by)
        if seen.running is not None:
            rows = progress_rows(seen.running)
        else:
            rows = result_rows(seen.result) if seen.result is not None else []
        return {"seen": seen, "rows": rows}

    async def _script(self, visit: Visit) -> Answer:
        asked = visit.asked(ScopeScriptAsked)
        script = await self._scripts.write(visit.by, asked.variant)
        template = "integration_script.html" if visit.partial else "integration_script_page.html"
        return View(template, {"script": script})

    async def _saved(self, visit: Visit) -> Integration | None:
        try:
            return await self._integrations.show(visit.by)
        except Refusal as refusal:
            if refusal.reason is Reason.NOT_FOUND:
                return None
            raise


def _change(visit: Visit, old: Integration | None) -> IntegrationChange:
    typed = {
        name: text for name, text in visit.typed.items() if name in IntegrationChange.model_fields
    }
    more: dict[str, Any] = {"enabled": old.enabled if old else "enabled" in typed}
    if typed.get("client_secret", "").strip() and typed.get("certificate", "").strip():
        raise invalid("certificate", "paste a client secret or a certificate, not both")
    if ends := typed.get("secret_expires_at", "").strip():
        more["secret_expires_at"] = _end_of(ends)
    if "forget_chat_webhook" in visit.typed:
        more["chat_webhook"] = None
    return replace(visit, typed=typed).form(IntegrationChange, **more)


def _end_of(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError as error:
        raise invalid("secret_expires_at", "must be a date, such as 2027-01-31") from error


def _typed(visit: Visit, saved: Integration | None) -> dict[str, str]:
    """What the form shows: after a refusal what was typed in, but nothing secret; else what is saved."""
    kept = {
        "client_id": "",
        "tenant_id": "",
        "delivery": "basic",
        "secret_expires_at": "",
        "outside_mailbox": "",
    }
    if saved is not None:
        kept |= {
            "client_id": str(saved.client_id),
            "tenant_id": str(saved.tenant_id),
            "delivery": saved.delivery,
        }
    return kept | {
        name: text for name, text in visit.typed.items() if name in kept and name not in _UNSEEN
    }
