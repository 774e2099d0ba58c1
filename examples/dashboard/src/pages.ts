// A list that grows by pages in both directions: older rows behind the end, newer ones before the start.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { useCallback, useEffect, useReducer, useRef } from 'react'
import { useClient, type AnyVariables, type CombinedError } from 'urql'

import type { PageInfo } from './gql/graphql'

const SIZE = 50

export interface Connection<Node> {
  edges: { cursor: string; node: Node }[]
  pageInfo: Omit<PageInfo, '__typename'>
}

interface State<Data, Node> {
  rows: Node[]
  first: Data | null
  start: string | null
  end: string | null
  hasMore: boolean
  loading: boolean
  error: CombinedError | null
}

type Change<Data, Node> =
  | { kind: 'asked' }
  | { kind: 'failed'; error: CombinedError }
  | { kind: 'first'; data: Data; page: Connection<Node> | null }
  | { kind: 'older' | 'newer'; page: Connection<Node> | null }
  | { kind: 'patched'; rows: Node[] }

export interface Pages<Data, Node> extends State<Data, Node> {
  more: () => void
  newer: () => void
  reload: () => void
  renew: () => void
  patch: (rows: Node[]) => void
}

const EMPTY = { rows: [], first: null, start: null, end: null, hasMore: false, loading: true, error: null }

function reduce<Data, Node extends { id: string }>(
  state: State<Data, Node>,
  change: Change<Data, Node>,
): State<Data, Node> {
  switch (change.kind) {
    case 'asked':
      return { ...state, loading: true, error: null }
    case 'failed':
      return { ...state, loading: false, error: change.error }
    case 'first': {
      const { edges = [], pageInfo } = change.page ?? {}
      return {
        ...EMPTY,
        loading: false,
        first: change.data,
        rows: edges.map((edge) => edge.node),
        start: pageInfo?.startCursor ?? null,
        end: pageInfo?.endCursor ?? null,
        hasMore: pageInfo?.hasNextPage ?? false,
      }
    }
    case 'older': {
      const { edges = [], pageInfo } = change.page ?? {}
      return {
        ...state,
        loading: false,
        rows: [...state.rows, ...edges.map((edge) => edge.node)],
        end: pageInfo?.endCursor ?? state.end,
        hasMore: pageInfo?.hasNextPage ?? false,
      }
    }
    case 'newer': {
      const { edges = [], pageInfo } = change.page ?? {}
      const fresh = edges.map((edge) => edge.node)
      return fresh.length
        ? { ...state, rows: [...fresh, ...state.rows], start: pageInfo?.startCursor ?? state.start }
        : state
    }
    case 'patched': {
      const changed = new Map(change.rows.map((row) => [row.id, row]))
      return { ...state, rows: state.rows.map((row) => ({ ...row, ...changed.get(row.id) })) }
    }
  }
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
    async (paging: object, finish: (data: Data) => Change<Data, Node>) => {
      const { generation, variables } = latest.current
      latest.current.busy = true
      const options = { requestPolicy: 'network-only' } as const
      const { data, error } = await client
        .query(document, { ...variables, ...paging } as Variables, options)
        .toPromise()
      if (generation !== latest.current.generation) return
      latest.current.busy = false
      if (error) dispatch({ kind: 'failed', error })
      else if (data) dispatch(finish(data))
    },
    [client, document],
  )

  // As reload, but what is shown stays quietly until it is replaced.
  const renew = useCallback(() => {
    latest.current.generation += 1
    void ask({ first: SIZE }, (data) => ({ kind: 'first', data, page: latest.current.pick(data) ?? null }))
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
    void ask({ first: SIZE, after: state.end }, (data) => ({ kind: 'older', page: latest.current.pick(data) ?? null }))
  }, [ask])

  const newer = useCallback(() => {
    const { busy, state } = latest.current
    if (busy || !state.first) return
    if (state.start === null) return renew()
    void ask({ last: SIZE, before: state.start }, (data) => ({
      kind: 'newer',
      page: latest.current.pick(data) ?? null,
    }))
  }, [ask, renew])

  const patch = useCallback((rows: Node[]) => dispatch({ kind: 'patched', rows }), [])
  return { ...state, more, newer, reload, renew, patch }
}
