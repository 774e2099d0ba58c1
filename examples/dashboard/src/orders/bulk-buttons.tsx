// Orders for everything that a filter matches.
import { Ban, RotateCw, Trash2 } from 'lucide-react'
import { useState } from 'react'

import type { TaskResultFilter } from '../gql/graphql'
import { ReasonedButton } from '../parts/reasoned-button'
import { needs, useMay, type Permission } from '../viewer'
import { BulkDialog } from './bulk-dialog'
import type { BulkKind } from './bulk-run'

interface Props {
  filter: TaskResultFilter | undefined
  afterwards: () => void
}

const NO_FILTER = 'Narrow the list first: an order for every task there is would be refused.'
const ORDERS: { kind: BulkKind; permission: Permission; label: string; Icon: typeof Ban }[] = [
  { kind: 'retry', permission: 'retry_taskresult', label: 'Retry failed …', Icon: RotateCw },
  { kind: 'revoke', permission: 'revoke_taskresult', label: 'Revoke waiting …', Icon: Ban },
  { kind: 'delete', permission: 'delete_taskresult', label: 'Delete finished …', Icon: Trash2 },
]

export function BulkButtons({ filter, afterwards }: Props) {
  const [kind, setKind] = useState<BulkKind | null>(null)
  const close = (hasChanged: boolean) => {
    setKind(null)
    if (hasChanged) afterwards()
  }
  return (
    <>
      <div className="actions">
        {ORDERS.map((order) => (
          <BulkButton key={order.kind} {...order} hasFilter={filter !== undefined} open={setKind} />
        ))}
      </div>
      {kind && filter && <BulkDialog kind={kind} filter={filter} close={close} />}
    </>
  )
}

interface ButtonProps {
  kind: BulkKind
  permission: Permission
  label: string
  Icon: typeof Ban
  hasFilter: boolean
  open: (kind: BulkKind) => void
}

function BulkButton({ kind, permission, label, Icon, hasFilter, open }: ButtonProps) {
  const may = useMay(permission)
  const reasons = [...(may ? [] : [needs(permission)]), ...(hasFilter ? [] : [NO_FILTER])]
  return (
    <ReasonedButton reasons={reasons} onClick={() => open(kind)}>
      <Icon aria-hidden /> {label}
    </ReasonedButton>
  )
}
