"""Who may see and do what, and what nobody sees."""
