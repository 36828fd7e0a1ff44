"""Who is calling, when proxies stand in front.

Each proxy appends the address it was called from to `X-Forwarded-For`, so only the last entries, as many as
there are proxies of ours, are to be believed; everything before them is what the client chose to write.
"""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def address(text: str) -> str:
    """The IP address that the text is; empty when it is none."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


def behind_proxies(application: Application, proxies: int) -> Application:
    """A WSGI application that finds the client's address in REMOTE_ADDR, and no header that claims another.

    `proxies` is how many proxies of ours a request passes (the setting TRUSTED_PROXIES). With none, both
    forwarding headers are the client's own words and are dropped. A request with too few entries did not come
    through all of them; its first entry is the best that is known. What is no address changes nothing.
    """

    def with_client_address(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        forwarded = environ.pop("HTTP_X_FORWARDED_FOR", "")
        if not proxies:
            environ.pop("HTTP_X_FORWARDED_PROTO", None)
        elif forwarded:
            hops = forwarded.split(",")
            environ["REMOTE_ADDR"] = address(hops[max(len(hops) - proxies, 0)]) or environ["REMOTE_ADDR"]
        return application(environ, start_response)

    return with_client_address
