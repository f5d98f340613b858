"""Settings → Users: who may sign in, and as what."""

from ..domain.accounts import NewUser, User, UserChange
from ..domain.caller import Access, Role
from ..domain.refusal import Refusal, conflict, not_found
from ..handlers.users import Users
from .edge import SIGN_IN
from .table import Answer, Page, Redirect, View, Visit

PATH = "/settings/users"


class UserPages:
    """Adds, changes and removes people; nobody takes their own rights away by mistake."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        one = PATH + "/{user_id}"
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._show),
            Page("POST", PATH, Access.ADMINISTRATOR, self._add),
            Page("GET", one, Access.ADMINISTRATOR, self._one),
            Page("POST", one + "/role", Access.ADMINISTRATOR, self._role),
            Page("POST", one + "/password", Access.ADMINISTRATOR, self._password),
            Page("POST", one + "/remove", Access.ADMINISTRATOR, self._remove),
        ]

    async def _show(self, visit: Visit, refusal: Refusal | None = None) -> Answer:
        values = {
            "people": await self._users.all(visit.by),
            "microsoft": self._users.microsoft,
            "email": visit.typed.get("email", ""),
            "role": visit.typed.get("role", Role.MEMBER),
        }
        return View("users.html", values, refusal)

    async def _add(self, visit: Visit) -> Answer:
        try:
            new = visit.form(NewUser)
            user = await self._users.add(visit.by, new)
        except Refusal as refusal:
            return await self._show(visit, refusal)
        how = "with Microsoft now." if new.password is None else "now. Tell them the password."
        return Redirect(PATH, say=f"{user.email} may sign in {how}")

    async def _one(self, visit: Visit, refusal: Refusal | None = None) -> Answer:
        values = {"user": await self._user(visit), "own": _own(visit)}
        return View("user.html", values, refusal)

    async def _role(self, visit: Visit) -> Answer:
        try:
            if _own(visit):
                raise conflict("Your own role is changed by another administrator.")
            change = visit.form(UserChange, password=None)
            user = await self._users.change(visit.by, visit.ids["user_id"], change)
        except Refusal as refusal:
            return await self._one(visit, refusal)
        return Redirect(PATH, say=f"{user.email} is {_article(user.role)} now.")

    async def _password(self, visit: Visit) -> Answer:
        try:
            password = visit.typed.get("password", "")
            change = visit.form(UserChange, role=None, password=password)
            user = await self._users.change(visit.by, visit.ids["user_id"], change)
        except Refusal as refusal:
            return await self._one(visit, refusal)
        if _own(visit):
            say = "Your password is changed. Sign in with the new one."
            return Redirect(SIGN_IN, say=say, leave=True)
        return Redirect(PATH, say=f"{user.email} has a new password. Tell them.")

    async def _remove(self, visit: Visit) -> Answer:
        try:
            if _own(visit):
                raise conflict("Your own account is removed by another administrator.")
            user = await self._user(visit)
            await self._users.remove(visit.by, user.id)
        except Refusal as refusal:
            return await self._one(visit, refusal)
        return Redirect(PATH, say=f"{user.email} may not sign in any more.")

    async def _user(self, visit: Visit) -> User:
        for each in await self._users.all(visit.by):
            if each.id == visit.ids["user_id"]:
                return each
        raise not_found("user")


def _own(visit: Visit) -> bool:
    return visit.ids["user_id"] == visit.person.user_id


def _article(role: Role) -> str:
    return "an administrator" if role is Role.ADMINISTRATOR else "a member"
