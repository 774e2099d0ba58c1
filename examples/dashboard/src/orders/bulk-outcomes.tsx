// What became of each task of an order for many: those with the same outcome stand together.
import { Link } from 'react-router'

import { taskAddress } from '../addresses'
import { count } from '../format'
import type { BulkItem } from './bulk-run'

const FEW = 10
const SHOWN = 200

export function Outcomes({ items, done }: { items: BulkItem[]; done: string }) {
  if (items.length === 0) return null
  return (
    <div className="outcomes" role="group" aria-label="Outcome of each task">
      {together(items).map((alike) => (
        <Alike key={kindOf(alike[0])} items={alike} done={done} isOpen={items.length <= FEW} />
      ))}
    </div>
  )
}

type Alike = [BulkItem, ...BulkItem[]]

function kindOf({ outcome, error }: BulkItem): string {
  return `${outcome} ${error?.message ?? ''}`
}

// What was skipped comes first: there, somebody may have to do something.
function together(items: BulkItem[]): Alike[] {
  const kinds = new Map<string, Alike>()
  for (const item of items) {
    const alike = kinds.get(kindOf(item))
    if (alike) alike.push(item)
    else kinds.set(kindOf(item), [item])
  }
  const isSkipped = ([item]: Alike) => Number(item.outcome === 'SKIPPED')
  return [...kinds.values()].sort((one, other) => isSkipped(other) - isSkipped(one))
}

function Alike({ items, done, isOpen }: { items: Alike; done: string; isOpen: boolean }) {
  const words = { DONE: done, PENDING: `would be ${done}`, SKIPPED: 'skipped' }
  const { outcome, error } = items[0]
  return (
    <details open={isOpen}>
      <summary>
        <span className="tag" data-outcome={outcome}>
          {count(items.length)} {words[outcome]}
        </span>{' '}
        {error && <span className="dim">{error.message}</span>}
      </summary>
      <ul>
        {items.slice(0, SHOWN).map((item) => (
          <li key={item.taskId}>
            <Link to={taskAddress(item.newTaskId ?? item.taskId)} className="mono">
              {item.taskId}
            </Link>
          </li>
        ))}
        {items.length > SHOWN && <li className="dim">and {count(items.length - SHOWN)} more</li>}
      </ul>
    </details>
  )
}
