"""What outlives the process: SQLAlchemy Core on SQLite or PostgreSQL, the durable writer, shared state."""
