// Parts of a whole, by state; the words below say the same.
import type { StateCount, TaskState } from '../gql/graphql'
import { count } from '../format'
import { stateColor } from './state-badge'

type Counted = Pick<StateCount, 'state' | 'status' | 'count'>

export function StateBar({ counts, size, label }: { counts: Counted[]; size: number; label: string }) {
  const text = counts.map((each) => `${count(each.count)} ${each.status}`).join(', ') || 'nothing yet'
  return (
    <div className="bar" role="img" aria-label={`${label}: ${text}`} title={text}>
      {counts.map((each) => (
        <span key={each.status} style={{ width: share(each.count, size), background: stateColor(each.state) }} />
      ))}
    </div>
  )
}

export function ProgressBar({ value, total, label }: { value: number; total: number; label: string }) {
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={value}
    >
      <span style={{ width: share(value, total), background: 'var(--accent)' }} />
    </div>
  )
}

export function Legend({ counts }: { counts: Counted[] }) {
  return (
    <ul className="legend">
      {counts.map((each) => (
        <li key={each.status}>
          <Dot state={each.state} /> {count(each.count)} <span className="dim">{each.status}</span>
        </li>
      ))}
    </ul>
  )
}

export function Dot({ state }: { state: TaskState }) {
  return <span className="dot" style={{ background: stateColor(state) }} aria-hidden />
}

const share = (part: number, whole: number): string => `${whole ? (100 * part) / whole : 0}%`
