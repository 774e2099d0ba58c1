// What the retry dialog asks, and the order that follows from it.
import type { RetryOverrides, RetryScope, RetryTaskInput, RetryTaskMutation, TaskState } from '../gql/graphql'
import { argsOf, kwargsOf } from './json-edit'

export type Outcome = RetryTaskMutation['retryTask']

export interface Form {
  scope: RetryScope
  confirmed: boolean
  isEditing: boolean
  // JSON; an empty text leaves them as they were sent.
  args: string
  kwargs: string
  queue: string
  countdown: string
  reason: string
}

export const FORM: Form = {
  scope: 'ALONE',
  confirmed: false,
  isEditing: false,
  args: '',
  kwargs: '',
  queue: '',
  countdown: '',
  reason: '',
}

// Empty where there is no JSON to show, as it was cut.
export function written(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value, null, 2)
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
  if (form.args.trim() && form.args !== written(before?.args?.json)) {
    const { value, problem } = argsOf(form.args)
    if (problem !== undefined) problems.push(problem)
    else overrides.args = value
  }
  if (form.kwargs.trim()) {
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
