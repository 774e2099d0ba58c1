// Delete one result, which cannot be taken back.
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useMutation } from 'urql'

import { useWayBack } from '../addresses'
import { DeleteTaskResultDocument } from '../gql/graphql'
import { Dialog } from '../parts/dialog'
import { explain, Problem } from '../parts/states'
import { useKeyOf } from './idempotency'
import { ReasonField } from './reason-field'
import { Refusals } from './refusals'

interface Props {
  taskId: string
  isReady: boolean
  close: () => void
}

export function DeleteDialog({ taskId, isReady, close }: Props) {
  const [reason, setReason] = useState('')
  const [sent, send] = useMutation(DeleteTaskResultDocument)
  const order = { task: { taskId }, reason: reason || null }
  const idempotencyKey = useKeyOf(order)
  const navigate = useNavigate()
  const back = useWayBack()
  const carryOut = async () => {
    const { data } = await send({ input: { ...order, idempotencyKey } })
    if (data?.deleteTaskResult.errors.length === 0) void navigate(back)
  }
  return (
    <Dialog
      title="Delete this result"
      close={close}
      actions={
        <>
          <button onClick={close}>Cancel</button>
          <button className="danger" disabled={sent.fetching} onClick={() => void carryOut()}>
            {sent.fetching ? 'Deleting …' : 'Delete'}
          </button>
        </>
      }
    >
      <p>
        Its result, its traceback and the arguments that a retry would need are gone for good. That it was deleted stays
        among the operations.
      </p>
      {!isReady && (
        <p className="notice warn">It is not finished: it is not stopped by this, and its worker writes it anew.</p>
      )}
      <ReasonField reason={reason} setReason={setReason} />
      {sent.error && <Problem>{explain(sent.error)}</Problem>}
      <Refusals errors={sent.data?.deleteTaskResult.errors ?? []} />
    </Dialog>
  )
}
