from access.models.api_key import ApiKey, WrongKeys
from access.models.staff_action import StaffAction

__all__ = ["ApiKey", "StaffAction", "WrongKeys"]
