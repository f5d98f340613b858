"""The simulated company: two offices, eight rooms, fifteen people. Ids are the same on every machine."""

from dataclasses import dataclass
from uuid import UUID, uuid5

_NAMESPACE = UUID("6a1b7c50-1f0e-4a53-9a5e-0c1ea2004d3e")

NAME = "Nordwind Maps"
DOMAIN = "nordwind.example"
TENANT_ID = uuid5(_NAMESPACE, "tenant")
CLIENT_ID = uuid5(_NAMESPACE, "app registration")
ADMINISTRATOR = f"admin@{DOMAIN}"
# What the set-up guide asks an administrator to consent to (product §1).
ROLES = ("Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All")


@dataclass(frozen=True, slots=True)
class Room:
    """One room mailbox as the tenant's Places list it."""

    name: str
    capacity: int
    floor: str

    @property
    def address(self) -> str:
        """The mailbox's SMTP address."""
        return f"room-{_plain(self.name)}@{DOMAIN}"

    @property
    def mailbox_id(self) -> UUID:
        """The mailbox's directory object id."""
        return uuid5(_NAMESPACE, self.address)


@dataclass(frozen=True, slots=True)
class Office:
    """One of our offices; its building is how Places group the rooms."""

    name: str
    building: str
    time_zone: str
    opens: str
    closes: str
    rooms: tuple[Room, ...]
    keeps_subjects: bool  # whether the rooms' mailboxes keep meeting titles or show the organiser, Exchange's default


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox."""

    name: str

    @property
    def address(self) -> str:
        """The mailbox's SMTP address."""
        return f"{_plain(self.name)}@{DOMAIN}"

    @property
    def id(self) -> UUID:
        """The directory object id."""
        return uuid5(_NAMESPACE, self.address)


BERLIN = Office(
    "Berlin", "Speicherstraße 4", "Europe/Berlin", "08:00", "19:00",
    (Room("Fjord", 4, "1"), Room("Lagune", 6, "1"), Room("Passat", 10, "2"), Room("Kompass", 18, "3")),
    keeps_subjects=True,
)  # fmt: skip
LISBON = Office(
    "Lisbon", "Rua do Alecrim 12", "Europe/Lisbon", "08:30", "18:30",
    (Room("Alfama", 4, "0"), Room("Baixa", 6, "1"), Room("Chiado", 8, "1"), Room("Belém", 14, "2")),
    keeps_subjects=False,
)  # fmt: skip
OFFICES = (BERLIN, LISBON)

PEOPLE = tuple(
    Person(name)
    for name in (
        "Ada Brandt", "Bruno Azevedo", "Clara Nowak", "David Okafor", "Elif Demir", "Filipa Rocha", "Georg Lindner",
        "Hana Sato", "Inês Carvalho", "Jonas Weber", "Katarina Novak", "Luís Ferreira", "Mira Hoffmann", "Noah Becker",
        "Olivia Marques",
    )
)  # fmt: skip

_PLAIN = str.maketrans("áàãâäçéêëíïñóõôöúüß", "aaaaaceeeiinoooouus")


def _plain(name: str) -> str:
    return name.lower().translate(_PLAIN).replace(" ", ".")
