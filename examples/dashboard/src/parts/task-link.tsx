// A task, in one line that leads to its page.
import { Link } from 'react-router'

import { taskAddress } from '../addresses'
import type { TaskLineFragment } from '../gql/graphql'
import { seconds, splitName } from '../format'
import { StateBadge } from './state-badge'

export function TaskName({ name }: { name: string | null | undefined }) {
  const parts = splitName(name)
  return (
    <span className="task-name">
      <span className="module">{parts.module}</span>
      {parts.name}
    </span>
  )
}

export function TaskLink({ task, isHere = false }: { task: TaskLineFragment; isHere?: boolean }) {
  return (
    <span className="task-link">
      <StateBadge state={task.state} status={task.status} />
      {isHere ? (
        <strong aria-current="page">
          <TaskName name={task.taskName} />
        </strong>
      ) : (
        <Link to={taskAddress(task.taskId)}>
          <TaskName name={task.taskName} />
        </Link>
      )}
      <span className="dim">
        {task.runtimeSeconds === null ? task.taskId.slice(0, 8) : seconds(task.runtimeSeconds)}
      </span>
    </span>
  )
}
