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

// The service's own words where it answered; ours where something between did, or nobody.
export function explain({ networkError, graphQLErrors, response, message }: CombinedError): string {
  const status = (response as Response | undefined)?.status
  if (networkError && status) return `The service could not answer (HTTP status ${status}). Try again later.`
  if (networkError) return 'The service cannot be reached. Is it running, and are you online?'
  return graphQLErrors.map((each) => each.message).join(' ') || message
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

// What is wrong with a form, or with what became of it.
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="notice bad" role="alert">
      {children}
    </p>
  )
}
