"""The ENGINE of DATABASES for PostgreSQL."""
