"""The views of /demo/: the shop's page, what its buttons do, and new tokens for its members."""

from typing import Any

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from demo.storefront import backend
from demo.storefront.goods import GOODS
from demo.storefront.page import address_of, page_context
from demo.storefront.visitors import (
    GUEST,
    NEW,
    has_tokens,
    newcomer,
    token_of,
    visitor_named,
)
from demo.storefront.words import words_in

# The strictest policy that a shop may have; the browser component has to work under it.
POLICY: dict[str, Any] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["'none'"],
}


@require_safe
@never_cache
@csp(POLICY)
def shop(request: HttpRequest) -> HttpResponse:
    """Render the page; `?member=new` redirects to a new member of its own."""
    address = address_of(request.GET)
    if address.member == NEW:
        return HttpResponseRedirect(request.path + address.link(member=newcomer().external_id))
    visitor = visitor_named(address.member)
    context = page_context(address, visitor) | {
        "token": token_of(visitor, timezone.now()),
        "has_tokens": has_tokens(),
    }
    response = render(request, "demo/shop.html", context)
    response.headers["Content-Language"] = address.language
    return response


@require_POST
def record_activity(request: HttpRequest) -> JsonResponse:
    """Report what a button stands for; answer with a message, and with the API's request and answer."""
    visitor, good = visitor_named(request.POST.get("member", "")), GOODS.get(request.POST.get("good", ""))
    if visitor == GUEST or good is None:
        return JsonResponse({"error": "member: one of the demo's; good: one of the shop's."}, status=400)
    exchange = backend.report(good, visitor, request, timezone.now())
    words = words_in(address_of(request.POST).language)
    outcome = "failed" if exchange.status >= 400 else "counted" if exchange.counted else "not_counted"
    return JsonResponse(
        {
            "said": words[outcome].format(title=words[good.slug]),
            "curl": exchange.curl,
            "status": exchange.status,
            "answer": exchange.answer,
        },
        json_dumps_params={"ensure_ascii": False},
    )


@require_POST
def renew_token(request: HttpRequest) -> JsonResponse:
    """Answer with a new token for the page's member, as a shop's server does for whoever is logged in."""
    return JsonResponse({"token": token_of(visitor_named(request.POST.get("member", "")), timezone.now())})
