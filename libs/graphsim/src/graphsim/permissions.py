"""Graph's permissions and their ids, as app role and as delegated scope (graph-calendar §6.2)."""

from uuid import UUID, uuid5

from .tokens import GRAPH_ID

_BY_NAME = {
    "Application.Read.All": (
        "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
        "c79f8feb-a9db-4090-85f9-90d820caa0eb",
    ),
    "Calendars.Read": (
        "798ee544-9d2d-430c-a058-570e29e34338",
        "465a38f9-76ea-45b9-9f34-9e8b0d4b0b42",
    ),
    "Calendars.ReadWrite": (
        "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
        "1ec239c2-d7c9-4623-a91a-a9775856bb36",
    ),
    "Directory.Read.All": (
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
        "06da0dbc-49e2-44d2-8312-53f166ab848a",
    ),
    "Place.Read.All": (
        "913b9306-0ce1-42b8-9137-6a7df690a760",
        "cb8f45a0-5c2e-4ea1-b803-84b870a7d7ec",
    ),
    "User.Read.All": (
        "df021288-bdef-4463-88db-98f22de89214",
        "a154be20-db9c-4678-8ab7-66f6cc099a59",
    ),
}
NAMES = tuple(_BY_NAME)


def role_id(name: str) -> str:
    """The app role's id; one of our own where Microsoft's is not known here."""
    return _id(name, 0)


def scope_id(name: str) -> str:
    """The delegated scope's id; one of our own where Microsoft's is not known here."""
    return _id(name, 1)


def _id(name: str, kind: int) -> str:
    return _BY_NAME[name][kind] if name in _BY_NAME else str(uuid5(UUID(GRAPH_ID), f"{kind}{name}"))
