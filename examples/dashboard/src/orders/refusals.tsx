// Why the service refused an order, in its own words.
import { ShieldAlert } from 'lucide-react'

import type { BlockerFragment } from '../gql/graphql'

interface Refusal {
  message: string
  path: string[]
  blockers?: BlockerFragment[]
  permission?: string | null
}

export function Refusals({ errors }: { errors: Refusal[] }) {
  if (errors.length === 0) return null
  return (
    <div className="notice bad" role="alert">
      <ShieldAlert aria-hidden />
      <ul>
        {errors.map((error) => (
          <li key={error.message + error.path.join()}>
            {error.path.length > 0 && <code>{error.path.join('.')}</code>} {reasonsOf(error)}
            {error.permission && (
              <>
                {' '}
                Missing: <code>{error.permission}</code>.
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

function reasonsOf({ message, blockers = [] }: Refusal): string {
  return blockers.length > 1 ? blockers.map((each) => each.message).join(' ') : message
}
