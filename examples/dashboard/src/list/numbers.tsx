// How many tasks match, how they ended and how long they took; a click on a state narrows the list to it.
import type { Filters } from '../filters'
import { StatsDocument, type NumbersFragment, type StateCount, type TaskState } from '../gql/graphql'
import { count, percent, seconds } from '../format'
import { Dot, StateBar } from '../parts/progress'
import { Failure } from '../parts/states'
import { useRenewedQuery } from './renewed-query'
import type { Selection } from './selection'

const UNKNOWN = '…'

export function Numbers({ filter, filters, change, isLive }: Selection) {
  const { data, error, again } = useRenewedQuery({ query: StatsDocument, variables: { filter } }, isLive)
  const total = data?.taskResultStats.total
  if (error)
    return (
      <div className="card figures">
        <Failure error={error} retry={again} />
      </div>
    )
  return (
    <div className="card figures">
      <dl>
        <Figure label="Tasks" value={total ? count(total.count) : UNKNOWN} />
        <Figure label="Succeeded" value={total ? share(total.successRate) : UNKNOWN} />
        <Figure label="Median runtime" value={total ? runtime(total, 'median') : UNKNOWN} />
        <Figure label="95th percentile" value={total ? runtime(total, 'p95') : UNKNOWN} />
      </dl>
      {total && (
        <>
          <StateBar counts={total.stateCounts} size={total.count} label="Tasks by state" />
          <States counts={total.stateCounts} chosen={filters.states} change={change} />
        </>
      )}
    </div>
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

function share(rate: number | null): string {
  return rate === null ? '–' : percent(rate)
}

function runtime({ runtime }: NumbersFragment, which: 'median' | 'p95'): string {
  const value = runtime[which]
  return `${runtime.isApproximate && value !== null ? '≈ ' : ''}${seconds(value)}`
}

interface StatesProps {
  counts: Pick<StateCount, 'state' | 'count'>[]
  chosen: TaskState[]
  change: (changes: Partial<Filters>) => void
}

function States({ counts, chosen, change }: StatesProps) {
  const toggle = (state: TaskState) =>
    change({ states: chosen.includes(state) ? chosen.filter((each) => each !== state) : [...chosen, state] })
  return (
    <ul className="state-list">
      {merged(counts).map(([state, number]) => (
        <li key={state}>
          <button className="quiet" aria-pressed={chosen.includes(state)} onClick={() => toggle(state)}>
            <Dot state={state} /> {state} <span className="number">{count(number)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

// States of the tasks' own are one state here: they are filtered as one.
function merged(counts: StatesProps['counts']): [TaskState, number][] {
  const sums = new Map<TaskState, number>()
  counts.forEach(({ state, count }) => sums.set(state, (sums.get(state) ?? 0) + count))
  return [...sums].sort((one, other) => other[1] - one[1])
}
