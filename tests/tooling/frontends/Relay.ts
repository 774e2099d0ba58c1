// What Relay's compiler asks of a server: connections, refetching by `node`, and types from the operations.
import { graphql } from 'relay-runtime'

import type { RelayRetryMutation } from './generated/RelayRetryMutation.graphql'
import type { RelayTasks$data } from './generated/RelayTasks.graphql'

graphql`
  query RelayQuery($filter: TaskResultFilter) {
    ...RelayTasks @arguments(filter: $filter)
  }
`

graphql`
  fragment RelayTasks on Query
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 50 }
    cursor: { type: "String" }
    filter: { type: "TaskResultFilter" }
  )
  @refetchable(queryName: "RelayTasksPaginationQuery") {
    taskResults(first: $count, after: $cursor, filter: $filter) @connection(key: "RelayTasks_taskResults") {
      edges {
        node {
          id
          state
          dateDone
          args { json isTruncated }
          ...RelayTask
        }
      }
    }
  }
`

graphql`
  fragment RelayTask on TaskResult
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" })
  @refetchable(queryName: "RelayTaskRefetchQuery") {
    taskId
    children(first: $count, after: $cursor) @connection(key: "RelayTask_children") {
      edges { node { id } }
    }
  }
`

graphql`
  mutation RelayRetryMutation($input: RetryTaskInput!) {
    retryTask(input: $input) {
      errors { __typename ... on UserError { code message } }
    }
  }
`

type Task = RelayTasks$data['taskResults']['edges'][number]['node']
export const doneAt = (task: Task): string | null | undefined => task.dateDone
export const codes = (done: RelayRetryMutation['response']): string[] =>
  done.retryTask.errors.map((error) => (error.__typename === '%other' ? 'unknown' : (error.code ?? '')))
// @ts-expect-error there is no such field
export const wrong = (task: Task): string => task.nope
