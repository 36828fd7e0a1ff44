"""The demo storefront at /demo/, under DEBUG alone: a customer's shop page with the challenges in it.

The page holds no key: activity goes to `/demo/activity`, which plays the shop's own server, and the component
reads the public API with the member's token. It keeps no session: the address says who visits.
"""
