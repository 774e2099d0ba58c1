// The numbers and charts of everything that matches; a phone shows the charts when they are asked for.
import { useState } from 'react'

import { useIsNarrow } from '../parts/narrow'
import { Charts } from './charts'
import { Numbers } from './numbers'
import type { Selection } from './selection'

export function Statistics(selection: Selection) {
  const isNarrow = useIsNarrow()
  const [isOpen, setOpen] = useState(false)
  return (
    <section className="charts" aria-label="Statistics">
      <Numbers {...selection} />
      {isNarrow ? (
        <details className="card" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>Charts</summary>
          {isOpen && <Charts {...selection} />}
        </details>
      ) : (
        <Charts {...selection} />
      )}
    </section>
  )
}
