"""What a person sees of Entra: the accounts to choose from, and a refusal that goes nowhere."""

from collections.abc import Iterable, Mapping
from html import escape

import msgspec

from .wire import Answer

_HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store, no-cache",
}
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 sans-serif; margin: 0; min-height: 100vh; display: grid; place-content: center; background: #f2f2f2; color: #1b1b1b }}
main {{ width: min(26rem, calc(100vw - 4rem)); padding: 2rem; background: #fff; border: 1px solid #ccc }}
ul {{ list-style: none; padding: 0 }}
button {{ font: inherit; width: 100%; padding: .7rem; margin: .2rem 0; text-align: left; background: #fff; border: 1px solid #999 }}
small {{ display: block; color: #555 }}
</style>
</head>
<body><main><p>Simulated Microsoft sign-in</p><h1>{title}</h1>{content}</main></body>
</html>
"""


def picker(app: str, accounts: Iterable[tuple[str, str, str]]) -> Answer:
    """The page of all accounts, each as id, name and sign-in name; its form posts to its own address."""
    rows = "".join(
        f'<li><button name="account" value="{escape(key)}">{escape(name)} <small>{escape(sign_in_name)}</small></button></li>'
        for key, name, sign_in_name in accounts
    )
    return _page(
        200,
        "Pick an account",
        f"<p>to continue to {escape(app)}</p>"
        f'<form method="post"><ul>{rows}</ul><button name="cancel" value="yes">Cancel</button></form>',
    )


def trouble(text: str) -> Answer:
    """The page that ends a request which names no address to return to."""
    return _page(
        400,
        "Sign in",
        f"<p>Sorry, but we are having trouble signing you in.</p><p>{escape(text)}</p>",
    )


def _page(status: int, title: str, content: str) -> Answer:
    # No JSON: the encoder hands raw text on as it is.
    text = _FRAME.format(title=escape(title), content=content)
    return Answer(status, msgspec.Raw(text.encode()), dict(_HEADERS))
