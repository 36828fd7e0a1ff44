"""What DATABASES names as its ENGINE for PostgreSQL."""
