"""Retry, revoke and their kin, on real workers wherever something runs."""
