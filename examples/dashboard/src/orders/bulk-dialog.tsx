// Retry or revoke everything that matches: first a rehearsal, then the order with its progress and each task's outcome.
import { useEffect, useState } from 'react'
import { Link } from 'react-router'

import { taskAddress } from '../filters'
import type { TaskResultFilter } from '../gql/graphql'
import { count } from '../format'
import { Dialog } from '../parts/dialog'
import { ProgressBar } from '../parts/progress'
import { Loading } from '../parts/states'
import { useBulkRun, type BulkItem, type BulkKind, type BulkRun } from './bulk-run'
import { Refusals } from './refusals'

export type { BulkKind }

const WORDS = {
  retry: { title: 'Retry what failed', verb: 'Retry', done: 'retried', what: 'failed or revoked' },
  revoke: { title: 'Revoke what is waiting', verb: 'Revoke', done: 'revoked', what: 'unfinished' },
} as const
const SHOWN = 200

interface Props {
  kind: BulkKind
  filter: TaskResultFilter
  close: () => void
}

export function BulkDialog({ kind, filter, close }: Props) {
  const [fixed] = useState(filter) // the list goes on behind the dialog; the order does not change with it
  const run = useBulkRun(kind, fixed)
  const [reason, setReason] = useState('')
  const words = WORDS[kind]
  const { rehearse } = run
  useEffect(() => void rehearse(), [rehearse])
  const matched = run.plan?.matchedCount ?? 0

  return (
    <Dialog
      title={words.title}
      close={close}
      actions={<Actions run={run} matched={matched} verb={words.verb} reason={reason} close={close} />}
    >
      {run.problem && (
        <p className="notice bad" role="alert">
          {run.problem}
        </p>
      )}
      <Refusals errors={run.latest?.errors ?? run.plan?.errors ?? []} />
      {!run.plan && !run.problem && <Loading what="what would be done" />}
      {run.plan && run.phase === 'idle' && (
        <>
          <p>
            <strong>{count(matched)}</strong> {words.what} {matched === 1 ? 'task matches' : 'tasks match'} the list’s
            filter.
            {run.plan.items.length < matched && ` The first ${count(run.plan.items.length)} were looked at:`}
          </p>
          <Outcomes items={run.plan.items} done={words.done} />
          <label className="field">
            Reason, for the record
            <input value={reason} onChange={(event) => setReason(event.target.value)} />
          </label>
        </>
      )}
      {run.latest && <Progress run={run} done={words.done} />}
      {run.phase !== 'idle' && <Outcomes items={run.items} done={words.done} />}
    </Dialog>
  )
}

interface ActionProps {
  run: BulkRun
  matched: number
  verb: string
  reason: string
  close: () => void
}

function Actions({ run, matched, verb, reason, close }: ActionProps) {
  const start = () => void run.carryOn(reason)
  if (run.phase === 'running') return <button onClick={run.halt}>Pause</button>
  if (run.phase === 'done')
    return (
      <button className="primary" onClick={close}>
        Close
      </button>
    )
  return (
    <>
      <button onClick={close}>{run.phase === 'halted' ? 'Close' : 'Cancel'}</button>
      <button className="primary" disabled={matched === 0} onClick={start}>
        {run.phase === 'halted' ? 'Carry on' : `${verb} ${count(matched)}`}
      </button>
    </>
  )
}

function Progress({ run, done }: { run: BulkRun; done: string }) {
  if (!run.latest) return null
  const { matchedCount, remainingCount, doneCount, skippedCount } = run.latest
  return (
    <div className="bulk-progress">
      <ProgressBar value={matchedCount - remainingCount} total={matchedCount} label="Tasks dealt with" />
      <p role="status">
        {count(doneCount)} {done}, {count(skippedCount)} skipped, {count(remainingCount)} to go
      </p>
    </div>
  )
}

function Outcomes({ items, done }: { items: BulkItem[]; done: string }) {
  const words = { DONE: done, PENDING: `would be ${done}`, SKIPPED: 'skipped' }
  const skipped = items.filter((item) => item.outcome === 'SKIPPED')
  const shown = [...skipped, ...items.filter((item) => item.outcome !== 'SKIPPED')].slice(0, SHOWN)
  if (items.length === 0) return null
  return (
    <ul className="outcomes" aria-label="Outcome of each task" tabIndex={0}>
      {shown.map((item) => (
        <li key={item.taskId}>
          <Link to={taskAddress(item.newTaskId ?? item.taskId)} className="mono">
            {item.taskId}
          </Link>
          <span className="tag" data-outcome={item.outcome}>
            {words[item.outcome]}
          </span>
          {item.error && <span className="dim">{item.error.message}</span>}
        </li>
      ))}
      {items.length > SHOWN && <li className="dim">and {count(items.length - SHOWN)} more</li>}
    </ul>
  )
}
