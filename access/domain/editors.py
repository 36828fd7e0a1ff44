"""Name who edits, for the records that an edit leaves behind."""

from simple_history.models import HistoricalRecords

from core import actors


def current_editor() -> str:
    """Return the name of the staff account of the request under way, else of the API key or command."""
    request = getattr(HistoricalRecords.context, "request", None)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return str(user.get_username())
    return actors.current().name
