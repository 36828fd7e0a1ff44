"""A reward's history: who changed what, and reverting to a version."""

from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from rewards.domain import reward_service
from rewards.models import Reward
from tests.builders import make_reward
from tests.staff import sent


def test_version_of_a_reward_is_reverted_by_its_form(marketer):
    reward = make_reward(name="A", eud_reward_title_de="Alt")
    reward.name, reward.eud_reward_title_de = "B", "Neu"
    reward_service.save(reward, at=timezone.now())
    first = reward.history.order_by("history_date", "history_id").first()
    address = reverse("admin:rewards_reward_simple_history", args=[reward.pk, first.history_id])
    opened = marketer.get(address)

    response = marketer.post(address, sent(opened))

    assert response.status_code == 302
    stored = Reward.objects.get()
    assert (stored.name, stored.eud_reward_title_de) == ("A", "Alt")
    assert stored.history.first().history_user.username == "mia"


def test_version_of_a_reward_is_not_saved_by_viewers(marketer, support):
    reward = make_reward(name="A")
    version = reward.history.first()
    address = reverse("admin:rewards_reward_simple_history", args=[reward.pk, version.history_id])
    data = sent(marketer.get(address), name="Mine")

    response = support.post(address, data)

    assert response.status_code == 403
    assert Reward.objects.get().name == "A"


def test_history_shows_who_and_what(marketer):
    reward = make_reward(name="A")
    change = reverse("admin:rewards_reward_change", args=[reward.pk])
    marketer.post(change, sent(marketer.get(change), name="B"))

    page = marketer.get(reverse("admin:rewards_reward_history", args=[reward.pk])).content.decode()

    assert "mia" in page
    assert "Name" in page


def test_history_names_each_change_once(marketer):
    reward = make_reward(name="A")
    change = reverse("admin:rewards_reward_change", args=[reward.pk])
    marketer.post(change, sent(marketer.get(change), eud_reward_title_en="Mug"))

    listed = marketer.get(reverse("admin:rewards_reward_history", args=[reward.pk]))

    newest = listed.context["page_obj"][0]
    changes = newest.history_delta_changes
    assert [(row["field"], row["new"]) for row in changes] == [("Title [en]", "Mug")]


def test_version_links_back_to_the_history(marketer):
    reward = make_reward(name="A")
    history = reverse("admin:rewards_reward_history", args=[reward.pk])
    listed = marketer.get(history)
    version = reverse(
        "admin:rewards_reward_simple_history", args=[reward.pk, listed.context["page_obj"][0].pk]
    )

    assertContains(listed, f'href="{version}"')
    assertContains(marketer.get(version), f'href="{history}"')
