// The rows in sight, and spacers for those that are not: ten thousand rows cost as much as thirty.
import { columnVisibilityFeature, FlexRender, tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'react-router'

import { taskAddress, type FromList } from '../addresses'
import type { Filters } from '../filters'
import type { TaskResultOrderField } from '../gql/graphql'
import { seconds } from '../format'
import { useKeys } from '../parts/keys'
import { Moment } from '../parts/moment'
import { useIsNarrow } from '../parts/narrow'
import { StateBadge } from '../parts/state-badge'
import { TaskName } from '../parts/task-link'
import type { Row, Selection } from './selection'

const features = tableFeatures({ columnVisibilityFeature })
type Column = ColumnDef<typeof features, Row>

const COLUMNS: Column[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => <StateBadge state={original.state} status={original.status} />,
  },
  {
    id: 'task',
    header: 'Task',
    cell: ({ row: { original } }) => (
      <>
        <RowLink task={original} />
        {original.error?.type ? (
          <span className="row-error">
            {original.error.type}
            {original.error.message && `: ${original.error.message}`}
          </span>
        ) : (
          <span className="row-id">{original.taskId}</span>
        )}
      </>
    ),
  },
  { id: 'queue', header: 'Queue', cell: ({ row: { original } }) => original.queue ?? <span className="dim">–</span> },
  {
    id: 'worker',
    header: 'Worker',
    cell: ({ row: { original } }) => original.worker ?? <span className="dim">–</span>,
  },
  { id: 'DATE_CREATED', header: 'Created', cell: ({ row: { original } }) => <Moment at={original.dateCreated} /> },
  { id: 'DATE_DONE', header: 'Finished', cell: ({ row: { original } }) => <Moment at={original.dateDone} /> },
  {
    id: 'runtime',
    header: 'Runtime',
    cell: ({ row: { original } }) => <span className="number">{seconds(original.runtimeSeconds)}</span>,
  },
]
const SORTED = ['DATE_CREATED', 'DATE_DONE']

interface Props extends Pick<Selection, 'filters' | 'change'> {
  rows: Row[]
  total: number
}

export function TaskTable({ rows, total, filters, change }: Props) {
  const table = useTable({ features, columns: COLUMNS, data: rows, getRowId: (row) => row.id })
  const body = useRef<HTMLTableSectionElement>(null)
  const virtual = useVirtualRows(rows.length, body)
  useRowKeys(body)
  const shown = virtual.getVirtualItems()
  const before = shown[0] ? shown[0].start - virtual.options.scrollMargin : 0
  const after = virtual.getTotalSize() - before - shown.reduce((sum, each) => sum + each.size, 0)
  const all = table.getRowModel().rows

  return (
    <table className="tasks" aria-rowcount={total + 1}>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id} aria-rowindex={1}>
            {group.headers.map((header) => (
              <th
                key={header.id}
                scope="col"
                data-column={header.column.id}
                aria-sort={sortOf(header.column.id, filters)}
              >
                {SORTED.includes(header.column.id) ? (
                  <SortButton field={header.column.id as TaskResultOrderField} filters={filters} change={change}>
                    {String(header.column.columnDef.header)}
                  </SortButton>
                ) : (
                  <FlexRender header={header} />
                )}
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody ref={body}>
        {before > 0 && <Spacer height={before} />}
        {shown.map(({ index }) => {
          const row = all[index]
          return (
            row && (
              <tr key={row.id} data-index={index} aria-rowindex={index + 2}>
                {row.getAllCells().map((cell) => (
                  <td key={cell.id} data-column={cell.column.id}>
                    <FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            )
          )
        })}
        {after > 0 && <Spacer height={after} />}
      </tbody>
    </table>
  )
}

function RowLink({ task }: { task: Row }) {
  const state: FromList = { list: useLocation().search }
  return (
    <Link to={taskAddress(task.taskId)} state={state} data-row>
      <TaskName name={task.taskName} />
    </Link>
  )
}

// One cell: more would bring the columns back that narrow pages hide.
function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden className="spacer" style={{ height }}>
      <td style={{ height }} />
    </tr>
  )
}

function useVirtualRows(count: number, body: React.RefObject<HTMLTableSectionElement | null>) {
  const [margin, setMargin] = useState(0)
  const height = useIsNarrow() ? 92 : 52
  useLayoutEffect(() => {
    const measure = () => setMargin((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY)
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [body])
  const virtual = useWindowVirtualizer({ count, estimateSize: () => height, overscan: 12, scrollMargin: margin })
  useLayoutEffect(() => virtual.measure(), [virtual, height])
  return virtual
}

// j and k go down and up through the rows, as in many lists; Enter follows the link that has the focus.
function useRowKeys(body: React.RefObject<HTMLTableSectionElement | null>): void {
  const step = (by: number) => {
    const links = [...(body.current?.querySelectorAll<HTMLAnchorElement>('a[data-row]') ?? [])]
    const here = links.findIndex((link) => link === document.activeElement)
    const next = links[here < 0 ? (by > 0 ? firstInSight(links) : links.length - 1) : here + by]
    next?.focus({ preventScroll: true })
    next?.closest('tr')?.scrollIntoView({ block: 'nearest' })
  }
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
  })
}

function firstInSight(links: HTMLAnchorElement[]): number {
  return Math.max(
    0,
    links.findIndex((link) => link.getBoundingClientRect().top > 80),
  )
}

function sortOf(column: string, { orderField, direction }: Filters): 'ascending' | 'descending' | undefined {
  return column === orderField ? (direction === 'ASC' ? 'ascending' : 'descending') : undefined
}

interface SortProps extends Pick<Props, 'filters' | 'change'> {
  field: TaskResultOrderField
  children: string
}

function SortButton({ field, filters, change, children }: SortProps) {
  const isSorted = filters.orderField === field
  const flipped = isSorted && filters.direction === 'DESC' ? 'ASC' : 'DESC'
  return (
    <button className="sort" onClick={() => change({ orderField: field, direction: flipped })}>
      {children}
      {isSorted && (filters.direction === 'ASC' ? <ArrowUp aria-hidden /> : <ArrowDown aria-hidden />)}
    </button>
  )
}
