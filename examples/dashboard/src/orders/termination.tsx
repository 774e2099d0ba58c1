// Whether a revoke also ends what runs already, and by which signal.
import type { TerminateSignal } from '../gql/graphql'
import { needs, useMay } from '../viewer'

export interface Termination {
  terminate: boolean
  signal: TerminateSignal
}

export const WAITING_ONLY: Termination = { terminate: false, signal: 'SIGTERM' }

const SIGNALS: TerminateSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL']

interface Props {
  label: string
  termination: Termination
  setTermination: (termination: Termination) => void
}

export function TerminationFields({ label, termination, setTermination }: Props) {
  const mayTerminate = useMay('terminate_taskresult')
  const mayKill = useMay('kill_taskresult')
  const set = (changes: Partial<Termination>) => setTermination({ ...termination, ...changes })
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={termination.terminate}
          disabled={!mayTerminate}
          onChange={(event) => set({ terminate: event.target.checked })}
        />
        {label}
      </label>
      {!mayTerminate && <p className="dim">{needs('terminate_taskresult')}</p>}
      {termination.terminate && (
        <label className="field">
          Signal
          <select
            value={termination.signal}
            onChange={(event) => set({ signal: event.target.value as TerminateSignal })}
          >
            {SIGNALS.map((each) => (
              <option key={each} disabled={each === 'SIGKILL' && !mayKill}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  )
}
