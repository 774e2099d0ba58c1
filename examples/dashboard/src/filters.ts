// The filter of the task list, as it stands in the address and as the service is asked for it.
import type { OrderDirection, TaskResultFilter, TaskResultOrder, TaskResultOrderField, TaskState } from './gql/graphql'

export const STATES = [
  'SUCCESS',
  'FAILURE',
  'STARTED',
  'PENDING',
  'RECEIVED',
  'RETRY',
  'REVOKED',
  'REJECTED',
  'IGNORED',
  'CUSTOM',
] as const satisfies readonly TaskState[]

export const SPANS = {
  PT1H: '1 hour',
  PT24H: '24 hours',
  P7D: '7 days',
  P30D: '30 days',
  all: 'All time',
} as const
export type Span = keyof typeof SPANS

// One text each; the address has a parameter of the same name.
export const TEXTS = [
  'search',
  'name',
  'id',
  'worker',
  'queue',
  'error',
  'fingerprint',
  'root',
  'group',
  'schedule',
] as const
export type TextName = (typeof TEXTS)[number]

export interface Filters extends Record<TextName, string> {
  states: TaskState[]
  span: Span
  orderField: TaskResultOrderField
  direction: OrderDirection
}

const DEFAULT_SPAN: Span = 'P7D'

export function filtersOf(address: URLSearchParams): Filters {
  const span = address.get('span')
  const texts = Object.fromEntries(TEXTS.map((name) => [name, address.get(name) ?? ''])) as Record<TextName, string>
  return {
    ...texts,
    states: address.getAll('state').filter((state): state is TaskState => STATES.some((known) => known === state)),
    span: span !== null && span in SPANS ? (span as Span) : DEFAULT_SPAN,
    orderField: address.get('order') === 'done' ? 'DATE_DONE' : 'DATE_CREATED',
    direction: address.get('direction') === 'asc' ? 'ASC' : 'DESC',
  }
}

export function addressOf(filters: Filters): URLSearchParams {
  const address = new URLSearchParams()
  filters.states.forEach((state) => address.append('state', state))
  TEXTS.forEach((name) => filters[name] && address.set(name, filters[name]))
  if (filters.span !== DEFAULT_SPAN) address.set('span', filters.span)
  if (filters.orderField === 'DATE_DONE') address.set('order', 'done')
  if (filters.direction === 'ASC') address.set('direction', 'asc')
  return address
}

export function orderOf({ orderField, direction }: Filters): TaskResultOrder {
  return { field: orderField, direction }
}

// Undefined where every task is meant: orders refuse an empty filter.
export function queryOf(filters: Filters): TaskResultFilter | undefined {
  const found: TaskResultFilter = {}
  if (filters.states.length) found.state = { in: filters.states }
  if (filters.search) found.search = filters.search
  if (filters.name) found.taskName = { eq: filters.name }
  if (filters.id) found.taskId = { startsWith: filters.id }
  if (filters.worker) found.worker = { eq: filters.worker }
  if (filters.queue) found.queue = { eq: filters.queue }
  if (filters.error) found.errorType = { eq: filters.error }
  if (filters.fingerprint) found.errorFingerprint = { eq: filters.fingerprint }
  if (filters.root) found.rootTaskId = { eq: filters.root }
  if (filters.group) found.groupId = { eq: filters.group }
  if (filters.schedule) found.periodicTaskName = { eq: filters.schedule }
  if (filters.span !== 'all') found.dateCreated = { withinLast: filters.span }
  return Object.keys(found).length ? found : undefined
}

export function isNarrowed(filters: Filters): boolean {
  return filters.states.length > 0 || filters.span !== DEFAULT_SPAN || TEXTS.some((name) => filters[name] !== '')
}
