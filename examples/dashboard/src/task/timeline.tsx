// When it was sent, when it began, when it ended, and how long lay between.
import { seconds } from '../format'
import { Moment } from '../parts/moment'
import { ProgressBar } from '../parts/progress'
import type { Task } from './task'

export function Timeline({ task }: { task: Task }) {
  return (
    <section className="card">
      <h2>Timeline</h2>
      <ol className="timeline">
        <Step
          title="Created"
          at={task.dateCreated}
          gap={task.queuedSeconds === null ? null : `waited ${seconds(task.queuedSeconds)}`}
        />
        {task.eta && <Step title="Not before" at={task.eta} gap={null} />}
        <Step
          title="Started"
          at={task.dateStarted}
          gap={task.runtimeSeconds === null ? null : `ran ${seconds(task.runtimeSeconds)}`}
        />
        <Step title="Finished" at={task.dateDone} gap={null} state={task.isReady ? task.state : undefined} />
      </ol>
    </section>
  )
}

interface StepProps {
  title: string
  at: string | null | undefined
  gap: string | null
  state?: string | undefined
}

function Step({ title, at, gap, state }: StepProps) {
  return (
    <li data-happened={Boolean(at)} data-state={state}>
      <strong>{title}</strong>
      {at ? <Moment at={at} exact /> : <span className="dim">not yet, or not tracked</span>}
      {gap && <span className="gap">{gap}</span>}
    </li>
  )
}

export function Progress({ progress }: { progress: NonNullable<Task['progress']> }) {
  const { current, total, percent, message } = progress
  return (
    <section className="card">
      <h2>Progress</h2>
      {total !== null && <ProgressBar value={current} total={total} label="Progress" />}
      <p role="status">
        {current}
        {total !== null && ` of ${total}`}
        {percent !== null && ` (${Math.round(percent)} %)`} {message && <span className="dim">{message}</span>}
      </p>
    </section>
  )
}
