"""The three operations that `make demo` prints to try; `make demo-check` sends them."""

from demo.config import sample_id

LATEST = """\
{
  taskResults(first: 20) {
    nodes { taskId taskName state dateDone error { type message } }
  }
}"""


def retry_report() -> str:
    return f"""\
mutation {{
  retryTask(input: {{task: {{taskId: "{sample_id("report")}"}}}}) {{
    taskId
    errors {{ ... on UserError {{ code message }} }}
  }}
}}"""


def revoke_reminder() -> str:
    return f"""\
mutation {{
  revokeTask(input: {{task: {{taskId: "{sample_id("reminder")}"}}}}) {{
    task {{ state }}
    errors {{ ... on UserError {{ code message }} }}
  }}
}}"""
