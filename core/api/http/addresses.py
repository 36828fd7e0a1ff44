"""By which name limits count a client that shows no credential."""

from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The IPv4 address, or the /64 network of an IPv6 one: a household has 2^64 of those.

    REMOTE_ADDR is right already: `proxies.behind_proxies` has put the client there.
    """
    try:
        address = ip_address(str(request.META.get("REMOTE_ADDR") or ""))
    except ValueError:
        return "unknown"  # a socket file
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
