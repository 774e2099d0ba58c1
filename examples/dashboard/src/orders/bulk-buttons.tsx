// Orders for everything that the list's filter matches.
import { Ban, RotateCw } from 'lucide-react'
import { useState } from 'react'

import type { TaskResultFilter } from '../gql/graphql'
import { ReasonedButton } from '../parts/reasoned-button'
import { needs, useViewer } from '../viewer'
import { BulkDialog, type BulkKind } from './bulk-dialog'

interface Props {
  filter: TaskResultFilter | undefined
  afterwards: () => void
}

const NO_FILTER = 'Narrow the list first: an order for every task there is would be refused.'

export function BulkButtons({ filter, afterwards }: Props) {
  const [kind, setKind] = useState<BulkKind | null>(null)
  const { canRetry, canRevoke } = useViewer()
  const reasons = (may: boolean, permission: string) => [
    ...(may ? [] : [needs(permission)]),
    ...(filter ? [] : [NO_FILTER]),
  ]
  const close = () => {
    setKind(null)
    afterwards()
  }
  return (
    <div className="actions">
      <ReasonedButton reasons={reasons(canRetry, 'retry_taskresult')} onClick={() => setKind('retry')}>
        <RotateCw aria-hidden /> Retry failed …
      </ReasonedButton>
      <ReasonedButton reasons={reasons(canRevoke, 'revoke_taskresult')} onClick={() => setKind('revoke')}>
        <Ban aria-hidden /> Revoke waiting …
      </ReasonedButton>
      {kind && filter && <BulkDialog kind={kind} filter={filter} close={close} />}
    </div>
  )
}
