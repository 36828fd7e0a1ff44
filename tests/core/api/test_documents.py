import pytest


def test_the_document_is_kept_and_open_to_every_origin(guest):
    first = guest.get("/openapi.json")

    again = guest.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, first.headers["Content-Type"]) == (200, "application/json")
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert again.status_code == 304


def test_the_page_lets_nothing_in_from_elsewhere(guest):
    response = guest.get("/docs")

    assert response.status_code == 200
    assert "script-src 'self';" in response.headers["Content-Security-Policy"]
    assert b"http://" not in response.content
    assert b"https://" not in response.content
    assert guest.get("/docs?script=").headers["Content-Type"] == "application/javascript"


@pytest.mark.parametrize("method", ["options", "post", "delete"])
@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_other_methods_are_405_in_the_shape_of_every_error(guest, path, method):
    response = getattr(guest, method)(path)

    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.json()["errors"][0]["code"] == "method_not_allowed"


@pytest.mark.browser
def test_the_page_shows_the_resources_without_leaving_the_host(live_server, page, settings):
    settings.ALLOWED_HOSTS = ["*"]
    requests, troubles = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))

    page.goto(f"{live_server.url}/docs")
    page.get_by_text("/schema/person/record").first.wait_for(timeout=20_000)

    assert [url for url in requests if not url.startswith((live_server.url, "data:"))] == []
    assert troubles == []
