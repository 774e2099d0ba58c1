// Run a task again: as it was sent, or with changes; what would be sent is shown before it is.
import { useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { useMutation } from 'urql'

import { taskAddress } from '../filters'
import {
  RetryTaskDocument,
  type BlockerFragment,
  type ErrorCode,
  type RetryScope,
  type TaskState,
} from '../gql/graphql'
import { Dialog } from '../parts/dialog'
import { explain } from '../parts/states'
import { freshKey } from './keys'
import { Refusals } from './refusals'
import { FORM, inputOf, type Form, type Outcome } from './retry-form'
import { Preview, usePreview } from './retry-preview'

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
  const preview = usePreview(problems.length || (blockers.length && !form.confirmed) ? null : input)
  const [sent, send] = useMutation(RetryTaskDocument)
  const [key] = useState(freshKey)
  const navigate = useNavigate()
  const isReady = preview.outcome?.errors.length === 0 && !preview.isStale && !sent.fetching

  const order = async () => {
    const { data } = await send({ input: { ...input, dryRun: false, idempotencyKey: key } })
    if (!data?.retryTask.taskId) return
    close()
    void navigate(taskAddress(data.retryTask.taskId))
  }

  const refused = sent.data?.retryTask.errors ?? []
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
      <fieldset className="choices">
        <legend>What happens to those who waited for it</legend>
        <Choice value="ALONE" title="Alone" text="A new task, in no group, chord or chain." form={form} set={set} />
        <Choice
          value="CONTINUE"
          title="Continue"
          text="The rest of its chain runs, its group heals, its chord fires."
          form={form}
          set={set}
        />
      </fieldset>
      <Arguments form={form} set={set} asSent={asSent.outcome} />
      <div className="fields">
        <label className="field">
          Queue
          <input
            value={form.queue}
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
            placeholder="at once"
            onChange={(event) => set({ countdown: event.target.value })}
          />
        </label>
      </div>
      <label className="field">
        Reason, for the record
        <input value={form.reason} onChange={(event) => set({ reason: event.target.value })} />
      </label>
      {problems.map((problem) => (
        <p key={problem} className="notice bad" role="alert">
          {problem}
        </p>
      ))}
      {sent.error && (
        <p className="notice bad" role="alert">
          {explain(sent.error)}
        </p>
      )}
      {preview.problem && (
        <p className="notice bad" role="alert">
          {preview.problem}
        </p>
      )}
      <Refusals errors={errors} />
      <Preview preview={preview} />
    </Dialog>
  )
}

interface PartProps {
  form: Form
  set: (changes: Partial<Form>) => void
}

function Choice({ value, title, text, form, set }: PartProps & { value: RetryScope; title: string; text: string }) {
  return (
    <label className="choice">
      <input type="radio" name="scope" checked={form.scope === value} onChange={() => set({ scope: value })} />
      <span>
        <strong>{title}</strong>
        <span className="dim">{text}</span>
      </span>
    </label>
  )
}

// The real arguments are only known to the service; what is shown of them may be cut or hidden.
function Arguments({ form, set, asSent }: PartProps & { asSent: Outcome | null }) {
  const { args, kwargs } = asSent?.preview ?? {}
  const write = (value: unknown) => JSON.stringify(value, null, 2)
  const isEdited = form.args !== null || form.kwargs !== null
  const begin = () =>
    set({ args: Array.isArray(args?.json) ? write(args.json) : '[]', kwargs: write(kwargs?.json ?? {}) })
  if (!isEdited)
    return (
      <button disabled={!args || !kwargs} onClick={begin}>
        Edit the arguments
      </button>
    )
  return (
    <div className="fields">
      <label className="field">
        Positional arguments
        <textarea
          rows={6}
          spellCheck={false}
          value={form.args ?? ''}
          onChange={(event) => set({ args: event.target.value })}
        />
      </label>
      <label className="field">
        Named arguments
        <textarea
          rows={6}
          spellCheck={false}
          value={form.kwargs ?? ''}
          onChange={(event) => set({ kwargs: event.target.value })}
        />
      </label>
    </div>
  )
}
