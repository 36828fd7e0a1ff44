"""One small row that says whether any configuration has changed."""

from django.db import models


class Catalogue(models.Model):
    """Its version rises with every edit of a challenge, milestone or reward, in the edit's transaction.

    Every cache of configuration compares this one number, so that an edit shows at once in every worker.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="catalogue_one_row"),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"
