// How far a chord is: members that returned, and its body once they all have.
import { Link } from 'react-router'

import { taskAddress } from '../addresses'
import { count } from '../format'
import type { ChordFragment, ChordState } from '../gql/graphql'
import { ProgressBar } from './progress'
import { TaskLink } from './task-link'

const WORDS: Record<ChordState, string> = {
  OPEN: 'waits for its members',
  CLAIMED: 'its body is being sent',
  DONE: 'its body was sent',
  FAILED: 'a member failed, so its body was not run; retry that member with “Continue”',
  HEALING: 'failed members run again; its body is sent once all have succeeded',
}

export function ChordCard({ chord }: { chord: ChordFragment }) {
  const { state, completedCount, total, body, bodyTaskId } = chord
  return (
    <section className="card">
      <h2>
        Chord{' '}
        <span className="tag">{state}</span>
      </h2>
      {total !== null && <ProgressBar value={completedCount} total={total} label="Members that returned" />}
      <p>
        {count(completedCount)}
        {total !== null && ` of ${count(total)}`} returned; <span className="dim">{WORDS[state]}.</span>
      </p>
      {body ? (
        <TaskLink task={body} />
      ) : (
        bodyTaskId && (
          <Link className="mono" to={taskAddress(bodyTaskId)}>
            {bodyTaskId}
          </Link>
        )
      )}
    </section>
  )
}
