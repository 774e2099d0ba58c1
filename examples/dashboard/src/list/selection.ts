// What the list shows: the rows, and what they are chosen by.
import type { Filters } from '../filters'
import type { TaskListQuery, TaskResultFilter } from '../gql/graphql'

export type Row = TaskListQuery['taskResults']['edges'][number]['node']

export interface Selection {
  filters: Filters
  // The same as the service is asked; undefined where every task is meant.
  filter: TaskResultFilter | undefined
  change: (changes: Partial<Filters>) => void
  isLive: boolean
}
