"""The shared conventions of the API (docs/api.md, Conventions). `views` shows how to write a resource."""
