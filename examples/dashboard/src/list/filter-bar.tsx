// What narrows the list. Every choice stands in the address, so that a view can be sent to a colleague.
import { Pause, Play, Search, SlidersHorizontal, X } from 'lucide-react'
import { Popover, ToggleGroup } from 'radix-ui'
import { useState } from 'react'
import { useQuery } from 'urql'

import { SPANS, STATES, type Span, type TextName } from '../filters'
import { FilterValuesDocument, type TaskResultGroupBy, type TaskState } from '../gql/graphql'
import { SettledInput } from '../parts/settled-input'
import type { Selection } from './selection'

interface Props extends Omit<Selection, 'filter'> {
  setLive: (isLive: boolean) => void
}

interface Field {
  name: TextName
  label: string
  values?: TaskResultGroupBy
}

const FIELDS: Field[] = [
  { name: 'name', label: 'Task name', values: 'TASK_NAME' },
  { name: 'id', label: 'Task id begins with' },
  { name: 'queue', label: 'Queue', values: 'QUEUE' },
  { name: 'worker', label: 'Worker', values: 'WORKER' },
  { name: 'error', label: 'Error type', values: 'ERROR_TYPE' },
  { name: 'schedule', label: 'Schedule entry', values: 'PERIODIC_TASK' },
]
const LABELS: Record<Exclude<TextName, 'search'>, string> = {
  name: 'Name',
  id: 'Id',
  worker: 'Worker',
  queue: 'Queue',
  error: 'Error',
  fingerprint: 'Same error as',
  root: 'Workflow of',
  group: 'Group',
  schedule: 'Schedule',
}

export function FilterBar({ filters, change, isLive, setLive }: Props) {
  const chosen = (Object.keys(LABELS) as (keyof typeof LABELS)[]).filter((name) => filters[name])
  return (
    <search className="filters">
      <div className="filter-row">
        <div className="search">
          <Search aria-hidden />
          <SettledInput
            id="search"
            aria-label="Search"
            placeholder='Words, "two words", -not, error:KeyError'
            value={filters.search}
            change={(search) => change({ search })}
          />
          <kbd aria-hidden>/</kbd>
        </div>
        <ToggleGroup.Root
          type="single"
          className="segments"
          aria-label="Created within"
          value={filters.span}
          onValueChange={(span) => span && change({ span: span as Span })}
        >
          {Object.entries(SPANS).map(([span, label]) => (
            <ToggleGroup.Item key={span} value={span}>
              {label}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        <MoreFilters filters={filters} change={change} />
        <button
          className="live"
          aria-pressed={isLive}
          onClick={() => setLive(!isLive)}
          title="Renew while the page is open"
        >
          {isLive ? <Pause aria-hidden /> : <Play aria-hidden />} Live
        </button>
      </div>
      {(chosen.length > 0 || filters.states.length > 0) && (
        <ul className="chips" aria-label="Filters in use">
          {filters.states.map((state) => (
            <Chip
              key={state}
              label="State"
              value={state}
              remove={() => change({ states: filters.states.filter((each) => each !== state) })}
            />
          ))}
          {chosen.map((name) => (
            <Chip key={name} label={LABELS[name]} value={filters[name]} remove={() => change({ [name]: '' })} />
          ))}
        </ul>
      )}
    </search>
  )
}

function Chip({ label, value, remove }: { label: string; value: string; remove: () => void }) {
  return (
    <li className="chip">
      <span className="dim">{label}</span> <span className="chip-value">{value}</span>
      <button className="quiet" aria-label={`Remove the filter ${label} ${value}`} onClick={remove}>
        <X aria-hidden />
      </button>
    </li>
  )
}

function MoreFilters({ filters, change }: Pick<Props, 'filters' | 'change'>) {
  return (
    <Popover.Root>
      <Popover.Trigger className="more-filters">
        <SlidersHorizontal aria-hidden /> Filters
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="end" sideOffset={6} collisionPadding={8} aria-label="Filters">
          <fieldset>
            <legend>State</legend>
            <ToggleGroup.Root
              type="multiple"
              className="toggles"
              aria-label="State"
              value={filters.states}
              onValueChange={(states) => change({ states: states as TaskState[] })}
            >
              {STATES.map((state) => (
                <ToggleGroup.Item key={state} value={state}>
                  {state}
                </ToggleGroup.Item>
              ))}
            </ToggleGroup.Root>
          </fieldset>
          {FIELDS.map((field) => (
            <label key={field.name} className="field">
              {field.label}
              <FieldInput {...field} filters={filters} change={change} />
            </label>
          ))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

// Values that exist are offered. They are compared as a whole: half a name would only empty the list.
function FieldInput({ name, values, filters, change }: Field & Pick<Props, 'filters' | 'change'>) {
  const [isUsed, setUsed] = useState(false)
  const [{ data }] = useQuery({
    query: FilterValuesDocument,
    variables: { field: values ?? 'TASK_NAME' },
    pause: !values || !isUsed,
  })
  return (
    <SettledInput
      value={filters[name]}
      change={(value) => change({ [name]: value })}
      isWhole={values !== undefined}
      offered={data?.suggest}
      onFocus={() => setUsed(true)}
    />
  )
}
