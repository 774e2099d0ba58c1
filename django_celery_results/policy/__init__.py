"""Who asks, what they may see and do, and what is never shown. Asked by `query`, `actions`, the admin and the views."""
