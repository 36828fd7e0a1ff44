"""What guests read may be kept and is open to every origin; all else is private."""

import pytest
from django.utils import timezone

from challenges.models import Challenge
from core.write_guard import bypassing_services

BOARDS = "/schema/board/record"


@pytest.fixture
def board(db):
    now = timezone.now()
    with bypassing_services("what a test needs"):
        return Challenge.objects.create(
            name="Spend",
            description="d",
            status="live",
            completion_target_value=1,
            created_at=now,
            updated_at=now,
        )


def test_a_guests_answer_is_public_and_open_to_every_origin(guest, board):
    headers = guest.get(f"{BOARDS}/{board.id}").headers

    assert headers["Cache-Control"] == "public, no-cache"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in headers["Access-Control-Expose-Headers"]
    assert headers["Vary"] == "Authorization"


def test_the_same_answer_is_304_without_a_body(guest, board):
    first = guest.get(BOARDS)

    again = guest.get(BOARDS, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'})

    assert (again.status_code, again.content) == (304, b"")
    for name in (
        "ETag",
        "Cache-Control",
        "Vary",
        "Access-Control-Allow-Origin",
        "Content-Language",
        "Content-Security-Policy",
    ):
        assert again.headers[name] == first.headers[name]


def test_an_edit_changes_the_tag(guest, board):
    first = guest.get(BOARDS)
    with bypassing_services("what a test needs"):
        Challenge.objects.update(name="Spend more")

    again = guest.get(BOARDS, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_languages_and_pages_have_tags_of_their_own(guest, board):
    tags = {guest.get(f"{BOARDS}?{query}").headers["ETag"] for query in ("", "limit=5", "fields=name")}

    assert len(tags) == 3


def test_an_admins_answer_is_private(admin, board):
    headers = admin.get(BOARDS).headers

    assert headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in headers
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", [f"{BOARDS}/abc", f"{BOARDS}?limit=0", "/schema/person/record"])
def test_a_refusal_is_kept_by_nobody(guest, board, path):
    headers = guest.get(path).headers

    assert headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in headers


def test_head_is_get_without_a_body(guest, board):
    response = guest.head(BOARDS)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["ETag"] == guest.get(BOARDS).headers["ETag"]
