"""A challenge with many milestones shows them in parts, none of which is a long page."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.editing import service
from challenges.models import Challenge
from milestones.admin.milestone import PART
from milestones.models import Milestone
from tests.builders import DAY, make_challenge, make_milestone
from tests.staff import rung, sent

pytestmark = pytest.mark.thorough
LAST = "?milestones=2"


@pytest.fixture
def challenge(db):
    """Milestones at 10, 20 and so on, two more than a part holds."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY)
    milestones = [
        Milestone(name=f"At {target}", description="d", status="live", milestone_target_value=target)
        for target in range(10, 10 * (PART + 3), 10)
    ]
    service.save(challenge, milestones, at=now - DAY)
    return Challenge.objects.get()


def page_of(challenge):
    return reverse("admin:challenges_challenge_change", args=[challenge.pk])


def shown(response):
    (inline,) = response.context["inline_admin_formsets"]
    return [form.instance.milestone_target_value for form in inline.formset.initial_forms]


def stored():
    return list(Milestone.objects.order_by("milestone_target_value").values_list("name", flat=True))


@pytest.mark.parametrize(
    ("part", "targets"),
    [
        ("", range(10, 310, 10)),
        ("?milestones=1", range(10, 310, 10)),
        (LAST, (310, 320)),
        ("?milestones=99", (310, 320)),
        ("?milestones=0", range(10, 310, 10)),
        ("?milestones=x", range(10, 310, 10)),
    ],
)
def test_part_is_shown_and_the_others_are_named(marketer, challenge, part, targets):
    page = marketer.get(page_of(challenge) + part)

    assert shown(page) == list(targets)
    words = re.sub(r"\s+", " ", page.content.decode())
    assert f"Milestones {min(targets) // 10} to {max(targets) // 10} of 32" in words


def test_few_milestones_have_no_parts(marketer, db):
    challenge = make_challenge()
    make_milestone(challenge, 200)

    page = marketer.get(page_of(challenge))

    assert b"desk-parts" not in page.content


def test_edit_of_a_part_leaves_the_others(marketer, challenge):
    before = stored()
    opened = marketer.get(page_of(challenge) + LAST)
    changes = {"milestones-1-name": "Edited", "milestones-TOTAL_FORMS": "3", **rung(2, 5)}

    answer = marketer.post(page_of(challenge) + LAST, sent(opened, **changes))

    assert (answer.status_code, answer["Location"]) == (302, page_of(challenge) + LAST)
    assert stored() == ["At 5", *before[:-1], "Edited"]


def test_milestone_of_a_part_is_removed(marketer, challenge):
    opened = marketer.get(page_of(challenge) + LAST)

    marketer.post(page_of(challenge) + LAST, sent(opened, **{"milestones-0-DELETE": "on"}))

    assert Milestone.objects.unarchived().count() == PART + 1
    assert not Milestone.objects.unarchived().filter(milestone_target_value=310).exists()


def test_refused_part_is_shown_again(marketer, challenge):
    opened = marketer.get(page_of(challenge) + LAST)

    answer = marketer.post(page_of(challenge) + LAST, sent(opened, **{"milestones-1-name": ""}))

    assert shown(answer) == [310, 320]
    assert answer.context["milestone_errors"] == 1


def test_part_that_has_moved_meanwhile_is_saved(marketer, challenge):
    """Another milestone came in front, so that the second part begins one later."""
    opened = marketer.get(page_of(challenge) + LAST)
    make_milestone(challenge, 5, name="Came first")

    asked = marketer.post(page_of(challenge) + LAST, sent(opened, **{"milestones-1-name": "Edited"}))

    differences = asked.context["question"].context["differences"]
    assert [difference.label for difference in differences] == []
    asked_again = sent(asked, confirmed=asked.context["question"].answer)
    saved = marketer.post(page_of(challenge) + LAST, asked_again)
    assert saved.status_code == 302
    assert Milestone.objects.get(name="Edited").milestone_target_value == Decimal(320)


def test_preview_of_a_part_has_all_milestones(marketer, challenge):
    opened = marketer.get(page_of(challenge) + LAST)
    preview = reverse("backoffice:preview", args=[challenge.pk])

    answer = marketer.post(preview, sent(opened))

    assert len(answer.json()["data"]["milestones"]) == PART + 2


def test_milestone_leads_to_its_part(marketer, challenge):
    for target, part in ((300, ""), (310, LAST)):
        milestone = Milestone.objects.get(milestone_target_value=target)
        button = reverse("admin:milestones_milestone_to_its_challenge", args=[milestone.pk])

        assert marketer.get(button)["Location"] == f"{page_of(challenge)}{part}#section-milestones"


def test_copy_of_more_than_a_form_takes_says_so(marketer, challenge):
    add = reverse("admin:challenges_challenge_add")
    copy_of_few = marketer.get(f"{add}?copy={challenge.pk}")
    for target in range(401, 411):
        make_milestone(challenge, target)

    copy_of_many = marketer.get(f"{add}?copy={challenge.pk}")

    words = "The first 40 of 42 milestones are copied."
    assert words not in copy_of_few.content.decode()
    assert words in copy_of_many.content.decode()
