// Who did what: every order, also those that were refused.
import { useMemo } from 'react'
import { Link, useSearchParams } from 'react-router'

import { taskAddress } from '../addresses'
import { OperationListDocument, type OperationFilter, type OperationListQuery } from '../gql/graphql'
import { count } from '../format'
import { usePages } from '../pages'
import { Moment } from '../parts/moment'
import { Sentinel } from '../parts/sentinel'
import { SettledInput } from '../parts/settled-input'
import { Empty } from '../parts/states'
import { TaskName } from '../parts/task-link'
import { useTitle } from '../parts/title'
import { JsonTree } from '../parts/value'
import { needs, useMay } from '../viewer'

type Line = OperationListQuery['operations']['edges'][number]['node']

const ACTIONS: Record<string, string> = {
  retry: 'Retry',
  revoke: 'Revoke',
  forget: 'Delete',
  forget_group: 'Delete a group',
  bulk_retry: 'Retry many',
  bulk_revoke: 'Revoke many',
  bulk_forget: 'Delete many',
}

export function OperationsPage() {
  useTitle('Operations')
  if (!useMay('view_operation')) return <Empty title="You may not see operations">{needs('view_operation')}</Empty>
  return <Operations />
}

function Operations() {
  const [address, setAddress] = useSearchParams()
  const actor = address.get('actor') ?? ''
  const task = address.get('task') ?? ''
  const showsParts = address.has('parts')
  const filter = useMemo(() => {
    const found: OperationFilter = {}
    if (actor) found.actor = { eq: actor }
    if (task) found.taskId = { eq: task }
    else if (!showsParts) found.isPart = false // an order for many is one line, with what it has come to
    return found
  }, [actor, task, showsParts])
  const pages = usePages(OperationListDocument, { filter }, (data) => data.operations)
  const choose = (name: string, value: string) =>
    setAddress(
      (before) => {
        if (value) before.set(name, value)
        else before.delete(name)
        return before
      },
      { replace: true },
    )
  return (
    <section className="card list">
      <header className="list-head">
        <h1>Operations</h1>
        <div className="actions">
          <label className="check">
            <input
              type="checkbox"
              checked={showsParts}
              onChange={(event) => choose('parts', event.target.checked ? '1' : '')}
            />
            Each task of an order for many
          </label>
          <label className="field inline">
            By <SettledInput value={actor} change={(name) => choose('actor', name)} placeholder="user name" isWhole />
          </label>
          {task && <button onClick={() => choose('task', '')}>Of every task</button>}
        </div>
      </header>
      <ul className="lines operations">
        {pages.rows.map((line) => (
          <Operation key={line.id} line={line} choose={choose} />
        ))}
      </ul>
      {!pages.loading && !pages.error && pages.rows.length === 0 && (
        <Empty title={actor || task ? 'No operation matches' : 'Nobody ordered anything yet'}>
          Retries, revokes and deletions appear here, with who ordered them and why.
        </Empty>
      )}
      <Sentinel pages={pages} what="operations" />
    </section>
  )
}

function outcome({ matchedCount, doneCount, skippedCount, remainingCount }: NonNullable<Line['bulk']>): string {
  const rest = [skippedCount && `${count(skippedCount)} skipped`, remainingCount && `${count(remainingCount)} left`]
  return [`${count(doneCount)} of ${count(matchedCount)} tasks`, ...rest.filter(Boolean)].join(', ')
}

function Operation({ line, choose }: { line: Line; choose: (name: string, value: string) => void }) {
  return (
    <li>
      <details>
        <summary>
          <span className="tag" data-operation={line.state}>
            {line.errorCode ?? line.state}
          </span>
          <strong>{ACTIONS[line.action] ?? line.action}</strong>
          <span className="what">
            {line.taskName ? <TaskName name={line.taskName} /> : line.bulk ? outcome(line.bulk) : ''}
          </span>
          <span>{line.actor ?? 'the service'}</span>
          <Moment at={line.startedAt} />
        </summary>
        <div className="operation-body">
          {line.reason && <p>Reason: {line.reason}</p>}
          <p>
            {line.taskId && (
              <>
                Task{' '}
                <Link to={taskAddress(line.taskId)} className="mono">
                  {line.taskId}
                </Link>{' '}
              </>
            )}
            {line.state === 'DONE' && line.newTaskId && line.newTaskId !== line.taskId && (
              <>
                was run again as{' '}
                <Link to={taskAddress(line.newTaskId)} className="mono">
                  {line.newTaskId}
                </Link>{' '}
              </>
            )}
            {line.actor && (
              <button className="quiet" onClick={() => choose('actor', line.actor ?? '')}>
                Only by {line.actor}
              </button>
            )}
          </p>
          {line.input !== null && <JsonTree value={line.input} label="What the order said" />}
        </div>
      </details>
    </li>
  )
}
