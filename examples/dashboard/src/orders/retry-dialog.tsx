// Run a task again: as it was sent, or with changes; what would be sent is shown before it is.
import { useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { useMutation } from 'urql'

import { taskAddress } from '../addresses'
import { RetryTaskDocument, type BlockerFragment, type ErrorCode, type TaskState } from '../gql/graphql'
import { Dialog } from '../parts/dialog'
import { explain, Problem } from '../parts/states'
import { needs, useMay } from '../viewer'
import { useKeyOf } from './idempotency'
import { ReasonField } from './reason-field'
import { Refusals } from './refusals'
import { FORM, inputOf, written, type Form, type Outcome } from './retry-form'
import { Preview, usePreview } from './retry-preview'
import { ScopeChoice } from './scope-choice'

// What stands in the way only until somebody says that they mean it.
export const CONFIRMABLE: ErrorCode[] = ['ALREADY_FINISHED', 'ALREADY_RETRIED']

interface Props {
  taskId: string
  state: TaskState
  blockers: BlockerFragment[]
  close: () => void
}

export function RetryDialog({ taskId, state, blockers, close }: Props) {
  const [form, setForm] = useState(FORM)
  const set = (changes: Partial<Form>) => setForm((before) => ({ ...before, ...changes }))
  const asSent = usePreview(inputOf(taskId, state, { ...FORM, confirmed: true }, null).input)
  const { input, problems } = useMemo(
    () => inputOf(taskId, state, form, asSent.outcome),
    [taskId, state, form, asSent.outcome],
  )
  const isUnready = problems.length > 0 || (blockers.length > 0 && !form.confirmed)
  const preview = usePreview(isUnready ? null : { ...input, reason: null })
  const [sent, send] = useMutation(RetryTaskDocument)
  const idempotencyKey = useKeyOf(input)
  const mayOverride = useMay('override_taskresult')
  const navigate = useNavigate()
  const isReady = preview.outcome?.errors.length === 0 && !preview.isStale && !sent.fetching

  const order = async () => {
    const { data } = await send({ input: { ...input, idempotencyKey } })
    if (!data?.retryTask.taskId) return
    close()
    void navigate(taskAddress(data.retryTask.taskId))
  }

  const isAnswered = sent.operation?.variables.input.idempotencyKey === idempotencyKey
  const refused = (isAnswered && sent.data?.retryTask.errors) || []
  const errors = refused.length ? refused : (preview.outcome?.errors ?? [])
  return (
    <Dialog
      title="Retry this task"
      close={close}
      actions={
        <>
          <button onClick={close}>Cancel</button>
          <button className="primary" disabled={!isReady} onClick={() => void order()}>
            {sent.fetching ? 'Sending …' : 'Retry'}
          </button>
        </>
      }
    >
      {blockers.map((blocker) => (
        <p key={blocker.code} className="notice warn">
          {blocker.message}
        </p>
      ))}
      {blockers.length > 0 && (
        <label className="check">
          <input
            type="checkbox"
            checked={form.confirmed}
            onChange={(event) => set({ confirmed: event.target.checked })}
          />
          Run it again all the same
        </label>
      )}
      <ScopeChoice scope={form.scope} setScope={(scope) => set({ scope })} />
      <Arguments form={form} set={set} asSent={asSent.outcome} mayOverride={mayOverride} />
      <div className="fields">
        <label className="field">
          Queue
          <input
            value={form.queue}
            disabled={!mayOverride}
            placeholder={asSent.outcome?.preview?.queue ?? ''}
            onChange={(event) => set({ queue: event.target.value })}
          />
        </label>
        <label className="field">
          Not before, in seconds
          <input
            type="number"
            min={0}
            value={form.countdown}
            disabled={!mayOverride}
            placeholder="at once"
            onChange={(event) => set({ countdown: event.target.value })}
          />
        </label>
      </div>
      {!mayOverride && <p className="dim">{needs('override_taskresult')}</p>}
      <ReasonField reason={form.reason} setReason={(reason) => set({ reason })} />
      {problems.map((problem) => (
        <Problem key={problem}>{problem}</Problem>
      ))}
      {sent.error && <Problem>{explain(sent.error)}</Problem>}
      {preview.problem && <Problem>{preview.problem}</Problem>}
      <Refusals errors={errors} />
      <Preview preview={preview} />
    </Dialog>
  )
}

interface ArgumentProps {
  form: Form
  set: (changes: Partial<Form>) => void
  asSent: Outcome | null
  mayOverride: boolean
}

// The real arguments are only known to the service; what is shown of them may be cut or hidden.
function Arguments({ form, set, asSent, mayOverride }: ArgumentProps) {
  const { args, kwargs } = asSent?.preview ?? {}
  const begin = () => set({ isEditing: true, args: written(args?.json), kwargs: written(kwargs?.json) })
  if (!form.isEditing)
    return (
      <button disabled={!mayOverride || !args || !kwargs} onClick={begin}>
        Edit the arguments
      </button>
    )
  return (
    <div className="fields">
      <JsonField label="Positional arguments" text={form.args} setText={(args) => set({ args })} />
      <JsonField label="Named arguments" text={form.kwargs} setText={(kwargs) => set({ kwargs })} />
    </div>
  )
}

function JsonField({ label, text, setText }: { label: string; text: string; setText: (text: string) => void }) {
  return (
    <label className="field">
      {label}
      <textarea
        rows={6}
        spellCheck={false}
        placeholder="as they were sent"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  )
}
