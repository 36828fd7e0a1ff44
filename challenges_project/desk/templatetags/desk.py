"""What the desk's templates need beside Django's own."""

from typing import Any

from django import template

from challenges_project.desk.examples import STATES

register = template.Library()


@register.simple_tag
def preview_states() -> tuple[tuple[Any, Any], ...]:
    return STATES
