// The family: the tree of the workflow, further runs of the same task, and the run that this one repeats.
import { useQuery } from 'urql'

import { TaskWorkflowDocument, type TaskLineFragment, type TaskWorkflowQuery } from '../gql/graphql'
import { Legend } from '../parts/progress'
import { Failure, Loading } from '../parts/states'
import { TaskLink } from '../parts/task-link'
import type { Task } from './task-page'

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
        {workflow && <Tree workflow={workflow} here={task} />}
      </section>
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

function Tree({ workflow, here }: { workflow: Workflow; here: Task }) {
  if (workflow.tasks.length <= 1) return <p className="dim">No other task belongs to it.</p>
  const known = new Set(workflow.tasks.map((task) => task.taskId))
  const tops = workflow.tasks.filter((task) => !task.parentTaskId || !known.has(task.parentTaskId))
  return (
    <>
      <Legend counts={workflow.stateCounts} />
      <Branch members={tops} all={workflow.tasks} here={here} depth={0} />
      {workflow.isTruncated && <p className="dim">Only the first {workflow.tasks.length} tasks are shown.</p>}
    </>
  )
}

const DEEPEST = 12

function Branch({ members, all, here, depth }: { members: Member[]; all: Member[]; here: Task; depth: number }) {
  if (members.length === 0 || depth > DEEPEST) return null
  return (
    <ul className="tree">
      {members.map((member) => (
        <li key={member.id}>
          <TaskLink task={member} isHere={member.taskId === here.taskId} />
          <Branch
            members={all.filter((each) => each.parentTaskId === member.taskId)}
            all={all}
            here={here}
            depth={depth + 1}
          />
        </li>
      ))}
    </ul>
  )
}
