"""Every way to write a model past its service raises, and names the service."""

import ast
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from challenges.models import Challenge
from core.write_guard import GuardedModel, ServiceBypassed, bypassing_services, writing
from members.models import Member
from milestones.models import Milestone
from rewards.models import Reward
from tests.builders import NOW, make_challenge, make_member, make_milestone, make_reward

ROOT = Path(__file__).resolve().parents[2]
GUARDED = [Challenge, Milestone, Reward, Member]
# Who may open the guard of which models; whoever else calls `writing` goes past the services.
WRITERS = {
    "challenges/editing/impact.py": {"Challenge"},
    "challenges/editing/persistence.py": {"Challenge", "Milestone"},
    "challenges/editing/service.py": {"Challenge", "Milestone"},
    "challenges/engine/backfill.py": {"Challenge"},
    "challenges/engine/rule_versions.py": {"Challenge", "Milestone"},
    "members/domain/directory.py": {"Member"},
    "members/domain/erasing.py": {"Member"},
    "members/domain/member_service.py": {"Member"},
    "rewards/domain/pool_levels.py": {"Reward"},
    "rewards/domain/reward_service.py": {"Reward"},
}


@pytest.fixture
def stored(db):
    """A stored record of each guarded model."""
    challenge = make_challenge()
    records = [challenge, make_milestone(challenge), make_reward(), make_member()]
    return {type(record): type(record).objects.get(pk=record.pk) for record in records}


def unsaved(record):
    """Another record like this one, under an id of its own."""
    model = type(record)
    values = {f.attname: getattr(record, f.attname) for f in model._meta.concrete_fields if f.name != "id"}
    return model(**values | ({"external_id": "another"} if model is Member else {}))


def create_values(record):
    another = unsaved(record)
    return {f.attname: getattr(another, f.attname) for f in type(record)._meta.concrete_fields}


def fixture_of(record, folder):
    file = folder / "records.json"
    fields = {"name": "Past the service"} if not isinstance(record, Member) else {"external_id": "past"}
    file.write_text(json.dumps([{"model": record._meta.label_lower, "pk": str(record.pk), "fields": fields}]))
    return str(file)


WRITES = {
    "save": lambda record, _folder: record.save(),
    "save of one column": lambda record, _folder: record.save(update_fields=["updated_at"]),
    "save_base": lambda record, _folder: record.save_base(),
    "save of a new one": lambda record, _folder: unsaved(record).save(),
    "delete": lambda record, _folder: record.delete(),
    "create": lambda record, _folder: type(record).objects.create(**create_values(record)),
    "get_or_create": lambda record, _folder: type(record).objects.get_or_create(
        id=unsaved(record).id, defaults=create_values(record)
    ),
    "update_or_create": lambda record, _folder: type(record).objects.update_or_create(
        id=record.id, defaults={"updated_at": NOW}
    ),
    "bulk_create": lambda record, _folder: type(record).objects.bulk_create([unsaved(record)]),
    "bulk_create of none": lambda record, _folder: type(record).objects.bulk_create([]),
    "bulk_update": lambda record, _folder: type(record).objects.bulk_update([record], ["updated_at"]),
    "update": lambda record, _folder: type(record).objects.update(updated_at=NOW),
    "update of some": lambda record, _folder: (
        type(record).objects.filter(id=record.id).update(updated_at=NOW)
    ),
    "delete of some": lambda record, _folder: type(record).objects.filter(id=record.id).delete(),
    "delete of none": lambda record, _folder: type(record).objects.none().delete(),
    "fixture": lambda record, folder: call_command("loaddata", fixture_of(record, folder), verbosity=0),
}


def rows(model):
    return list(model.objects.order_by("pk").values())


def test_every_model_of_a_service_is_guarded():
    assert set(GuardedModel.__subclasses__()) == set(GUARDED)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("model", GUARDED)
def test_write_past_the_service_raises_and_stores_nothing(stored, model, write, tmp_path):
    before = rows(model)

    with pytest.raises(ServiceBypassed) as refused:
        WRITES[write](stored[model], tmp_path)

    assert f"{model._meta.label} is written by {model.written_by} only" in str(refused.value)
    assert "bypassing_services" in str(refused.value)
    assert rows(model) == before


def test_related_managers_are_guarded_too(stored):
    challenge = stored[Challenge]

    with pytest.raises(ServiceBypassed):
        challenge.milestones.update(status="paused")
    with pytest.raises(ServiceBypassed):
        challenge.milestones.create(name="Past", description="d", milestone_target_value=1)


@pytest.mark.parametrize("model", GUARDED)
def test_service_that_is_named_exists(model):
    path = ROOT / (model.written_by.replace(".", "/") + ".py")

    assert path.is_file()


def test_writing_opens_these_models_alone_and_closes_after_an_error(stored):
    with writing(Reward):
        Reward.objects.update(updated_at=NOW)
        with pytest.raises(ServiceBypassed):
            Member.objects.update(updated_at=NOW)
    with pytest.raises(ZeroDivisionError), writing(Reward):
        raise ZeroDivisionError

    with pytest.raises(ServiceBypassed):
        Reward.objects.update(updated_at=NOW)


def test_who_bypasses_the_services_says_why_and_is_in_the_log(stored, caplog):
    with bypassing_services("a repair by hand"):
        for model in GUARDED:
            model.objects.update(updated_at=NOW)
    with pytest.raises(ServiceBypassed):
        Reward.objects.update(updated_at=NOW)
    with pytest.raises(ValueError), bypassing_services(" "):
        pass

    assert [record.getMessage() for record in caplog.records if record.name == "core.write_guard"] == [
        "Models are written past their services: a repair by hand"
    ]


def test_models_of_migrations_are_not_guarded(stored):
    apps = MigrationLoader(connection).project_state().apps

    for model in GUARDED:
        past = apps.get_model(model._meta.label)
        assert past.objects.update(updated_at=timezone.now()) == 1


def called(module, name):
    """The names that are passed to a function of this name in a module, for each call."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
            yield {ast.unparse(argument) for argument in node.args}


def modules():
    for app in ("access", "backoffice", "challenges", "challenges_project", "core", "demo", "members",
                "milestones", "rewards"):  # fmt: skip
        yield from (ROOT / app).rglob("*.py")


def test_services_alone_open_the_guard():
    opened = {}
    for module in modules():
        if models := set().union(*called(module, "writing")):
            opened[str(module.relative_to(ROOT))] = models
    opened.pop("core/write_guard.py")

    assert opened == WRITERS


def test_nothing_of_ours_bypasses_the_services():
    assert [module for module in modules() if list(called(module, "bypassing_services"))] == []
