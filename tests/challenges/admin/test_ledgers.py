"""Ledgers in the admin: a record's own page says in words what its list shows as a badge."""

from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from challenges.models import ChallengeLog
from tests.builders import DAY, log_activity, make_challenge


def test_page_of_a_log_says_in_words_what_became_of_it(support):
    now = timezone.now()
    log_activity(make_challenge(at=now - DAY), 100, at=now)

    page = support.get(reverse("admin:challenges_challengelog_change", args=[ChallengeLog.objects.get().pk]))

    assertContains(page, "Counted")
    assertNotContains(page, "&#x27;counted&#x27;")
