import pytest
from django.contrib.admin import AdminSite, ModelAdmin, site

from core.admin import registry
from members.models import Member
from rewards.models import Reward


@pytest.fixture(autouse=True)
def _nothing_noted(monkeypatch):
    monkeypatch.setattr(registry, "_admins", {})
    monkeypatch.setattr(registry, "_extensions", {})


def test_extensions_come_in_front_the_last_one_first():
    class Own(ModelAdmin):
        def words(self):
            return ["own"]

    class Lower(ModelAdmin):
        def words(self):
            return ["lower", *super().words()]

    class Upper(ModelAdmin):
        def words(self):
            return ["upper", *super().words()]

    registry.register(Member)(Own)
    registry.extend(Member)(Lower)
    registry.extend(Member)(Upper)
    fresh = AdminSite()

    registry.register_all(fresh)

    assert fresh.get_model_admin(Member).words() == ["upper", "lower", "own"]


def test_a_model_is_registered_once():
    registry.register(Member)(ModelAdmin)

    with pytest.raises(ValueError, match="Member has an admin already"):
        registry.register(Member)(ModelAdmin)


def test_an_extension_of_no_admin_stops_the_start():
    registry.extend(Reward)(ModelAdmin)

    with pytest.raises(ValueError, match="never registered: Reward"):
        registry.register_all(AdminSite())


def test_nothing_of_ours_is_registered_twice():
    """A model has one admin, which the apps above extend."""
    ours = ("access", "challenges", "members", "milestones", "rewards")

    assert {model._meta.label for model in site._registry if model._meta.app_label in ours} == {
        "access.ApiKey",
        "access.StaffAction",
        "challenges.Activity",
        "challenges.Challenge",
        "challenges.ChallengeLog",
        "challenges.ChallengeProgress",
        "members.Member",
        "milestones.Milestone",
        "rewards.CouponCode",
        "rewards.Reward",
        "rewards.RewardLog",
    }
    assert site.get_model_admin(Member).__class__.__mro__[1].__name__ == "BackofficeMemberAdmin"
