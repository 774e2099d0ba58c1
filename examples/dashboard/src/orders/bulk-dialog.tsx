// Retry, revoke or delete everything that matches: a rehearsal, then the order, its progress and each task's outcome.
import { useMemo, useState } from 'react'

import type { RetryScope, TaskResultFilter } from '../gql/graphql'
import { count } from '../format'
import { Dialog } from '../parts/dialog'
import { ProgressBar } from '../parts/progress'
import { Loading, Problem } from '../parts/states'
import { Outcomes } from './bulk-outcomes'
import { useBulkRun, type BulkItem, type BulkKind, type BulkRun } from './bulk-run'
import { ReasonField } from './reason-field'
import { Refusals } from './refusals'
import { ScopeChoice } from './scope-choice'
import { TerminationFields, WAITING_ONLY } from './termination'

const WORDS = {
  retry: { title: 'Retry what failed', verb: 'Retry', done: 'retried', what: 'failed or revoked' },
  revoke: { title: 'Revoke what is not finished', verb: 'Revoke', done: 'revoked', what: 'unfinished' },
  delete: { title: 'Delete what is finished', verb: 'Delete', done: 'deleted', what: 'finished' },
} as const
type Words = (typeof WORDS)[BulkKind]

interface Props {
  kind: BulkKind
  filter: TaskResultFilter
  close: (hasChanged: boolean) => void
}

export function BulkDialog({ kind, filter, close }: Props) {
  const [fixed] = useState(filter) // the list goes on behind the dialog; the order does not change with it
  const [scope, setScope] = useState<RetryScope>('ALONE')
  const [termination, setTermination] = useState(WAITING_ONLY)
  const [reason, setReason] = useState('')
  const order = useMemo(() => ({ kind, filter: fixed, scope, termination }), [kind, fixed, scope, termination])
  const run = useBulkRun(order)
  const words = WORDS[kind]
  const leave = () => close(run.phase !== 'idle')

  return (
    <Dialog
      title={words.title}
      close={leave}
      actions={<Actions kind={kind} run={run} start={() => void run.carryOn(reason)} close={leave} />}
    >
      {run.problem && <Problem>{run.problem}</Problem>}
      <Refusals errors={run.latest?.errors ?? run.plan?.errors ?? []} />
      {run.phase === 'idle' && (
        <>
          {run.plan && <Plan items={run.plan.items} matched={run.plan.matchedCount} words={words} />}
          {!run.plan && !run.problem && <Loading what="what would be done" />}
          {kind === 'retry' && <ScopeChoice scope={scope} setScope={setScope} />}
          {kind === 'revoke' && (
            <TerminationFields label="End those that run" termination={termination} setTermination={setTermination} />
          )}
          {kind === 'delete' && (
            <p className="notice warn">
              Results, tracebacks and the arguments that retries would need are gone for good.
            </p>
          )}
          <ReasonField reason={reason} setReason={setReason} />
        </>
      )}
      {run.latest && <Progress latest={run.latest} words={words} />}
      {run.phase !== 'idle' && <Outcomes items={run.items} done={words.done} />}
    </Dialog>
  )
}

interface ActionProps {
  kind: BulkKind
  run: BulkRun
  start: () => void
  close: () => void
}

function Actions({ kind, run, start, close }: ActionProps) {
  const matched = run.plan?.matchedCount ?? 0
  const hasMoved = run.latest?.errors.some((error) => error.code === 'SELECTION_CHANGED')
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
      {run.phase === 'halted' ? (
        <button className="primary" onClick={hasMoved ? run.lookAgain : start}>
          {hasMoved ? 'Look again' : 'Carry on'}
        </button>
      ) : (
        <button className={kind === 'retry' ? 'primary' : 'danger'} disabled={matched === 0} onClick={start}>
          {WORDS[kind].verb} {count(matched)}
        </button>
      )}
    </>
  )
}

function Plan({ items, matched, words }: { items: BulkItem[]; matched: number; words: Words }) {
  return (
    <>
      <p>
        <strong>{count(matched)}</strong> {words.what} {matched === 1 ? 'task matches' : 'tasks match'} the filter.
        {items.length < matched && ` The first ${count(items.length)} were looked at:`}
      </p>
      <Outcomes items={items} done={words.done} />
    </>
  )
}

function Progress({ latest, words }: { latest: NonNullable<BulkRun['latest']>; words: Words }) {
  const { matchedCount, remainingCount, doneCount, skippedCount } = latest
  if (matchedCount === 0) return null // it was refused before it began
  return (
    <div className="bulk-progress">
      <ProgressBar value={matchedCount - remainingCount} total={matchedCount} label="Tasks dealt with" />
      <p role="status">
        {count(doneCount)} {words.done}, {count(skippedCount)} skipped, {count(remainingCount)} to go
      </p>
    </div>
  )
}
