"""Export of challenges to a file, and its import."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from challenges.models import Challenge
from core.write_guard import bypassing_services
from tests.builders import DAY, make_challenge, make_milestone

LISTED = "admin:challenges_challenge_changelist"


def exported(client, *challenges):
    selected = [str(challenge.pk) for challenge in challenges]
    return client.post(reverse(LISTED), {"action": "export_chosen", "_selected_action": selected})


def import_file(client, content):
    file = SimpleUploadedFile("challenges.json", content, "application/json")
    return client.post(reverse("admin:challenges_challenge_import"), {"document": file})


def test_challenge_arrives_as_a_draft_with_its_milestones(marketer):
    challenge = make_challenge(at=timezone.now() - DAY, eud_title_ja="今月")
    make_milestone(challenge, 200, at=timezone.now() - DAY)
    key, file = challenge.pk, exported(marketer, challenge).content
    with bypassing_services("what a test needs"):
        challenge.delete()

    response = import_file(marketer, file)

    arrived = Challenge.objects.get()
    assert response.url == reverse(LISTED)
    assert (arrived.id, arrived.status, arrived.eud_title_ja) == (key, "draft", "今月")
    assert arrived.milestones.get().milestone_target_value == 200


def test_file_that_exists_already_is_refused_by_name(marketer):
    challenge = make_challenge(at=timezone.now() - DAY)

    response = import_file(marketer, exported(marketer, challenge).content)

    assert response.context["form"].errors["document"][0].startswith("challenges.0")
    assert Challenge.objects.count() == 1


def test_file_of_anything_else_is_refused(marketer):
    nonsense, another = (import_file(marketer, content).context["form"] for content in (b"nonsense", b"[1]"))

    assert nonsense.errors == {"document": ["This is not JSON: line 1, column 1."]}
    assert another.errors == {"document": ["version: This is no export of challenges of version 1."]}


def test_support_may_export_and_not_import(support):
    challenge = make_challenge(at=timezone.now() - DAY)

    assert exported(support, challenge).status_code == 200
    assert support.get(reverse("admin:challenges_challenge_import")).status_code == 403
