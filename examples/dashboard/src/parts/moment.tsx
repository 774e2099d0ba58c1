// A moment: how long ago, and on the second look exactly when.
import { ago, moment } from '../format'

export function Moment({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  if (!at) return <span className="dim">–</span>
  return (
    <time dateTime={at} title={moment(at)}>
      {exact ? moment(at) : ago(at)}
    </time>
  )
}
