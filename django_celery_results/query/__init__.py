"""Questions about results: typed input in, rows and values out. Every one asks the policy first."""
