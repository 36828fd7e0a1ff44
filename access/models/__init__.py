from access.models.api_key import ApiKey, WrongKeys
from access.models.staff_action import StaffAction
from access.models.staff_session import StaffSession

__all__ = ["ApiKey", "StaffAction", "StaffSession", "WrongKeys"]
