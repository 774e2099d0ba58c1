// The family: the tree of the workflow, further runs of the same task, and the run that this one repeats.
import { Link } from 'react-router'
import { useQuery } from 'urql'

import { listAddress } from '../addresses'
import {
  TaskChildrenDocument,
  TaskWorkflowDocument,
  type TaskLineFragment,
  type TaskWorkflowQuery,
} from '../gql/graphql'
import { count } from '../format'
import { usePages } from '../pages'
import { Legend } from '../parts/progress'
import { Sentinel } from '../parts/sentinel'
import { Failure, Loading } from '../parts/states'
import { TaskLink } from '../parts/task-link'
import type { Task } from './task'

type Workflow = NonNullable<TaskWorkflowQuery['taskResult']>['workflow']
type Member = Workflow['tasks'][number]

export function Lineage({ task }: { task: Task }) {
  const [{ data, error }] = useQuery({ query: TaskWorkflowDocument, variables: { ref: { taskId: task.taskId } } })
  const workflow = data?.taskResult?.workflow
  const runs = task.retriedAs.nodes
  return (
    <>
      {(task.retriedFrom || runs.length > 0) && (
        <section className="card">
          <h2>Runs</h2>
          <ul className="tree">
            {task.retriedFrom && <Run label="repeats" task={task.retriedFrom} />}
            {runs.map((run) => (
              <Run key={run.id} label="run again as" task={run} />
            ))}
          </ul>
        </section>
      )}
      <section className="card">
        <h2>Workflow</h2>
        {error && <Failure error={error} />}
        {!workflow && !error && <Loading what="the workflow" />}
        {workflow && <Tree workflow={workflow} here={task.taskId} />}
      </section>
      {workflow?.isTruncated && <Family task={task} />}
    </>
  )
}

function Run({ label, task }: { label: string; task: TaskLineFragment }) {
  return (
    <li>
      <span className="dim">{label}</span> <TaskLink task={task} />
    </li>
  )
}

function Tree({ workflow, here }: { workflow: Workflow; here: string }) {
  const { tasks, stateCounts, isTruncated, rootTaskId } = workflow
  if (tasks.length <= 1) return <p className="dim">No other task belongs to it.</p>
  const known = new Set(tasks.map((task) => task.taskId))
  const tops = tasks.filter((task) => !task.parentTaskId || !known.has(task.parentTaskId))
  const children = new Map<string, Member[]>()
  for (const task of tasks)
    if (task.parentTaskId) children.set(task.parentTaskId, [...(children.get(task.parentTaskId) ?? []), task])
  return (
    <>
      <Legend counts={stateCounts} />
      <Branch members={tops} children={children} here={here} />
      {isTruncated && (
        <p className="dim">
          Only the first {count(tasks.length)} tasks are shown;{' '}
          <Link to={listAddress({ root: rootTaskId, span: 'all' })}>the list has all of them</Link>.
        </p>
      )}
    </>
  )
}

interface BranchProps {
  members: Member[]
  children: Map<string, Member[]>
  here: string
}

// An only child stands below its parent, not beside it: a chain of twenty tasks does not walk out of the page.
function Branch({ members, children, here }: BranchProps) {
  return (
    <ul className={members.length === 1 ? 'tree only' : 'tree'}>
      {members.map((member) => {
        const below = children.get(member.taskId)
        return (
          <li key={member.id}>
            <TaskLink task={member} isHere={member.taskId === here} />
            {below && <Branch members={below} children={children} here={here} />}
          </li>
        )
      })}
    </ul>
  )
}

// Who sent this task and what it sent, of which a tree that was cut may show nothing.
function Family({ task }: { task: Task }) {
  const pages = usePages(TaskChildrenDocument, { ref: { taskId: task.taskId } }, (data) => data.taskResult?.children)
  return (
    <section className="card">
      <h2>Next to it</h2>
      <ul className="tree">
        {task.parent && <Run label="sent by" task={task.parent} />}
        {pages.rows.map((child) => (
          <Run key={child.id} label="sent" task={child} />
        ))}
      </ul>
      <Sentinel pages={pages} what="what it sent" />
    </section>
  )
}
