"""Microsoft's clouds: which Entra belongs to which Graph ([doc] graph/deployments, entra authentication-national-cloud)."""

from ipaddress import ip_address
from urllib.parse import urlsplit

_GLOBAL = "graph.microsoft.com"
_ENTRA_OF = {
    _GLOBAL: ("login.microsoftonline.com",),
    "graph.microsoft.us": ("login.microsoftonline.us",),  # US Government L4, GCC High
    "dod-graph.microsoft.us": ("login.microsoftonline.us",),  # US Government L5, DoD
    "microsoftgraph.chinacloudapi.cn": (
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
    ),
}


def check_cloud(graph_url: str, entra_url: str) -> None:
    """Return if both are of one cloud of Microsoft's, or both on this machine; else ValueError says what fits."""
    graph, entra = _host(graph_url), _host(entra_url)
    if _is_loopback(graph) and _is_loopback(entra):
        return  # a simulator
    fitting = _ENTRA_OF.get(graph)
    if fitting is None:
        raise ValueError(f"GRAPH_URL must be at one of {', '.join(_ENTRA_OF)}")
    if entra not in fitting:
        raise ValueError(
            f"ENTRA_URL must be https://{' or https://'.join(fitting)}, as GRAPH_URL is at {graph}"
        )


def scope_of(graph_url: str) -> str:
    """What a token is asked for: everything that was consented for this cloud's Graph."""
    graph = _host(graph_url)
    return f"https://{graph if graph in _ENTRA_OF else _GLOBAL}/.default"


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.username is not None:
        raise ValueError("GRAPH_URL and ENTRA_URL must be https:// addresses")
    return (parts.hostname or "").lower()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
