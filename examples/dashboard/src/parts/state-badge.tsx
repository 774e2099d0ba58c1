// The state of a task: a word, a colour, and a shape for those who do not see the colour.
import type { TaskState } from '../gql/graphql'

export function StateBadge({ state, status }: { state: TaskState; status: string }) {
  return (
    <span className="badge" data-state={state}>
      {status}
    </span>
  )
}

export function stateColor(state: TaskState): string {
  return `var(--state-${state.toLowerCase()})`
}
