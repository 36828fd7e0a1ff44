from django.urls import path

from benchmarks.usual_way.views import ChallengeLogView

urlpatterns = [path("challenge_log", ChallengeLogView.as_view())]
