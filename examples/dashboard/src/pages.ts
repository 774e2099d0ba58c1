// A list that grows by pages in both directions: older rows behind the end, newer ones before the start.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { useCallback, useEffect, useReducer, useRef } from 'react'
import { useClient, type AnyVariables, type CombinedError } from 'urql'

import type { CursorsFragment } from './gql/graphql'

const SIZE = 50

export interface Connection<Node> {
  edges: { cursor: string; node: Node }[]
  pageInfo: CursorsFragment
}

interface State<Data, Node> {
  rows: Node[]
  // The latest answer: what it says besides the rows.
  data: Data | null
  start: string | null
  end: string | null
  hasMore: boolean
  loading: boolean
  error: CombinedError | null
}

type Change<Data, Node> =
  | { kind: 'asked' }
  | { kind: 'failed'; error: CombinedError }
  | { kind: 'first' | 'older' | 'newer'; data: Data; page: Connection<Node> | null }
  | { kind: 'patched'; rows: Node[] }

export interface Pages<Data, Node> extends State<Data, Node> {
  more: () => void
  newer: () => void
  reload: () => void
  renew: () => void
  patch: (rows: Node[]) => void
}

const EMPTY = { rows: [], data: null, start: null, end: null, hasMore: false, loading: true, error: null }

function reduce<Data, Node extends { id: string }>(
  state: State<Data, Node>,
  change: Change<Data, Node>,
): State<Data, Node> {
  if (change.kind === 'asked') return { ...state, loading: true, error: null }
  if (change.kind === 'failed') return { ...state, loading: false, error: change.error }
  if (change.kind === 'patched') {
    const changed = new Map(change.rows.map((row) => [row.id, row]))
    return { ...state, rows: state.rows.map((row) => ({ ...row, ...changed.get(row.id) })) }
  }
  const { edges = [], pageInfo } = change.page ?? {}
  const rows = edges.map((edge) => edge.node)
  const start = pageInfo?.startCursor ?? null
  const end = pageInfo?.endCursor ?? null
  const hasMore = pageInfo?.hasNextPage ?? false
  const answered = { ...state, data: change.data, loading: false, error: null }
  if (change.kind === 'first') return { ...answered, rows, start, end, hasMore }
  if (change.kind === 'older')
    return { ...answered, rows: [...state.rows, ...rows], end: end ?? state.end, hasMore }
  return { ...answered, rows: [...rows, ...state.rows], start: start ?? state.start }
}

// Answers of an earlier filter that arrive late are dropped: each filter is a generation of its own.
export function usePages<Data, Variables extends AnyVariables, Node extends { id: string }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pick: (data: Data) => Connection<Node> | null | undefined,
): Pages<Data, Node> {
  const client = useClient()
  const [state, dispatch] = useReducer(reduce<Data, Node>, EMPTY as State<Data, Node>)
  const latest = useRef({ generation: 0, busy: false, state, variables, pick })
  latest.current = { ...latest.current, state, variables, pick }
  const key = JSON.stringify(variables)

  const ask = useCallback(
    async (kind: 'first' | 'older' | 'newer', paging: object) => {
      const { generation, variables } = latest.current
      latest.current.busy = true
      const { data, error } = await client
        .query(document, { ...variables, ...paging } as Variables, { requestPolicy: 'network-only' })
        .toPromise()
      if (generation !== latest.current.generation) return
      latest.current.busy = false
      if (error) dispatch({ kind: 'failed', error })
      else if (data) dispatch({ kind, data, page: latest.current.pick(data) ?? null })
    },
    [client, document],
  )

  // As reload, but what is shown stays quietly until it is replaced.
  const renew = useCallback(() => {
    latest.current.generation += 1
    void ask('first', { first: SIZE })
  }, [ask])

  const reload = useCallback(() => {
    dispatch({ kind: 'asked' })
    renew()
  }, [renew])

  useEffect(reload, [reload, key])

  const more = useCallback(() => {
    const { busy, state } = latest.current
    if (busy || !state.hasMore || state.error) return
    dispatch({ kind: 'asked' })
    void ask('older', { first: SIZE, after: state.end })
  }, [ask])

  const newer = useCallback(() => {
    const { busy, state } = latest.current
    if (busy || !state.data) return
    if (state.start === null) return renew()
    void ask('newer', { last: SIZE, before: state.start })
  }, [ask, renew])

  const patch = useCallback((rows: Node[]) => dispatch({ kind: 'patched', rows }), [])
  return { ...state, more, newer, reload, renew, patch }
}
