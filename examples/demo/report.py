"""Arguments that no truncated representation can bring back: long, and nested deeper than three."""

from typing import Any

REPORT: dict[str, Any] = {
    "title": "Quarterly figures",
    "note": "Longer than the 1,024 characters that a worker's own record of arguments keeps. " * 20,
    "regions": [{"name": "north", "shops": [{"city": "Hamburg", "tills": [{"number": 1, "days": [[12, 7], [9, 4]]}]}]}],
}
