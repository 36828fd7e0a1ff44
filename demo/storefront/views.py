"""/demo/: the shop's page, its server's counter, and a fresh token for a member whose token has expired."""

from typing import Any

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from demo.storefront import backend
from demo.storefront.goods import GOODS
from demo.storefront.page import address_of, page
from demo.storefront.visitors import GUEST, NEW, has_tokens, newcomer, token_of, visitor_named
from demo.storefront.words import words_in

# As strict as a shop's policy can be: the component must live with it.
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
    address = address_of(request.GET)
    if address.member == NEW:
        return HttpResponseRedirect(request.path + address.link(member=newcomer().external_id))
    visitor = visitor_named(address.member)
    context = page(address, visitor) | {
        "token": token_of(visitor, timezone.now()),
        "has_tokens": has_tokens(),
    }
    response = render(request, "demo/shop.html", context)
    response.headers["Content-Language"] = address.language
    return response


@require_POST
def act(request: HttpRequest) -> JsonResponse:
    """One press of a button. Answers what to say to the visitor, and what passed between the servers."""
    visitor, good = visitor_named(request.POST.get("member", "")), GOODS.get(request.POST.get("good", ""))
    if visitor == GUEST or good is None:
        return JsonResponse({"error": "member: one of the demo's; good: one of the shop's."}, status=400)
    exchange = backend.report(good, visitor, request, timezone.now())
    words = words_in(address_of(request.POST).language)
    verdict = "failed" if exchange.status >= 400 else "counted" if exchange.counted else "not_counted"
    return JsonResponse(
        {
            "said": words[verdict].format(title=words[good.slug]),
            "curl": exchange.curl,
            "status": exchange.status,
            "answer": exchange.answer,
        },
        json_dumps_params={"ensure_ascii": False},
    )


@require_POST
def renew(request: HttpRequest) -> JsonResponse:
    """A fresh token for the member on the page, as the shop's server gives one to whoever is logged in."""
    return JsonResponse({"token": token_of(visitor_named(request.POST.get("member", "")), timezone.now())})
