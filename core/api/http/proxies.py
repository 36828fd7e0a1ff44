"""The client's address behind reverse proxies. Pure.

Each proxy appends the address that called it to `X-Forwarded-For`. So only the last entries can be trusted,
as many as there are trusted proxies; the client may have written everything before them.
"""

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

FORWARDED = "challenges.forwarded"
# A request that has one of these did not come from its sender alone.
FORWARDING = frozenset(
    {
        "HTTP_FORWARDED",
        "HTTP_VIA",
        "HTTP_X_FORWARDED",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_FORWARDED_PORT",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_SERVER",
        "HTTP_X_REAL_IP",
    }
)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def behind_proxies(application: Application, proxies: int) -> Application:
    """Wrap a WSGI application: put the client's address into REMOTE_ADDR and drop `X-Forwarded-For`.

    `proxies` is the number of trusted proxies that a request passes (the setting TRUSTED_PROXIES). With none,
    both forwarding headers come from the client and are dropped. A request with fewer entries than proxies
    did not pass all of them, and its first entry is used. An entry that is no IP address changes nothing.
    `environ[FORWARDED]` is there when the request names a proxy at all.
    """

    def with_client_address(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not FORWARDING.isdisjoint(environ):
            environ[FORWARDED] = True
        forwarded = environ.pop("HTTP_X_FORWARDED_FOR", "")
        if not proxies:
            environ.pop("HTTP_X_FORWARDED_PROTO", None)
        elif forwarded:
            hops = forwarded.split(",")
            client = _parse_address(hops[max(len(hops) - proxies, 0)])
            environ["REMOTE_ADDR"] = client or environ["REMOTE_ADDR"]
        return application(environ, start_response)

    return with_client_address


def _parse_address(text: str) -> str:
    """The IP address in its canonical form; empty for any other text."""
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""
