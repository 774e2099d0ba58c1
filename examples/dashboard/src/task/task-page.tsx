// One task: what it was given, what became of it, who is around it, and what can be done about it.
import { ArrowLeft, Ban, RotateCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { useQuery } from 'urql'

import { useWayBack } from '../addresses'
import { TaskPageDocument } from '../gql/graphql'
import { splitName } from '../format'
import { DeleteDialog } from '../orders/delete-dialog'
import { CONFIRMABLE, RetryDialog } from '../orders/retry-dialog'
import { RevokeDialog } from '../orders/revoke-dialog'
import { ChordCard } from '../parts/chord-card'
import { useEvery } from '../parts/every'
import { useKeys } from '../parts/keys'
import { ReasonedButton } from '../parts/reasoned-button'
import { Empty, Failure, Loading } from '../parts/states'
import { StateBadge } from '../parts/state-badge'
import { TaskName } from '../parts/task-link'
import { useTitle } from '../parts/title'
import { Copier } from '../parts/value'
import { needs, useMay } from '../viewer'
import { Facts } from './facts'
import { Lineage } from './lineage'
import { Payload } from './payload'
import type { Task } from './task'
import { Progress, Timeline } from './timeline'

const RENEWED_EVERY = 2000

export function TaskPage() {
  const { taskId = '' } = useParams()
  const [{ data, error }, again] = useQuery({ query: TaskPageDocument, variables: { ref: { taskId } } })
  const task = data?.taskResult
  const navigate = useNavigate()
  const back = useWayBack()
  useTitle(task ? `${splitName(task.taskName).name} ${task.status}` : 'Task')
  useKeys({ Escape: () => void navigate(back) })
  useEvery(task && isUnderWay(task) ? RENEWED_EVERY : 0, () => again({ requestPolicy: 'network-only' }))
  if (error && !task) return <Failure error={error} retry={() => again({ requestPolicy: 'network-only' })} />
  if (!data || (task && task.taskId !== taskId)) return <Loading what="the task" />
  if (!task)
    return (
      <Empty title="There is no such task">
        It may have been deleted, or you may not see it. <Link to={back}>All tasks</Link>
      </Empty>
    )
  return <TaskView key={task.id} task={task} />
}

function isUnderWay({ isReady, chord }: Task): boolean {
  return !isReady || (chord !== null && chord.state !== 'DONE' && chord.state !== 'FAILED')
}

function TaskView({ task }: { task: Task }) {
  const [dialog, setDialog] = useState<'retry' | 'revoke' | 'delete' | null>(null)
  const close = () => setDialog(null)
  const isConfirmable = task.viewerRetryBlockers.every((blocker) => CONFIRMABLE.includes(blocker.code))
  const retryReasons = isConfirmable ? [] : task.viewerRetryBlockers.map((blocker) => blocker.message)
  const revokeReasons = task.viewerRevokeBlockers.map((blocker) => blocker.message)
  const deleteReasons = useMay('delete_taskresult') ? [] : [needs('delete_taskresult')]
  const back = useWayBack()
  useKeys({
    r: () => retryReasons.length === 0 && setDialog('retry'),
    x: () => revokeReasons.length === 0 && setDialog('revoke'),
    d: () => deleteReasons.length === 0 && setDialog('delete'),
  })
  return (
    <article>
      <header className="page-head">
        <Link to={back} className="back">
          <ArrowLeft aria-hidden /> All tasks
        </Link>
        <div className="title-row">
          <h1>
            <TaskName name={task.taskName} />
          </h1>
          <StateBadge state={task.state} status={task.status} />
        </div>
        <div className="title-row">
          <p className="mono id">
            {task.taskId} <Copier text={task.taskId} what="the id" />
          </p>
          <div className="actions">
            <ReasonedButton className="primary" reasons={retryReasons} onClick={() => setDialog('retry')}>
              <RotateCw aria-hidden /> Retry …
            </ReasonedButton>
            <ReasonedButton reasons={revokeReasons} onClick={() => setDialog('revoke')}>
              <Ban aria-hidden /> Revoke …
            </ReasonedButton>
            <ReasonedButton reasons={deleteReasons} onClick={() => setDialog('delete')}>
              <Trash2 aria-hidden /> Delete …
            </ReasonedButton>
          </div>
        </div>
      </header>
      <div className="columns">
        <div className="main-column">
          {task.progress && <Progress progress={task.progress} />}
          <Payload task={task} />
        </div>
        <aside className="side-column">
          <Timeline task={task} />
          <Facts task={task} />
          {task.chord && <ChordCard chord={task.chord} />}
          <Lineage task={task} />
        </aside>
      </div>
      {dialog === 'retry' && (
        <RetryDialog taskId={task.taskId} state={task.state} blockers={task.viewerRetryBlockers} close={close} />
      )}
      {dialog === 'revoke' && <RevokeDialog taskId={task.taskId} close={close} />}
      {dialog === 'delete' && <DeleteDialog taskId={task.taskId} isReady={task.isReady} close={close} />}
    </article>
  )
}
