"""Saved groups, pages of them, and which ones."""

from __future__ import annotations

from .phrases import ELSE, NO_NULL, PAYLOAD, VIEW

WORDS: dict[str, dict[str, str]] = {
    "GroupResult": {
        "": "A saved group of tasks.",
        "id": "The global id: refetch by `node`.",
        "groupId": "Celery's id.",
        "dateCreated": "When the row was made.",
        "dateDone": f"When the last of its tasks finished. Null until all have. {VIEW}",
        "result": f"The tuple of its tasks, as Celery stores it. {PAYLOAD} {ELSE}",
        "size": "Tasks in it, as Celery recorded them; rows may exist for fewer.",
        "isReady": f"Whether all its tasks are ready. {VIEW}",
        "isSuccessful": f"Whether all its tasks succeeded. {VIEW}",
        "completedCount": f"Tasks that are ready. {VIEW}",
        "stateCounts": f"Its tasks by state, the most frequent first; only those with a row. {VIEW}",
        "parent": "The group it came after in its chain. Null where none did, or its row is gone or hidden.",
        "parentTask": f"The task it came after in its chain. Null where none did, or its row is gone or hidden. {VIEW}",
        "chord": "How far the chord is whose header this group is. Null where it is no header.",
        "tasks": f"Its tasks, newest first; only those with a row. {VIEW}",
    },
    "ChordState": {
        "": "Where a chord stands.",
        "OPEN": "Waits for its members.",
        "CLAIMED": "Its body is being sent.",
        "DONE": "Its body was sent.",
        "FAILED": "A member failed; the body was not run.",
        "HEALING": "Failed members run again; the body is sent once all have succeeded.",
    },
    "ChordProgress": {
        "": "How far a chord has come.",
        "state": "Where it stands.",
        "total": "Members. Null until the last one is published.",
        "completedCount": "Members that have returned; while it heals, those that succeeded.",
        "remainingCount": "Members that are still awaited. Null until the last one is published.",
        "bodyTaskId": "Celery's id of the body. Null where it was not recorded.",
        "body": f"The body. Null until it has a row, or where that is gone or hidden. {VIEW}",
    },
    "GroupResultConnection": {
        "": "A page of groups.",
        "edges": "The groups with their cursors.",
        "nodes": "The groups.",
        "pageInfo": "Whether and where the list goes on.",
        "totalCount": "Rows of the whole list, exactly. Each of them is counted, so prefer `count`.",
        "count": "Rows of the whole list, counted no further than `max`.",
        "count.max": "Where to stop counting; 100,000 at most.",
    },
    "GroupResultEdge": {
        "": "A group and its place in a list.",
        "cursor": "Its place, for `after` and `before`.",
        "node": "The group.",
    },
    "GroupResultFilter": {
        "": f"Which groups. {NO_NULL}",
        "groupId": "Celery's id.",
        "dateCreated": "When the row was made.",
    },
    "GroupResultOrder": {
        "": "The order of a list of groups. The primary key decides among equals, in the same direction.",
        "field": "What to order by.",
        "direction": "Which end comes first.",
    },
    "GroupResultOrderField": {
        "": "What groups can be ordered by.",
        "DATE_CREATED": "When the row was made.",
    },
}
