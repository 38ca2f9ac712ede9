"""Source files as they came: encodings, sheets, deliveries with digests, files the system itself writes."""
