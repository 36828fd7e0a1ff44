"""The customer of the scenario: a backend with its key, a staff of three, and a clock that is set by hand."""

from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import quote

from challenges_project.access.models import create_key
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from members.models import Member
from rewards.models import RewardLog
from tests.staff import sent

HOST = "localhost"


class ShopClient:
    """The customer's backend with its key, the staff, and the clock. Every request takes a second."""

    def __init__(self, clock):
        self.clock = clock
        self.rewards, self.challenges, self.milestones = {}, {}, {}
        self.numbers = count(1001)
        _record, self.key = create_key("web shop", ["admin"], at=self.now)
        self.backend = Client(SERVER_NAME=HOST, headers={"Authorization": f"Api-Key {self.key}"})
        self.enrol("root", is_superuser=True)
        self.enrol("mia", "Marketers")
        self.enrol("sam", "Support")

    @property
    def now(self):
        return datetime.now(UTC)

    def at(self, text):
        """Go on to this moment, UTC; never back."""
        moment = datetime.fromisoformat(f"{text}:00+00:00")
        assert moment > self.now, text
        self.clock.move_to(moment)

    # The API

    def send(self, method, path, body=None, expect=(200, 201, 204), **how):
        self.clock.shift(timedelta(seconds=1))
        how = {"content_type": "application/json"} | how
        answer = getattr(self.backend, method)(path, body, **how)
        assert answer.status_code in expect, (method, path, body, answer.content)
        return answer.json().get("data") if answer.content else None

    def post(self, slug, **fields):
        return self.send("post", f"/schema/{slug}/record?languageCode=*", fields)

    def patch(self, slug, record_id, **fields):
        return self.send("patch", f"/schema/{slug}/record/{record_id}?languageCode=*", fields)

    def delete(self, slug, record_id):
        self.send("delete", f"/schema/{slug}/record/{quote(record_id, safe='')}")

    def reward(self, name, **fields):
        self.rewards[name] = self.post("reward", name=name, **fields)["id"]

    def challenge(self, name, period, method, target, pays=None, **fields):
        self.challenges[name] = self.post(
            "challenge",
            **{"name": name, "description": f"{name}: {method}, {period}.", "status": "live"} | fields,
            aggregationPeriod=period,
            aggregationMethod=method,
            completionTargetValue=target,
            completionRewardId=pays and self.rewards[pays],
        )["id"]

    def milestone(self, challenge, target, reward=None, **fields):
        name = fields.pop("name", f"{challenge} at {target}")
        self.milestones[name] = self.post(
            "milestone",
            linkedSchemaRecordId=self.challenges[challenge],
            **{"name": name, "description": "On the way.", "status": "live"} | fields,
            milestoneTargetValue=target,
            rewardId=reward and self.rewards[reward],
        )["id"]

    def edit(self, name, **fields):
        self.patch("challenge", self.challenges[name], **fields)

    def log(self, challenge, member, value=None, name=None, at=None, counts=True, **fields):
        """One activity, of now unless `at` says another time; whether it counts is checked."""
        body = {
            "challengeId": self.challenges[challenge],
            "activityAt": f"{at}:00Z" if at else self.now.isoformat(),
            "activityId": "purchase",
            "uniqueIdentifier": name or f"order-{next(self.numbers)}",
            **({"ownedById": member} if isinstance(member, str) else {"ownedBy": member}),
            **({} if value is None else {"activityValue": value}),
            **fields,
        }
        made = self.send("post", "/schema/challenge_log/record", body, expect=(201,))
        reason = None if counts is True else counts
        assert made["reasonCode"] == reason, made
        return made

    def take_back(self, challenge, member, original, value=None, counts=True):
        self.log(challenge, member, value, f"refund-{original}", reversalOf=original, counts=counts)

    def activity(self, activity_id, member, value=None, name=None, **fields):
        self.send(
            "post",
            "/schema/activity/record",
            {
                "ownedById": member,
                "activityAt": self.now.isoformat(),
                "activityId": activity_id,
                "uniqueIdentifier": name or f"{activity_id}-{next(self.numbers)}",
                **({} if value is None else {"activityValue": value}),
                **fields,
            },
        )

    # The staff

    def enrol(self, username, group=None, **fields):
        user = User.objects.create_user(username, password="correct horse battery", is_staff=True, **fields)
        if group:
            user.groups.add(Group.objects.get(name=group))

    def staff(self, username):
        """Logged in anew: a session lasts two weeks."""
        client = Client(SERVER_NAME=HOST)
        client.force_login(User.objects.get(username=username))
        return client

    @property
    def root(self):
        return self.staff("root")

    @property
    def mia(self):
        return self.staff("mia")

    @property
    def sam(self):
        return self.staff("sam")

    def form(self, client, address, **changes):
        """Fill in a form of the admin and answer yes to what it asks."""
        self.clock.shift(timedelta(seconds=1))
        opened = client.get(address)
        done = client.post(address, sent(opened, **changes))
        if done.status_code == 200:
            assert "question" in done.context, done.context["adminform"].form.errors
            question = done.context["question"]
            done = client.post(address, sent(opened, **changes, confirmed=question.answer))
        check_done(done)

    def page(self, client, address, typed):
        self.clock.shift(timedelta(seconds=1))
        check_done(client.post(address, typed))

    def staff_action(self, client, name, subject, **typed):
        self.page(
            client, reverse("desk:act", args=[name, subject]), {"reason": f"A {name} by phone."} | typed
        )

    def member(self, name):
        return Member.objects.get(external_id=name).id

    def reward_log(self, member, **conditions):
        """The newest reward log of a member that is so; an issued one unless `conditions` say otherwise."""
        wanted = {"member__external_id": member, "status": "issued"} | conditions
        return RewardLog.objects.filter(**wanted).order_by("-id")[0]


def check_done(answer):
    """The admin leads on to another page, which is not the login."""
    assert answer.status_code == 302, answer.content
    assert reverse("admin:login") not in answer.url
