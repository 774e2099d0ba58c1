// Where it ran and how it was sent.
import type { ReactNode } from 'react'
import { Link } from 'react-router'

import { groupAddress, listAddress, operationsAddress } from '../addresses'
import { count } from '../format'
import { ProgressBar } from '../parts/progress'
import { useMay } from '../viewer'
import type { Task } from './task'

export function Facts({ task }: { task: Task }) {
  const mayAudit = useMay('view_operation')
  return (
    <section className="card">
      <h2>Details</h2>
      <dl className="facts">
        <Fact name="Worker">
          {task.worker && <Link to={listAddress({ worker: task.worker })}>{task.worker}</Link>}
        </Fact>
        <Fact name="Queue">
          {task.queue && <Link to={listAddress({ queue: task.queue })}>{task.queue}</Link>}
        </Fact>
        <Fact name="Priority">{task.priority}</Fact>
        <Fact name="Own retries">{task.retries}</Fact>
        <Fact name="Schedule">
          {task.periodicTaskName && (
            <Link to={listAddress({ schedule: task.periodicTaskName })}>{task.periodicTaskName}</Link>
          )}
        </Fact>
        {mayAudit && (
          <Fact name="Who did what">
            <Link to={operationsAddress(task.taskId)}>Its operations</Link>
          </Fact>
        )}
        {task.adminUrl && (
          <Fact name="Admin">
            <a href={task.adminUrl}>Its row</a>
          </Fact>
        )}
        {task.group && (
          <Fact name="Group">
            <Link to={groupAddress(task.group.groupId)}>
              {count(task.group.completedCount)} of {count(task.group.size)} ready
            </Link>
            <ProgressBar value={task.group.completedCount} total={task.group.size} label="Ready tasks of the group" />
          </Fact>
        )}
      </dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === '') return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
