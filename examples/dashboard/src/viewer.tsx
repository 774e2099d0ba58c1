// Who uses the dashboard and what they may do: asked once, and known everywhere below.
import { createContext, useContext, type ReactNode } from 'react'
import { useQuery } from 'urql'

import { ViewerDocument, type ViewerQuery } from './gql/graphql'
import { Failure, Loading } from './parts/states'

export type Permission =
  | 'view_taskresult'
  | 'view_groupresult'
  | 'view_payload'
  | 'view_traceback'
  | 'view_operation'
  | 'retry_taskresult'
  | 'override_taskresult'
  | 'revoke_taskresult'
  | 'terminate_taskresult'
  | 'kill_taskresult'
  | 'delete_taskresult'

const Context = createContext<ViewerQuery | null>(null)

export function WithViewer({ children }: { children: ReactNode }) {
  const [{ data, error, fetching }, again] = useQuery({ query: ViewerDocument, requestPolicy: 'cache-first' })
  if (error) return <Failure error={error} retry={() => again({ requestPolicy: 'network-only' })} />
  if (fetching || !data) return <Loading what="your permissions" />
  return <Context value={data}>{children}</Context>
}

export function useViewer(): ViewerQuery {
  const data = useContext(Context)
  if (!data) throw new Error('useViewer is for components below WithViewer')
  return data
}

export function useMay(permission: Permission): boolean {
  return useViewer().viewer.permissions.includes(nameOf(permission))
}

// What to say where something is missing for want of a permission.
export function needs(permission: Permission): string {
  return `You need the permission ${nameOf(permission)}.`
}

function nameOf(permission: Permission): string {
  return `django_celery_results.${permission}`
}
