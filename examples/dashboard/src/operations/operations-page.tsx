// Who did what: every order, also those that were refused.
import { useMemo } from 'react'
import { Link, useSearchParams } from 'react-router'

import { taskAddress } from '../filters'
import { OperationListDocument, type OperationFilter, type OperationListQuery } from '../gql/graphql'
import { usePages } from '../pages'
import { Moment } from '../parts/moment'
import { Sentinel } from '../parts/sentinel'
import { Empty } from '../parts/states'
import { TaskName } from '../parts/task-link'
import { JsonTree } from '../parts/value'
import { needs, useMay } from '../viewer'

type Line = OperationListQuery['operations']['edges'][number]['node']

export function OperationsPage() {
  if (!useMay('view_operation')) return <Empty title="You may not see operations">{needs('view_operation')}</Empty>
  return <Operations />
}

function Operations() {
  const [address, setAddress] = useSearchParams()
  const actor = address.get('actor') ?? ''
  const task = address.get('task') ?? ''
  const filter = useMemo(() => {
    const found: OperationFilter = {}
    if (actor) found.actor = { eq: actor }
    if (task) found.taskId = { eq: task }
    return found
  }, [actor, task])
  const pages = usePages(OperationListDocument, { filter }, (data) => data.operations)
  const choose = (name: string, value: string) =>
    setAddress((before) => {
      if (value) before.set(name, value)
      else before.delete(name)
      return before
    }, { replace: true })
  return (
    <section className="card list">
      <header className="list-head">
        <h1>Operations</h1>
        <div className="fields">
          <label className="field inline">
            By <input type="search" defaultValue={actor} onChange={(event) => choose('actor', event.target.value)} />
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
        <Empty title="Nobody ordered anything yet">Retries, revokes and deletions appear here, with who ordered them and why.</Empty>
      )}
      <Sentinel pages={pages} what="operations" />
    </section>
  )
}

function Operation({ line, choose }: { line: Line; choose: (name: string, value: string) => void }) {
  return (
    <li>
      <details>
        <summary>
          <span className="tag" data-operation={line.state}>{line.errorCode ?? line.state}</span>
          <strong>{line.action}</strong>
          <span className="what">{line.taskName ? <TaskName name={line.taskName} /> : line.taskId ? '' : 'many tasks'}</span>
          <span className="who">{line.actor ?? 'the service'}</span>
          <Moment at={line.startedAt} />
        </summary>
        <div className="operation-body">
          {line.reason && <p>Reason: {line.reason}</p>}
          <p>
            {line.taskId && <>Task <Link to={taskAddress(line.taskId)} className="mono">{line.taskId}</Link> </>}
            {line.newTaskId && line.newTaskId !== line.taskId && <>run again as <Link to={taskAddress(line.newTaskId)} className="mono">{line.newTaskId}</Link> </>}
            {line.actor && <button className="quiet" onClick={() => choose('actor', line.actor ?? '')}>Only by {line.actor}</button>}
          </p>
          {line.input !== null && <JsonTree value={line.input} label="What the order said" />}
        </div>
      </details>
    </li>
  )
}
