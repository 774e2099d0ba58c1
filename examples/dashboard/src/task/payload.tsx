// Error, traceback, arguments and result; what may not be seen says which permission would show it.
import { Link } from 'react-router'

import { listAddress } from '../addresses'
import type { ValueFragment } from '../gql/graphql'
import { Copier, JsonTree, Value, wholeText } from '../parts/value'
import { needs, useMay } from '../viewer'
import type { Task } from './task'

export function Payload({ task }: { task: Task }) {
  const maySee = useMay('view_payload')
  const missing = maySee ? 'Not recorded.' : needs('view_payload')
  const noResult = maySee && !task.isReady ? 'None yet.' : missing
  return (
    <>
      {task.error && <ErrorCard error={task.error} />}
      <Section title="Positional arguments" value={task.args} missing={missing} />
      <Section title="Named arguments" value={task.kwargs} missing={missing} />
      {!task.error && !task.progress && <Section title="Result" value={task.result} missing={noResult} />}
      {isFilled(task.meta) && (
        <section className="card">
          <h2>Meta</h2>
          <JsonTree value={task.meta} label="Meta" />
        </section>
      )}
    </>
  )
}

function isFilled(meta: unknown): boolean {
  if (typeof meta !== 'object' || meta === null) return false
  return Object.values(meta).some((value) => !Array.isArray(value) || value.length > 0)
}

interface SectionProps {
  title: string
  value: ValueFragment | null
  missing: string
}

function Section({ title, value, missing }: SectionProps) {
  const whole = value && wholeText(value)
  return (
    <section className="card">
      <h2>
        {title} {whole && <Copier text={whole} what={title.toLowerCase()} />}
      </h2>
      {value ? <Value value={value} label={title} /> : <p className="dim">{missing}</p>}
    </section>
  )
}

function ErrorCard({ error }: { error: NonNullable<Task['error']> }) {
  const maySee = useMay('view_traceback')
  return (
    <section className="card error">
      <h2>
        {error.type ?? 'Error'} {error.traceback && <Copier text={error.traceback} what="the traceback" />}
      </h2>
      {error.message && <p className="error-message">{error.message}</p>}
      {error.traceback ? (
        <pre className="text traceback" tabIndex={0} aria-label="Traceback">
          {error.traceback}
        </pre>
      ) : (
        <p className="dim">{maySee ? 'No traceback was recorded.' : needs('view_traceback')}</p>
      )}
      {error.fingerprint && (
        <p>
          <Link to={listAddress({ fingerprint: error.fingerprint, span: 'all' })}>
            All tasks that failed in the same place
          </Link>
        </p>
      )}
    </section>
  )
}
