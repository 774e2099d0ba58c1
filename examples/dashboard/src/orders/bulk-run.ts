// One order for many tasks, sent again with the same key until nothing remains. It can be halted and carried on.
import { useCallback, useEffect, useRef, useState } from 'react'
import { useClient, type Client } from 'urql'

import {
  RetryTasksDocument,
  RevokeTasksDocument,
  type BulkFragment,
  type BulkOptions,
  type TaskResultFilter,
} from '../gql/graphql'
import { explain } from '../parts/states'
import { freshKey } from './keys'

export type BulkKind = 'retry' | 'revoke'
export type BulkItem = BulkFragment['items'][number]

const PER_REQUEST = 50
const ONLY: Record<BulkKind, TaskResultFilter> = {
  retry: { state: { in: ['FAILURE', 'REVOKED'] } },
  revoke: { isReady: false },
}

async function ask(
  client: Client,
  kind: BulkKind,
  filter: TaskResultFilter,
  options: BulkOptions,
): Promise<BulkFragment> {
  const input = { select: { filter: { and: [filter, ONLY[kind]] } }, options }
  if (kind === 'retry') {
    const { data, error } = await client.mutation(RetryTasksDocument, { input }).toPromise()
    if (error || !data) throw new Error(error ? explain(error) : 'The service did not answer.')
    return data.bulkRetryTasks
  }
  const { data, error } = await client.mutation(RevokeTasksDocument, { input }).toPromise()
  if (error || !data) throw new Error(error ? explain(error) : 'The service did not answer.')
  return data.bulkRevokeTasks
}

export interface BulkRun {
  phase: 'idle' | 'running' | 'halted' | 'done'
  plan: BulkFragment | null
  latest: BulkFragment | null
  items: BulkItem[]
  problem: string | null
  rehearse: () => Promise<void>
  carryOn: (reason: string) => Promise<void>
  halt: () => void
}

export function useBulkRun(kind: BulkKind, filter: TaskResultFilter): BulkRun {
  const client = useClient()
  const [key] = useState(freshKey)
  const [phase, setPhase] = useState<BulkRun['phase']>('idle')
  const [plan, setPlan] = useState<BulkFragment | null>(null)
  const [latest, setLatest] = useState<BulkFragment | null>(null)
  const [items, setItems] = useState<BulkItem[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const isHalted = useRef(false)
  useEffect(() => () => void (isHalted.current = true), []) // who closes the dialog wants no more of it

  const rehearse = useCallback(async () => {
    setProblem(null)
    try {
      setPlan(await ask(client, kind, filter, { dryRun: true }))
    } catch (error) {
      setProblem((error as Error).message)
    }
  }, [client, kind, filter])

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
        const step = await ask(client, kind, filter, options)
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
  return { phase, plan, latest, items, problem, rehearse, carryOn, halt }
}
