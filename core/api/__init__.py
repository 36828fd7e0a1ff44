"""Every shared convention of the wire contract, built once. `views` says how to write a resource."""
