// Where everything stands: the addresses of the pages.
import { useLocation, type Location } from 'react-router'

import { addressOf, filtersOf, type Filters } from './filters'

export function taskAddress(taskId: string): string {
  return `/tasks/${encodeURIComponent(taskId)}`
}

export function groupAddress(groupId: string): string {
  return `/groups/${encodeURIComponent(groupId)}`
}

export function operationsAddress(taskId: string): string {
  return `/operations?${new URLSearchParams({ task: taskId })}`
}

export function listAddress(filters: Partial<Filters>): string {
  return `/?${addressOf({ ...filtersOf(new URLSearchParams()), ...filters })}`
}

// Links of the list say how it was filtered, so that the way back leads to what was left.
export interface FromList {
  list: string
}

export function useWayBack(): string {
  const { state } = useLocation() as Location<FromList | null>
  return `/${state?.list ?? ''}`
}
