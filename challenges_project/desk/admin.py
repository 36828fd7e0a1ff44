"""What other packages registered, registered again in the theme's clothes."""

from axes.admin import AccessAttemptAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from challenges_project.admin import StaffModelAdmin, ViewOnlyAdmin
from challenges_project.admin.theme import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

for model in (User, Group, AccessAttempt, AccessLog):
    admin.site.unregister(model)


@admin.register(User)
class StaffUserAdmin(StaffModelAdmin, UserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_superuser", "last_login")


@admin.register(Group)
class StaffGroupAdmin(StaffModelAdmin, GroupAdmin):
    pass


@admin.register(AccessAttempt)
class FailedLoginAdmin(StaffModelAdmin, AccessAttemptAdmin):
    """Deleting a row lets that person try again at once."""

    actions_list = ()

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(AccessLog)
class LoginAdmin(ViewOnlyAdmin, AccessLogAdmin):
    pass
