"""The back office's admin site, and the base classes, fields and mixins of every app's admin modules.

Only `theme` imports django-unfold.
"""
