// One order for many tasks: rehearsed first, then sent again with the same key until nothing remains. It can be halted
// and carried on.
import { useEffect, useRef, useState } from 'react'
import { useClient, type Client, type OperationResult } from 'urql'

import {
  DeleteTaskResultsDocument,
  RetryTasksDocument,
  RevokeTasksDocument,
  type BulkFragment,
  type BulkOptions,
  type RetryScope,
  type TaskResultFilter,
} from '../gql/graphql'
import { explain } from '../parts/states'
import { freshKey } from './idempotency'
import type { Termination } from './termination'

export type BulkKind = 'retry' | 'revoke' | 'delete'
export type BulkItem = BulkFragment['items'][number]

export interface BulkOrder {
  kind: BulkKind
  filter: TaskResultFilter
  scope: RetryScope
  termination: Termination
}

const PER_REQUEST = 50
const ONLY: Record<BulkKind, TaskResultFilter> = {
  retry: { state: { in: ['FAILURE', 'REVOKED'] } },
  revoke: { isReady: false, state: { notIn: ['REJECTED', 'IGNORED'] } },
  delete: { isReady: true },
}

async function send(client: Client, order: BulkOrder, options: BulkOptions): Promise<BulkFragment> {
  const { kind, filter, scope, termination } = order
  const input = { select: { filter: { and: [filter, ONLY[kind]] } }, options }
  switch (kind) {
    case 'retry': {
      const sent = client.mutation(RetryTasksDocument, { input: { ...input, scope } })
      return answerOf(await sent.toPromise()).bulkRetryTasks
    }
    case 'revoke': {
      const sent = client.mutation(RevokeTasksDocument, { input: { ...input, ...termination } })
      return answerOf(await sent.toPromise()).bulkRevokeTasks
    }
    case 'delete': {
      const sent = client.mutation(DeleteTaskResultsDocument, { input })
      return answerOf(await sent.toPromise()).bulkDeleteTaskResults
    }
  }
}

function answerOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (error) throw new Error(explain(error))
  if (!data) throw new Error('The service did not answer.')
  return data
}

export interface BulkRun {
  phase: 'idle' | 'running' | 'halted' | 'done'
  // What a dry run said would be done; null until it has.
  plan: BulkFragment | null
  latest: BulkFragment | null
  items: BulkItem[]
  problem: string | null
  carryOn: (reason: string) => Promise<void>
  halt: () => void
  lookAgain: () => void
}

export function useBulkRun(order: BulkOrder): BulkRun {
  const client = useClient()
  const [key] = useState(freshKey)
  const [phase, setPhase] = useState<BulkRun['phase']>('idle')
  const [plan, setPlan] = useState<BulkFragment | null>(null)
  const [latest, setLatest] = useState<BulkFragment | null>(null)
  const [items, setItems] = useState<BulkItem[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const [looks, setLooks] = useState(1)
  const isHalted = useRef(false)
  useEffect(() => () => void (isHalted.current = true), []) // who closes the dialog wants no more of it

  useEffect(() => {
    let isCurrent = true
    setPlan(null)
    setProblem(null)
    send(client, order, { dryRun: true }).then(
      (found) => isCurrent && setPlan(found),
      (error: Error) => isCurrent && setProblem(error.message),
    )
    return () => {
      isCurrent = false
    }
  }, [client, order, looks])

  const carryOn = async (reason: string) => {
    isHalted.current = false
    setProblem(null)
    setPhase('running')
    const options: BulkOptions = {
      idempotencyKey: key,
      limit: PER_REQUEST,
      reason: reason || null,
      expectedCount: plan?.matchedCount ?? null,
    }
    try {
      for (;;) {
        const step = await send(client, order, options)
        setLatest(step)
        setItems((before) => [...before, ...step.items])
        if (step.errors.length > 0) return setPhase('halted')
        if (step.remainingCount === 0) return setPhase('done')
        if (isHalted.current) return setPhase('halted')
      }
    } catch (error) {
      setProblem((error as Error).message)
      setPhase('halted')
    }
  }

  const halt = () => {
    isHalted.current = true
  }

  const lookAgain = () => {
    setLatest(null)
    setPhase('idle')
    setLooks(looks + 1)
  }
  return { phase, plan, latest, items, problem, carryOn, halt, lookAgain }
}
