// How long each task takes: its median, and where 95 of 100 end. The slowest come first.
import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

import type { StatsBreakdownQuery } from '../gql/graphql'
import { count, seconds, splitName } from '../format'

type Bucket = StatsBreakdownQuery['taskResultStats']['groups'][number]

interface Point {
  task: string
  median: number
  rest: number
  p95: number
  count: number
}

const SHOWN = 6

function pointsOf(buckets: Bucket[]): Point[] {
  return buckets
    .flatMap(({ keys, aggregate: { runtime } }) => {
      const { median, p95 } = runtime
      if (median === null || p95 === null) return []
      return [{ task: keys[0] ?? '', median, p95, rest: p95 - median, count: runtime.count }]
    })
    .sort((one, other) => other.p95 - one.p95)
    .slice(0, SHOWN)
}

export default function RuntimeChart({ buckets, choose }: { buckets: Bucket[]; choose: (task: string) => void }) {
  const points = pointsOf(buckets)
  if (points.length === 0) return <p className="chart-empty dim">No task has finished in this time.</p>
  const pick = (point: { payload?: Point }) => point.payload && choose(point.payload.task)
  return (
    <div className="chart">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height: 170 }}>
        <BarChart
          data={points}
          layout="vertical"
          barCategoryGap="28%"
          maxBarSize={22}
          margin={{ top: 0, right: 12, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <XAxis
            type="number"
            tickFormatter={(value: number) => (value < 60 ? `${value} s` : seconds(value))}
            tickLine={false}
            axisLine={false}
            fontSize={11}
            tick={{ fill: 'var(--dim)' }}
            tickCount={4}
          />
          <YAxis
            type="category"
            dataKey="task"
            width={118}
            tickFormatter={(name: string) => splitName(name).name}
            tickLine={false}
            axisLine={false}
            fontSize={11}
            tick={{ fill: 'var(--dim)' }}
            interval={0}
          />
          <Tooltip
            cursor={{ fill: 'var(--hover)' }}
            isAnimationActive={false}
            content={({ payload }) => <Hint point={payload[0]?.payload as Point | undefined} />}
          />
          <Bar
            dataKey="median"
            stackId="time"
            fill="var(--accent)"
            isAnimationActive={false}
            cursor="pointer"
            onClick={pick}
            radius={[3, 0, 0, 3]}
          />
          <Bar
            dataKey="rest"
            stackId="time"
            fill="var(--accent-soft)"
            isAnimationActive={false}
            cursor="pointer"
            onClick={pick}
            radius={[0, 3, 3, 0]}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  )
}

function Hint({ point }: { point: Point | undefined }) {
  if (!point) return null
  return (
    <div className="tooltip">
      <p>{point.task}</p>
      <p>median {seconds(point.median)}</p>
      <p>95th percentile {seconds(point.p95)}</p>
      <p className="dim">{count(point.count)} runs</p>
    </div>
  )
}
