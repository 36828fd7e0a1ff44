"""The staff's admin: its site, and what the admin modules of every app are made of.

Only `theme` imports django-unfold.
"""
