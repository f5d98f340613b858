import pytest

from graphclient import check_cloud
from graphclient.clouds import scope_of

GLOBAL = ("https://graph.microsoft.com/v1.0", "https://login.microsoftonline.com")
GCC_HIGH = ("https://graph.microsoft.us/v1.0", "https://login.microsoftonline.us")
DOD = ("https://dod-graph.microsoft.us/v1.0", "https://login.microsoftonline.us")
CHINA = ("https://microsoftgraph.chinacloudapi.cn/v1.0", "https://login.chinacloudapi.cn")
CHINA_TOO = (CHINA[0], "https://login.partner.microsoftonline.cn")
SIMULATOR = ("https://127.0.0.1:8443/v1.0", "https://localhost:8443")


@pytest.mark.parametrize("pair", [GLOBAL, GCC_HIGH, DOD, CHINA, CHINA_TOO, SIMULATOR])
def test_the_addresses_of_one_cloud_go_together(pair: tuple[str, str]) -> None:
    check_cloud(*pair)


@pytest.mark.parametrize(
    ("graph", "entra", "told"),
    [
        (GLOBAL[0], GCC_HIGH[1], "ENTRA_URL must be https://login.microsoftonline.com"),
        (GCC_HIGH[0], GLOBAL[1], "ENTRA_URL must be https://login.microsoftonline.us"),
        (DOD[0], CHINA[1], "ENTRA_URL must be https://login.microsoftonline.us"),
        (CHINA[0], GLOBAL[1], "https://login.partner.microsoftonline.cn"),
        (SIMULATOR[0], GLOBAL[1], "GRAPH_URL must be at one of"),
        (GLOBAL[0], SIMULATOR[1], "ENTRA_URL must be"),
        ("https://graph.microsoft.com.evil.test/v1.0", GLOBAL[1], "GRAPH_URL must be at one of"),
        ("https://graph.microsoft.com@evil.test/v1.0", GLOBAL[1], "must be https"),
        ("http://graph.microsoft.com/v1.0", GLOBAL[1], "must be https"),
        (GLOBAL[0], "http://login.microsoftonline.com", "must be https"),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_would(
    graph: str, entra: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        check_cloud(graph, entra)


def test_a_token_is_asked_for_the_graph_of_its_own_cloud() -> None:
    assert scope_of(GLOBAL[0]) == "https://graph.microsoft.com/.default"
    assert scope_of(DOD[0]) == "https://dod-graph.microsoft.us/.default"
    assert scope_of(CHINA[0]) == "https://microsoftgraph.chinacloudapi.cn/.default"
    assert scope_of(SIMULATOR[0]) == "https://graph.microsoft.com/.default"
