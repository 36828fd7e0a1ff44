"""The same task as most Django projects would do it: a ModelSerializer, `save()`, a `post_save` receiver.

A fair rival: indexes where queries need them, one transaction a request, thresholds paid by get_or_create.
It does less than we do: nobody is identified, no windows in time zones, no late activity, no replays with the
same answer, no reversals.
"""
