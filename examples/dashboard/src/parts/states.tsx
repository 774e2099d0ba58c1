// What stands in place of content: it is coming, there is none, or it could not be had.
import { CircleAlert, Inbox, LoaderCircle } from 'lucide-react'
import type { ReactNode } from 'react'
import type { CombinedError } from 'urql'

export function Loading({ what }: { what: string }) {
  return (
    <p className="state" role="status">
      <LoaderCircle className="spin" aria-hidden /> Loading {what} …
    </p>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <Inbox aria-hidden />
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  )
}

// The service's own words where it answered; the network's where it did not.
export function explain(error: CombinedError): string {
  if (error.networkError) return 'The service cannot be reached. Is it running, and are you online?'
  return error.graphQLErrors.map((each) => each.message).join(' ') || error.message
}

export function Failure({ error, retry }: { error: CombinedError; retry?: () => void }) {
  return (
    <div className="state failure" role="alert">
      <CircleAlert aria-hidden />
      <strong>This did not work</strong>
      <p>{explain(error)}</p>
      {retry && <button onClick={retry}>Try again</button>}
    </div>
  )
}
