"""Short forms of what actions return."""

from django_celery_results.actions.outcome import BulkOutcome, ErrorCode, ForgetOutcome, RetryOutcome, RevokeOutcome


def refusal_codes(outcome: RetryOutcome | RevokeOutcome | ForgetOutcome | BulkOutcome) -> list[ErrorCode]:
    """Return the code of each refusal."""
    return [refusal.code for refusal in outcome.refusals]
