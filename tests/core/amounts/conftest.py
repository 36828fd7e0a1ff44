"""A table of its own: two amounts and a plain number, on whichever database the run is on."""

import pytest
from django.apps.registry import Apps
from django.db import connection, models

from core.amounts import AmountField, amount_range_check


class Purse(models.Model):
    value = AmountField(null=True, blank=True)
    target = AmountField(default=500)
    visits = models.IntegerField(default=0)

    class Meta:
        app_label = "purses"
        apps = Apps()
        constraints = [
            amount_range_check("value", "purse_value_range", minimum=None),
            amount_range_check("target", "purse_target_range", minimum="0.0001"),
        ]

    def __str__(self):
        return f"{self.value} of {self.target}"


@pytest.fixture(scope="session")
def purse_table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Purse)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Purse)


@pytest.fixture
def purses(purse_table, db):
    """The manager of an empty table of purses."""
    return Purse.objects
