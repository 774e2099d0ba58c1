// How many tasks were created in each span of time, by state.
import { intlFormat } from 'date-fns'
import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

import type { StatsOverTimeQuery, TaskState, TimeBucketUnit } from '../gql/graphql'
import { count, moment, short } from '../format'
import { stateColor } from '../parts/state-badge'

type Bucket = StatsOverTimeQuery['taskResultStats']['timeSeries'][number]
type Point = { start: string } & Partial<Record<Kind, number>>

// Few colours tell more than ten: what ended well, what ended badly, and what is still on its way.
const KINDS = ['succeeded', 'failed', 'revoked', 'unfinished'] as const
type Kind = (typeof KINDS)[number]
const KIND_OF: Partial<Record<TaskState, Kind>> = {
  SUCCESS: 'succeeded',
  FAILURE: 'failed',
  REJECTED: 'failed',
  REVOKED: 'revoked',
}
const COLORS: Record<Kind, string> = {
  succeeded: stateColor('SUCCESS'),
  failed: stateColor('FAILURE'),
  revoked: stateColor('REVOKED'),
  unfinished: stateColor('STARTED'),
}

function pointOf({ start, aggregate }: Bucket): Point {
  const point: Point = { start }
  for (const { state, count } of aggregate.stateCounts) {
    const kind = KIND_OF[state] ?? 'unfinished'
    point[kind] = (point[kind] ?? 0) + count
  }
  return point
}

// The service leaves out spans without tasks; a chart must not.
function filled(buckets: Bucket[]): Point[] {
  const points: Point[] = []
  let end = NaN
  for (const bucket of buckets) {
    const start = Date.parse(bucket.start)
    const length = Date.parse(bucket.end) - start
    for (let gap = end; gap < start && points.length < 1000; gap += length)
      points.push({ start: new Date(gap).toISOString() })
    points.push(pointOf(bucket))
    end = Date.parse(bucket.end)
  }
  return points
}

function labelOf(text: string, unit: TimeBucketUnit): string {
  const isShort = unit === 'MINUTE' || unit === 'HOUR'
  return intlFormat(
    new Date(text),
    isShort ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' },
  )
}

export default function OverTimeChart({ buckets, unit }: { buckets: Bucket[]; unit: TimeBucketUnit }) {
  const points = filled(buckets)
  if (points.length === 0) return <p className="chart-empty dim">Nothing in this time.</p>
  return (
    <>
      <ul className="legend">
        {KINDS.map((kind) => (
          <li key={kind}>
            <span className="dot" style={{ background: COLORS[kind] }} aria-hidden />{' '}
            <span className="dim">{kind}</span>
          </li>
        ))}
      </ul>
      <div className="chart">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height: 170 }}>
          <BarChart
            data={points}
            barCategoryGap={1}
            maxBarSize={48}
            margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <XAxis
              dataKey="start"
              tickFormatter={(text: string) => labelOf(text, unit)}
              tickLine={false}
              axisLine={false}
              minTickGap={48}
              fontSize={11}
              tick={{ fill: 'var(--dim)' }}
            />
            <YAxis
              width={34}
              tickFormatter={short}
              tickLine={false}
              axisLine={false}
              allowDecimals={false}
              fontSize={11}
              tick={{ fill: 'var(--dim)' }}
            />
            <Tooltip
              cursor={{ fill: 'var(--hover)' }}
              isAnimationActive={false}
              content={({ label, payload }) => <Hint label={String(label)} payload={payload} />}
            />
            {KINDS.map((kind) => (
              <Bar key={kind} dataKey={kind} stackId="all" fill={COLORS[kind]} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
    </>
  )
}

interface HintProps {
  label: string
  payload: readonly { name?: unknown; value?: unknown; color?: string }[]
}

function Hint({ label, payload }: HintProps) {
  if (payload.length === 0) return null
  return (
    <div className="tooltip">
      <p>{moment(label)}</p>
      {payload.map((each) => (
        <p key={String(each.name)}>
          <span className="dot" style={{ background: each.color }} /> {count(Number(each.value))} {String(each.name)}
        </p>
      ))}
    </div>
  )
}
