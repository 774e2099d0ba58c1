// gql.tada reads operations in TypeScript's own types; nothing is generated but the schema.
import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada'

import type { introspection } from './schema'

const graphql = initGraphQLTada<{
  introspection: introspection
  scalars: { DateTime: string; Duration: string; JSON: unknown }
}>()

const Tasks = graphql(`
  query Tasks($first: Int, $filter: TaskResultFilter) {
    taskResults(first: $first, filter: $filter) {
      nodes { taskId state dateDone args { json } error { type message } }
      count(max: 100) { value isExact }
    }
  }
`)

const Retry = graphql(`
  mutation Retry($input: RetryTaskInput!) {
    retryTask(input: $input) {
      errors { __typename ... on UserError { code message } }
    }
  }
`)

type Task = ResultOf<typeof Tasks>['taskResults']['nodes'][number]
export const doneAt = (task: Task): string | null => task.dateDone
export const failed: VariablesOf<typeof Tasks> = { filter: { state: { eq: 'FAILURE' } } }
export const one: VariablesOf<typeof Retry> = { input: { task: { taskId: 'one' } } }
// @ts-expect-error there is no such state
export const typo: VariablesOf<typeof Tasks> = { filter: { state: { eq: 'FAILED' } } }
// @ts-expect-error there is no such field
export const wrong = (task: Task): string => task.nope
