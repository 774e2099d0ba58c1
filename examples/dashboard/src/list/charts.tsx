// When the tasks that match were created, and how long each takes. The library that draws is loaded when it is needed.
import { lazy, Suspense, useMemo, type ReactNode } from 'react'

import type { Span } from '../filters'
import { StatsBreakdownDocument, StatsOverTimeDocument, type TimeBucketUnit } from '../gql/graphql'
import { Failure, Loading } from '../parts/states'
import { useRenewedQuery, type Renewed } from './renewed-query'
import type { Selection } from './selection'

const OverTimeChart = lazy(() => import('./over-time-chart'))
const RuntimeChart = lazy(() => import('./runtime-chart'))

const BUCKETS: Record<Span, { unit: TimeBucketUnit; step: number }> = {
  PT1H: { unit: 'MINUTE', step: 2 },
  PT24H: { unit: 'HOUR', step: 1 },
  P7D: { unit: 'HOUR', step: 6 },
  P30D: { unit: 'DAY', step: 1 },
  all: { unit: 'WEEK', step: 1 },
}

export function Charts(selection: Selection) {
  return (
    <>
      <OverTime {...selection} />
      <Runtimes {...selection} />
    </>
  )
}

function OverTime({ filter, filters, isLive }: Selection) {
  const timeZone = useMemo(() => new Intl.DateTimeFormat().resolvedOptions().timeZone, [])
  const buckets = BUCKETS[filters.span]
  const series = useRenewedQuery(
    { query: StatsOverTimeDocument, variables: { filter, ...buckets, timeZone } },
    isLive,
  )
  return (
    <figure className="card">
      <figcaption>Tasks over time</figcaption>
      <Drawn from={series}>
        {({ taskResultStats }) => <OverTimeChart buckets={taskResultStats.timeSeries} unit={buckets.unit} />}
      </Drawn>
    </figure>
  )
}

function Runtimes({ filter, change, isLive }: Selection) {
  const tasks = useRenewedQuery({ query: StatsBreakdownDocument, variables: { filter, by: ['TASK_NAME'] } }, isLive)
  return (
    <figure className="card">
      <figcaption>
        Runtime by task <span className="dim">median, to the 95th percentile</span>
      </figcaption>
      <Drawn from={tasks}>
        {({ taskResultStats }) => (
          <RuntimeChart buckets={taskResultStats.groups} choose={(name) => change({ name })} />
        )}
      </Drawn>
    </figure>
  )
}

function Drawn<Data>({ from, children }: { from: Renewed<Data>; children: (data: Data) => ReactNode }) {
  if (from.error) return <Failure error={from.error} retry={from.again} />
  if (!from.data) return <Loading what="the chart" />
  return <Suspense fallback={<Loading what="the chart" />}>{children(from.data)}</Suspense>
}
