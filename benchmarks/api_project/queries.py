"""The operations that every contender answers."""

PAGE = """query Page($first: Int!) { taskResults(first: $first) { edges { node {
  id taskId status taskName worker queue retries priority periodicTaskName dateCreated dateStarted dateDone
} } pageInfo { hasNextPage } } }"""

ONE = """query One($id: ID!) { node(id: $id) { ... on TaskResult {
  id taskId status taskName worker queue retries priority periodicTaskName dateCreated dateStarted dateDone
} } }"""

GROUPS = """query Groups($first: Int!) { groupResults(first: $first) { edges { node {
  id groupId tasks(first: $first) { edges { node { id taskId status taskName } } }
} } } }"""
