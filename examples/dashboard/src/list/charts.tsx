// The numbers of everything that matches: by state, over time, and how long each task takes.
import { lazy, Suspense, useMemo } from 'react'
import { useQuery } from 'urql'

import type { Filters, Span } from '../filters'
import {
  StatsBreakdownDocument,
  StatsDocument,
  StatsOverTimeDocument,
  type NumbersFragment,
  type TaskResultFilter,
  type TaskState,
  type TimeBucketUnit,
} from '../gql/graphql'
import { count, percent, seconds } from '../format'
import { useEvery } from '../parts/every'
import { useIsNarrow } from '../parts/narrow'
import { Dot, StateBar } from '../parts/progress'
import { Failure, Loading } from '../parts/states'

const OverTime = lazy(() => import('./over-time-chart'))
const Runtimes = lazy(() => import('./runtime-chart'))

const BUCKETS: Record<Span, { unit: TimeBucketUnit; step: number }> = {
  PT1H: { unit: 'MINUTE', step: 2 },
  PT24H: { unit: 'HOUR', step: 1 },
  P7D: { unit: 'HOUR', step: 6 },
  P30D: { unit: 'DAY', step: 1 },
  all: { unit: 'WEEK', step: 1 },
}
const RENEWED_EVERY = 15000

interface Props {
  filter: TaskResultFilter | undefined
  span: Span
  states: TaskState[]
  change: (changes: Partial<Filters>) => void
  isLive: boolean
}

export function Charts({ filter, span, states, change, isLive }: Props) {
  const timeZone = useMemo(() => new Intl.DateTimeFormat().resolvedOptions().timeZone, [])
  const [total, totalAgain] = useQuery({ query: StatsDocument, variables: { filter } })
  const [series, seriesAgain] = useQuery({
    query: StatsOverTimeDocument,
    variables: { filter, ...BUCKETS[span], timeZone },
  })
  const [tasks, tasksAgain] = useQuery({ query: StatsBreakdownDocument, variables: { filter, by: ['TASK_NAME'] } })
  const again = () => [totalAgain, seriesAgain, tasksAgain].forEach((ask) => ask({ requestPolicy: 'network-only' }))
  useEvery(isLive ? RENEWED_EVERY : 0, again)
  const isNarrow = useIsNarrow()
  const numbers = total.data?.taskResultStats.total
  const error = total.error ?? series.error ?? tasks.error
  if (error)
    return (
      <section className="card">
        <Failure error={error} retry={again} />
      </section>
    )

  const figures = (
    <>
      <figure className="card">
        <figcaption>Tasks over time</figcaption>
        <Suspense fallback={<Loading what="the chart" />}>
          {series.data ? (
            <OverTime buckets={series.data.taskResultStats.timeSeries} unit={BUCKETS[span].unit} />
          ) : (
            <Loading what="the chart" />
          )}
        </Suspense>
      </figure>
      <figure className="card">
        <figcaption>
          Runtime by task <span className="dim">median, to the 95th percentile</span>
        </figcaption>
        <Suspense fallback={<Loading what="the chart" />}>
          {tasks.data ? (
            <Runtimes buckets={tasks.data.taskResultStats.groups} choose={(name) => change({ name })} />
          ) : (
            <Loading what="the chart" />
          )}
        </Suspense>
      </figure>
    </>
  )
  return (
    <section className="charts" aria-label="Statistics">
      <div className="card figures">
        <dl>
          <Figure label="Tasks" value={numbers ? count(numbers.count) : '…'} />
          <Figure
            label="Succeeded"
            value={numbers ? (numbers.successRate === null ? '–' : percent(numbers.successRate)) : '…'}
          />
          <Figure label="Median runtime" value={numbers ? runtime(numbers, 'median') : '…'} />
          <Figure label="95th percentile" value={numbers ? runtime(numbers, 'p95') : '…'} />
        </dl>
        {numbers && (
          <>
            <StateBar counts={numbers.stateCounts} size={numbers.count} label="Tasks by state" />
            <ul className="state-list">
              {merged(numbers.stateCounts).map(([state, number]) => (
                <li key={state}>
                  <button
                    className="quiet"
                    aria-pressed={states.includes(state)}
                    onClick={() =>
                      change({
                        states: states.includes(state) ? states.filter((each) => each !== state) : [...states, state],
                      })
                    }
                  >
                    <Dot state={state} /> {state} <span className="number">{count(number)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      {isNarrow ? (
        <details className="card">
          <summary>Charts</summary>
          {figures}
        </details>
      ) : (
        figures
      )}
    </section>
  )
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function runtime({ runtime }: NumbersFragment, which: 'median' | 'p95'): string {
  const value = runtime[which]
  return `${runtime.isApproximate && value !== null ? '≈ ' : ''}${seconds(value)}`
}

// States of the tasks' own are one state here: they are filtered as one.
function merged(counts: { state: TaskState; count: number }[]): [TaskState, number][] {
  const sums = new Map<TaskState, number>()
  counts.forEach(({ state, count }) => sums.set(state, (sums.get(state) ?? 0) + count))
  return [...sums].sort((one, other) => other[1] - one[1])
}
