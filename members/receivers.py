"""Answer apps below whether a member has an identifier that the present rule refuses."""

from typing import Any

from django.dispatch import receiver

from core.identifiers import member_sought
from members.models import Member


@receiver(member_sought, dispatch_uid="members.has_member")
def has_member(external_id: str, **kwargs: Any) -> bool:
    return Member.objects.known_as(external_id).exists()
