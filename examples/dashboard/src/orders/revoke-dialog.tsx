// Stop a task: in the queue, or while it runs; afterwards, which workers were asked and what they said.
import { useState } from 'react'
import { useMutation } from 'urql'

import { RevokeTaskDocument, type RevokeTaskMutation } from '../gql/graphql'
import { Dialog } from '../parts/dialog'
import { explain, Problem } from '../parts/states'
import { useKeyOf } from './idempotency'
import { ReasonField } from './reason-field'
import { Refusals } from './refusals'
import { TerminationFields, WAITING_ONLY } from './termination'

export function RevokeDialog({ taskId, close }: { taskId: string; close: () => void }) {
  const [termination, setTermination] = useState(WAITING_ONLY)
  const [reason, setReason] = useState('')
  const [sent, send] = useMutation(RevokeTaskDocument)
  const order = { task: { taskId }, ...termination, reason: reason || null }
  const idempotencyKey = useKeyOf(order)
  const done = sent.data?.revokeTask

  if (done && done.errors.length === 0) {
    return (
      <Dialog
        title="Revoked"
        close={close}
        actions={
          <button className="primary" onClick={close}>
            Close
          </button>
        }
      >
        <Answers outcome={done} />
      </Dialog>
    )
  }
  return (
    <Dialog
      title="Revoke this task"
      close={close}
      actions={
        <>
          <button onClick={close}>Cancel</button>
          <button
            className="danger"
            disabled={sent.fetching}
            onClick={() => void send({ input: { ...order, idempotencyKey } })}
          >
            {sent.fetching ? 'Asking the workers …' : termination.terminate ? 'Terminate' : 'Revoke'}
          </button>
        </>
      }
    >
      <p>Every worker is told to discard it. A task that runs already goes on unless it is terminated.</p>
      <TerminationFields label="End it if it runs" termination={termination} setTermination={setTermination} />
      <ReasonField reason={reason} setReason={setReason} />
      {sent.error && <Problem>{explain(sent.error)}</Problem>}
      <Refusals errors={done?.errors ?? []} />
    </Dialog>
  )
}

function Answers({ outcome }: { outcome: RevokeTaskMutation['revokeTask'] }) {
  return (
    <>
      {outcome.task && <p>The task is {outcome.task.status} now.</p>}
      {!outcome.isSupported && (
        <p className="notice warn">This broker carries no remote control: no worker was told.</p>
      )}
      <ul>
        {outcome.workers.map((each) => (
          <li key={each.worker}>
            <code>{each.worker}</code> {each.acknowledged ? 'acknowledged' : 'kept silent'}
            {each.message && <span className="dim">: {each.message}</span>}
          </li>
        ))}
      </ul>
    </>
  )
}
