"""What an administrator does about credentials that Microsoft refuses, by the code it is refused with."""

from typing import Final

_RENEW: Final = (
    "In Entra → App registrations → your app → Certificates & secrets, create a new client secret, "
    "paste its Value in Settings → Apps & Integrations and save."
)
_KEPT: Final = "Rooms and bookings are kept; everything resumes by itself."
_REMEDIES: Final = {
    "AADSTS7000222": f"The client secret has expired. {_RENEW}",
    "AADSTS7000215": f"The client secret is not one of this app's (any more). {_RENEW}",
    "AADSTS1000502": "The certificate has expired. Upload a new one in Entra and paste it with its key in Settings.",
    "AADSTS700027": "Entra does not know the certificate. Upload it to the app registration, then press Test Settings.",
    "AADSTS7000112": "The app is disabled. In Entra → Enterprise applications → your app, let it sign in again.",
    "AADSTS7000229": "The app is not in the directory any more. Grant admin consent for it again in Entra.",
    "AADSTS700016": "The app is not in this directory. Compare Client ID and Tenant ID with its overview page in Entra.",
    "AADSTS90002": "There is no such directory. Compare the Tenant ID with the one that Entra → Overview shows.",
    "AADSTS53003": "A Conditional Access policy blocks the app. Exclude it, or allow the address it comes from.",
    "secret_missing": f"No client secret is stored. {_RENEW}",
    "secret_unreadable": f"The stored client secret cannot be opened. {_RENEW}",
}
_OTHERWISE: Final = "Press Test Settings for the cause and the steps."


def remedy(code: str | None) -> str:
    """What to do, in one or two sentences, and that nothing is lost meanwhile."""
    return f"{_REMEDIES.get(code or '', _OTHERWISE)} {_KEPT}"
