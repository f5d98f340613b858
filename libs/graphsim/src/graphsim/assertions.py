"""Client assertions: a certificate's key signs who the client is (certificate-credentials [doc])."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from .applications import App, Certificate
from .refusals import refuse

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256")


def check_assertion(
    token: str, app: App, audiences: frozenset[str], now: datetime, *, needs_jti: bool
) -> None:
    """Accepts what one of the app's certificates has signed; raises AadstsError."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        refuse(50027)
    if header.get("alg") not in _ALGORITHMS:
        refuse(5002738, algorithm=header.get("alg"))
    _check_claims(claims, app, audiences, now, needs_jti=needs_jti)
    certificate = _certificate(header, app)
    if not certificate.starts <= now < certificate.ends:
        refuse(1000502)
    try:
        jwt.api_jws.decode(token, certificate.key, algorithms=_ALGORITHMS)
    except jwt.PyJWTError:
        refuse(
            700027,
            reason="The provided signature value did not match the expected signature value.",
            thumbprint=certificate.thumbprint,
            key=f"Found key 'Start={_portal(certificate.starts)}, End={_portal(certificate.ends)}', ",
            app=app.client_id,
        )


def _check_claims(
    claims: Mapping[str, Any],
    app: App,
    audiences: frozenset[str],
    now: datetime,
    *,
    needs_jti: bool,
) -> None:
    for name in ("iss", "aud"):
        if claims.get(name) is None:
            refuse(90014, field=name)
    issuer, subject, audience = (claims.get(name) for name in ("iss", "sub", "aud"))
    since, until = claims.get("nbf", 0), claims.get("exp")
    if (
        not isinstance(audience, str)
        or not isinstance(since, int | float)
        or not isinstance(until, int | float)
        or (needs_jti and not claims.get("jti"))
    ):
        # Of a list of audiences Entra says the same: panva/openid-client#348.
        refuse(50027)
    if issuer != subject:
        refuse(50048)
    if str(issuer).lower() != str(app.client_id):
        refuse(700021)
    if audience.rstrip("/").lower() not in audiences:
        refuse(700023)
    if not since <= now.timestamp() < until:
        refuse(700024, now=_instant(now.timestamp()), since=_instant(since), until=_instant(until))


def _certificate(header: Mapping[str, Any], app: App) -> Certificate:
    thumbprint = str(header.get("x5t#S256") or header.get("x5t") or "").rstrip("=")
    if not thumbprint:
        refuse(5002723)
    found = next((one for one in app.certificates if thumbprint in one.thumbprints), None)
    if found is None:
        reason = "The key was not found."
        refuse(700027, reason=reason, thumbprint=thumbprint, key="", app=app.client_id)
    return found


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _portal(moment: datetime) -> str:
    return moment.strftime("%m/%d/%Y %H:%M:%S")
