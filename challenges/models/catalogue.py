"""Store the config version: one row, by which every process sees that configuration has changed."""

from django.db import models


class Catalogue(models.Model):
    """The one row that holds the config version.

    Every edit of a challenge, milestone or reward sets a new random version in its own transaction
    (`challenges.caches.config.invalidate`). A cache is valid while the version is the same, so that an edit
    shows at once in every worker.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="catalogue_one_row"),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"
