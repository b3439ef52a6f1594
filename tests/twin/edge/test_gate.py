"""Who may do what, over real requests: tokens in every place they may stand, and the door for clients without one."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from tests.build import field_report
from tests.twin.conftest import AGENT, BEARER_AGENT, BEARER_OPERATOR, OPERATOR, Start, url_of
from tests.twin.edge.viewer import Viewer
from twin.core import access
from twin.core.access import Action, Role, Tokens
from twin.core.errors import Forbidden, Unauthorised
from twin.edge.gate import Caller, Gate
from twin.service import Service

GATE = Gate(Tokens(AGENT, OPERATOR), "off")


async def report(http: aiohttp.ClientSession, service: Service, headers: Mapping[str, str], query: str = "") -> int:
    url = f"{url_of(service)}/api/cluster{query}"
    async with http.post(url, json=field_report(1), headers=headers) as answer:
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert "tokens.json" in (await answer.json())["error"]["message"], "it says where a token is found"
        return answer.status


async def forget(http: aiohttp.ClientSession, service: Service, headers: Mapping[str, str]) -> int:
    async with http.delete(f"{url_of(service)}/api/cluster", headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(("mode", "wanted"), [("off", 401), ("loopback", 200), ("open", 200)])
async def test_without_a_token_the_setting_decides(
    start: Start, http: aiohttp.ClientSession, mode: str, wanted: int
) -> None:
    service = await start(legacy_open=mode)
    assert await report(http, service, {}) == wanted
    assert await forget(http, service, {}) == wanted


@pytest.mark.parametrize("mode", ["off", "loopback", "open"])
async def test_a_wrong_token_is_401_whatever_is_open(start: Start, http: aiohttp.ClientSession, mode: str) -> None:
    service = await start(legacy_open=mode)
    for wrong in ("wrong", AGENT[:-1], AGENT + "x", AGENT.upper(), "\xe4"):
        assert await report(http, service, {"Authorization": f"Bearer {wrong}"}) == 401
    assert await report(http, service, {}, "?token=wrong") == 401
    assert len(service.live.roster) == 0


@pytest.mark.parametrize("mode", ["off", "loopback", "open"])
async def test_the_agents_token_reports_and_never_forgets(start: Start, http: aiohttp.ClientSession, mode: str) -> None:
    service = await start(legacy_open=mode)
    assert await report(http, service, BEARER_AGENT) == 200
    assert await forget(http, service, BEARER_AGENT) == 403
    assert len(service.live.roster) == 1
    assert await forget(http, service, BEARER_OPERATOR) == 200


async def test_agents_that_cannot_set_headers_put_the_token_into_the_url(
    service: Service, http: aiohttp.ClientSession
) -> None:
    assert await report(http, service, {}, f"?token={AGENT}") == 200
    url = f"{url_of(service)}/ords/picluster/AR/v2/?token={AGENT}"
    async with http.post(url, json=field_report(2)) as answer:
        assert answer.status == 200


async def test_the_scheme_may_be_written_in_any_case_and_other_schemes_are_no_token(
    service: Service, http: aiohttp.ClientSession
) -> None:
    assert await report(http, service, {"Authorization": f"bearer {AGENT}"}) == 200
    assert await report(http, service, {"Authorization": f"Basic {AGENT}"}) == 401


# Loopback: this machine and nobody who borrows it.

FOREIGN: list[tuple[str, dict[str, str], str]] = [
    ("a proxy on this machine", {"X-Forwarded-For": "10.1.2.3"}, ""),
    ("a proxy that speaks the newer header", {"Forwarded": "for=10.1.2.3"}, ""),
    ("a page of another site", {"Origin": "http://evil.example"}, ""),
    ("a page of another port", {"Origin": "http://127.0.0.1:1"}, ""),
    ("a page from a file", {"Origin": "null"}, ""),
    ("a name that was rebound to this machine", {"Host": "evil.example:8080"}, ""),
    ("a rebound name that names itself", {"Host": "evil.example", "Origin": "http://evil.example"}, ""),
    ("a browser that says it comes from elsewhere", {"Sec-Fetch-Site": "cross-site"}, ""),
    ("a browser on a sister site", {"Sec-Fetch-Site": "same-site"}, ""),
    ("a script tag", {}, "?j=0"),
]


@pytest.mark.parametrize(("who", "headers", "query"), FOREIGN, ids=[who for who, *_ in FOREIGN])
async def test_loopback_is_not_open_to(
    start: Start, http: aiohttp.ClientSession, who: str, headers: dict[str, str], query: str
) -> None:
    service = await start(legacy_open="loopback")
    assert await report(http, service, headers, query) == 401
    assert await report(http, service, {**headers, **BEARER_AGENT}, query) == 200, "with a token all is well"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.5"])
async def test_loopback_is_open_to_this_machine_under_its_usual_names(
    start: Start, http: aiohttp.ClientSession, host: str
) -> None:
    service = await start(legacy_open="loopback")
    named = f"{host}:{service.port}"
    assert await report(http, service, {"Host": named}) == 200
    same = {"Host": named, "Origin": f"http://{named}", "Sec-Fetch-Site": "same-origin"}
    assert await report(http, service, same) == 200


async def test_a_socket_opened_by_a_foreign_script_tag_may_not_forget(
    start: Start, http: aiohttp.ClientSession
) -> None:
    """A script tag sends no Origin, and engine.io answers it in JavaScript: such a session must not count as local."""
    service = await start(legacy_open="loopback")
    await report(http, service, {})
    url = f"{url_of(service)}/socket.io/"
    async with http.get(url, params={"EIO": "4", "transport": "polling", "j": "0"}) as answer:
        script = await answer.text()
    if answer.status != 200:
        return  # not answered at all is better still
    sid = script.split("sid")[1].split('"')[2].strip("\\")
    params = {"EIO": "4", "transport": "polling", "sid": sid}
    for packet in ("40", '42["cluster.delete"]'):
        async with http.post(url, params=params, data=packet, headers={"Origin": "http://evil.example"}) as answer:
            assert answer.status in (200, 400)
    async with http.get(url, params=params) as answer:
        await answer.read()
    assert len(service.live.roster) == 1


# socket.io.


@pytest.mark.parametrize("auth", [None, {}, {"token": ""}, {"token": 5}, {"token": None}, "token", ["token"], 5, True])
async def test_agents_need_a_token_and_odd_auth_is_none(service: Service, auth: object) -> None:
    async with Viewer(url_of(service), "/agents", auth=auth) as agent:
        assert agent.refused["data"]["code"] == "unauthorised"
        assert service.agents.agents == {}


async def test_agents_with_the_operators_token_are_welcome_for_it_may_do_all(service: Service) -> None:
    async with Viewer(url_of(service), "/agents", auth={"token": OPERATOR}) as agent:
        assert agent.connected


@pytest.mark.parametrize("mode", ["loopback", "open"])
async def test_agents_come_without_a_token_where_the_door_is_open(start: Start, mode: str) -> None:
    service = await start(legacy_open=mode)
    async with Viewer(url_of(service), "/agents") as agent:
        assert agent.connected


@pytest.mark.parametrize(("token", "role"), [(None, "viewer"), (AGENT, "agent"), (OPERATOR, "operator")])
async def test_a_viewer_is_told_its_role(service: Service, token: str | None, role: str) -> None:
    auth = None if token is None else {"token": token}
    async with Viewer(url_of(service), auth=auth) as viewer:
        await viewer.first_frame()
        assert viewer.hello["role"] == role


async def test_a_viewer_with_a_wrong_token_is_refused_not_downgraded(start: Start) -> None:
    service = await start(legacy_open="open")
    async with Viewer(url_of(service), auth={"token": "wrong"}) as viewer:
        assert (viewer.connected, viewer.refused["data"]["code"]) == (None, "unauthorised")
    assert len(service.twin_fan.viewers) == 0


# The rules themselves.


def test_tokens_are_compared_in_constant_time_and_both_always(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def spy(a: Any, b: Any) -> bool:
        compared.append((a, b))
        return compare(a, b)

    compare = hmac.compare_digest
    monkeypatch.setattr(access.hmac, "compare_digest", spy)
    for token in (AGENT, OPERATOR, "wrong"):
        Tokens(AGENT, OPERATOR).role_of(token)
    assert [b for _, b in compared] == [OPERATOR.encode(), AGENT.encode()] * 3


@pytest.mark.parametrize("tokens", [Tokens("", ""), Tokens("", OPERATOR), Tokens(AGENT, "")])
def test_an_empty_secret_opens_nothing(tokens: Tokens) -> None:
    assert tokens.role_of("") is None


def test_a_token_of_half_a_surrogate_pair_is_only_wrong() -> None:
    with pytest.raises(Unauthorised):
        GATE.role(Caller("\ud800", True, "x"))


@pytest.mark.parametrize("action", [each for each in Action if each is not Action.VIEW])
def test_a_viewer_may_only_view(action: Action) -> None:
    nobody = Caller("", True, "x")
    assert GATE.require(nobody, Action.VIEW) is Role.VIEWER
    with pytest.raises(Unauthorised):
        GATE.require(nobody, action)


@pytest.mark.parametrize("action", [Action.PAINT, Action.FORGET])
def test_an_agent_may_not_do_what_operators_do(action: Action) -> None:
    with pytest.raises(Forbidden, match=action.value):
        GATE.require(Caller(AGENT, True, "x"), action)
