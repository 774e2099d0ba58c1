// The list of tasks: filters, numbers, and rows that grow while one scrolls and renew themselves while one looks.
import { useCallback, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { useClient } from 'urql'

import { addressOf, filtersOf, isNarrowed, orderOf, queryOf, type Filters } from '../filters'
import { TaskListDocument, TasksAgainDocument, type TaskListQuery } from '../gql/graphql'
import { count } from '../format'
import { BulkButtons } from '../orders/bulk-buttons'
import { usePages, type Pages } from '../pages'
import { useEvery } from '../parts/every'
import { useKeys } from '../parts/keys'
import { Sentinel } from '../parts/sentinel'
import { Empty } from '../parts/states'
import { useTitle } from '../parts/title'
import { needs, useMay } from '../viewer'
import { FilterBar } from './filter-bar'
import type { Row } from './selection'
import { Statistics } from './statistics'
import { TaskTable } from './task-table'

const RENEWED_EVERY = 5000

export function TaskListPage() {
  if (!useMay('view_taskresult')) return <Empty title="You may not see tasks">{needs('view_taskresult')}</Empty>
  return <TaskList />
}

function TaskList() {
  useTitle('Tasks')
  const [address, setAddress] = useSearchParams()
  const filters = useMemo(() => filtersOf(address), [address])
  const change = useCallback(
    (changes: Partial<Filters>) => setAddress(addressOf({ ...filters, ...changes }), { replace: true }),
    [filters, setAddress],
  )
  const filter = useMemo(() => queryOf(filters), [filters])
  const pages = usePages(TaskListDocument, { filter, orderBy: orderOf(filters) }, (data) => data.taskResults)
  const [isLive, setLive] = useState(true)
  useRenewal(pages, isLive && filters.orderField === 'DATE_CREATED' && filters.direction === 'DESC', isLive)
  useKeys({
    '/': () => document.getElementById('search')?.focus(),
    R: pages.reload,
  })
  const matched = pages.data?.taskResults.count

  return (
    <>
      <FilterBar filters={filters} change={change} isLive={isLive} setLive={setLive} />
      <Statistics filter={filter} filters={filters} change={change} isLive={isLive} />
      <section className="card list" aria-label="Tasks">
        <header className="list-head">
          <h2>
            Tasks{' '}
            {matched && (
              <span className="count">
                {count(matched.value)}
                {matched.isExact ? '' : '+'}
              </span>
            )}
          </h2>
          <BulkButtons filter={filter} afterwards={pages.reload} />
        </header>
        <TaskTable rows={pages.rows} total={matched?.value ?? pages.rows.length} filters={filters} change={change} />
        {!pages.loading && !pages.error && pages.rows.length === 0 && (
          <Empty title="No task matches">
            {isNarrowed(filters) ? (
              <button onClick={() => setAddress({})}>Clear the filters</button>
            ) : (
              'Tasks of the last 7 days appear here as soon as a worker takes them.'
            )}
          </Empty>
        )}
        <Sentinel pages={pages} what="tasks" />
      </section>
    </>
  )
}

// Newer rows come in before the first while it is in sight; rows that are not finished are asked for again.
function useRenewal(pages: Pages<TaskListQuery, Row>, grows: boolean, isLive: boolean): void {
  const client = useClient()
  useEvery(isLive ? RENEWED_EVERY : 0, () => {
    if (grows && window.scrollY < 200) pages.newer()
    const ids = pages.rows
      .filter((row) => !row.isReady)
      .slice(0, 100)
      .map((row) => row.id)
    if (ids.length === 0) return
    void client
      .query(TasksAgainDocument, { ids }, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => pages.patch((data?.nodes ?? []).filter((node) => node?.__typename === 'TaskResult') as Row[]))
  })
}
