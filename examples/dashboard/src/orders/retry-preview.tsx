// What a retry would send: a dry run for every change, once the writing pauses.
import { useEffect, useState } from 'react'
import { useClient } from 'urql'

import { RetryTaskDocument, type RetryTaskInput } from '../gql/graphql'
import { explain, Loading } from '../parts/states'
import { Value } from '../parts/value'
import type { Outcome } from './retry-form'

export interface PreviewState {
  outcome: Outcome | null
  problem: string | null
  isStale: boolean
}

export function usePreview(input: RetryTaskInput | null): PreviewState {
  const client = useClient()
  const [state, setState] = useState<PreviewState>({ outcome: null, problem: null, isStale: false })
  const key = JSON.stringify(input)
  useEffect(() => {
    if (!input) return setState({ outcome: null, problem: null, isStale: false })
    setState((before) => ({ ...before, isStale: true }))
    let isCurrent = true
    const timer = setTimeout(async () => {
      const { data, error } = await client
        .mutation(RetryTaskDocument, { input: { ...input, dryRun: true } })
        .toPromise()
      if (isCurrent)
        setState({ outcome: data?.retryTask ?? null, problem: error ? explain(error) : null, isStale: false })
    }, 250)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [client, key])
  return state
}

export function Preview({ preview }: { preview: PreviewState }) {
  const shown = preview.outcome?.preview
  if (!shown) return preview.isStale ? <Loading what="the preview" /> : null
  return (
    <section className="preview" aria-label="Preview" aria-busy={preview.isStale}>
      <h3>What would be sent</h3>
      <p>
        <code>{shown.taskName}</code> to {shown.queue ? <code>{shown.queue}</code> : 'its exchange'},{' '}
        {shown.keepsId ? 'under its own id' : 'under a new id'}
      </p>
      {shown.args && <Value value={shown.args} label="Positional arguments" />}
      {shown.kwargs && <Value value={shown.kwargs} label="Named arguments" />}
    </section>
  )
}
