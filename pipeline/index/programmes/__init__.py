"""Effects of programmes pooled over areas."""
