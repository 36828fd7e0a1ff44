"""An index that holds further columns where the database can do that."""

from typing import Any

from django.db import models


class CoveringIndex(models.Index):
    """An index with `covering`, columns that it holds beside its own.

    Django's own `include` warns on SQLite (models.W040), which ignores it and is no slower for it.
    """

    def __init__(self, *expressions: Any, covering: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*expressions, **options)
        self.covering = tuple(covering)

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **options: Any) -> Any:
        plain = models.Index(
            fields=list(self.fields), name=self.name, condition=self.condition, include=self.covering
        )
        return plain.create_sql(model, schema_editor, using, **options)

    def deconstruct(self) -> Any:
        path, expressions, options = super().deconstruct()
        return path, expressions, {**options, "covering": self.covering}
