// What the retry dialog asks, and the order that follows from it.
import type { RetryOverrides, RetryScope, RetryTaskInput, RetryTaskMutation, TaskState } from '../gql/graphql'
import { argsOf, kwargsOf } from './json-edit'

export type Outcome = RetryTaskMutation['retryTask']

export interface Form {
  scope: RetryScope
  confirmed: boolean
  args: string | null
  kwargs: string | null
  queue: string
  countdown: string
  reason: string
}

export const FORM: Form = {
  scope: 'ALONE',
  confirmed: false,
  args: null,
  kwargs: null,
  queue: '',
  countdown: '',
  reason: '',
}

export function inputOf(
  taskId: string,
  state: TaskState,
  form: Form,
  asSent: Outcome | null,
): { input: RetryTaskInput; problems: string[] } {
  const overrides: RetryOverrides = {}
  const problems: string[] = []
  const before = asSent?.preview
  if (form.args !== null && form.args !== JSON.stringify(before?.args?.json, null, 2)) {
    const { value, problem } = argsOf(form.args)
    if (problem !== undefined) problems.push(problem)
    else overrides.args = value
  }
  if (form.kwargs !== null) {
    const { value, problem } = kwargsOf(form.kwargs, before?.kwargs?.json)
    if (problem !== undefined) problems.push(problem)
    else if (Object.keys(value).length) overrides.kwargs = value
  }
  if (form.queue) overrides.queue = form.queue
  if (form.countdown) overrides.countdownSeconds = Number(form.countdown)
  const input: RetryTaskInput = { task: { taskId }, scope: form.scope, reason: form.reason || null }
  if (Object.keys(overrides).length) input.overrides = overrides
  if (form.confirmed) Object.assign(input, { allowRetried: true, allowStates: ['FAILURE', 'REVOKED', state] })
  return { input, problems }
}
