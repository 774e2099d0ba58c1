// Whether what waited for a task goes on when it is run again.
import { useId } from 'react'

import type { RetryScope } from '../gql/graphql'

const SCOPES: Record<RetryScope, { title: string; text: string }> = {
  ALONE: { title: 'Alone', text: 'A new task, in no group, chord or chain.' },
  CONTINUE: { title: 'Continue', text: 'The rest of its chain runs, its group heals, its chord fires.' },
}

export function ScopeChoice({ scope, setScope }: { scope: RetryScope; setScope: (scope: RetryScope) => void }) {
  const name = useId()
  return (
    <fieldset className="choices">
      <legend>What about tasks that waited for it?</legend>
      {(Object.keys(SCOPES) as RetryScope[]).map((each) => (
        <label key={each} className="choice">
          <input type="radio" name={name} checked={scope === each} onChange={() => setScope(each)} />
          <span>
            <strong>{SCOPES[each].title}</strong>
            <span className="dim">{SCOPES[each].text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
