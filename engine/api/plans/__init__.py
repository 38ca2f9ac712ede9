"""Annual plans: lines handed in, merged, approved, published, dispatched as tasks."""
