"""The only publishers and controllers of tasks: retry, revoke, forget, one by one or in bulk, each on record."""
