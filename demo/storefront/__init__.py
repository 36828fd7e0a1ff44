"""The demo storefront at /demo/: a shop's page that shows the challenges. It exists under DEBUG alone.

The page has no API key: it sends activity to `/demo/activity`, which stands for the shop's own server, and
the browser component reads the public API with the member's token. There is no session: the URL names the
visitor.
"""
