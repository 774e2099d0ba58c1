// Stop a task: in the queue, or while it runs; afterwards, which workers were asked and what they said.
import { useState } from 'react'
import { useMutation } from 'urql'

import { RevokeTaskDocument, type RevokeTaskMutation, type TerminateSignal } from '../gql/graphql'
import { Dialog } from '../parts/dialog'
import { explain } from '../parts/states'
import { needs, useMay, useViewer } from '../viewer'
import { freshKey } from './keys'
import { Refusals } from './refusals'

const SIGNALS: TerminateSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL']

export function RevokeDialog({ taskId, close }: { taskId: string; close: () => void }) {
  const [terminate, setTerminate] = useState(false)
  const [signal, setSignal] = useState<TerminateSignal>('SIGTERM')
  const [reason, setReason] = useState('')
  const [key] = useState(freshKey)
  const [sent, send] = useMutation(RevokeTaskDocument)
  const { canTerminate } = useViewer()
  const mayKill = useMay('kill_taskresult')
  const done = sent.data?.revokeTask
  const order = () =>
    void send({ input: { task: { taskId }, terminate, signal, reason: reason || null, idempotencyKey: key } })

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
          <button className="danger" disabled={sent.fetching} onClick={order}>
            {sent.fetching ? 'Asking the workers …' : terminate ? 'Terminate' : 'Revoke'}
          </button>
        </>
      }
    >
      <p>Every worker is told to discard it. A task that runs already goes on unless it is terminated.</p>
      <label className="check">
        <input
          type="checkbox"
          checked={terminate}
          disabled={!canTerminate}
          onChange={(event) => setTerminate(event.target.checked)}
        />
        End it if it runs
      </label>
      {!canTerminate && <p className="dim">{needs('terminate_taskresult')}</p>}
      {terminate && (
        <label className="field">
          Signal
          <select value={signal} onChange={(event) => setSignal(event.target.value as TerminateSignal)}>
            {SIGNALS.map((each) => (
              <option key={each} disabled={each === 'SIGKILL' && !mayKill}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        Reason, for the record
        <input value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      {sent.error && (
        <p className="notice bad" role="alert">
          {explain(sent.error)}
        </p>
      )}
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
      <ul className="plain">
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
