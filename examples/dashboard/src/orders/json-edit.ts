// What somebody typed as JSON, and what of it the service must be told.
export const HIDDEN = '[redacted]'

export type Parsed<Value> = { value: Value; problem?: undefined } | { value?: undefined; problem: string }

function parsed(text: string): Parsed<unknown> {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}` }
  }
}

function hasHidden(value: unknown): boolean {
  return JSON.stringify(value)?.includes(HIDDEN) ?? false
}

const STAYS = 'A hidden value cannot be sent as it is shown: type the real one, or leave these arguments as they were.'

export function argsOf(text: string): Parsed<unknown[]> {
  const { value, problem } = parsed(text)
  if (problem !== undefined) return { problem }
  if (!Array.isArray(value)) return { problem: 'Positional arguments are a list: […]' }
  return hasHidden(value) ? { problem: STAYS } : { value }
}

// Named arguments are merged into those that were sent: only what differs goes out, and null removes a name.
export function kwargsOf(text: string, sent: unknown): Parsed<Record<string, unknown>> {
  const { value, problem } = parsed(text)
  if (problem !== undefined) return { problem }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: 'Named arguments are an object: {…}' }
  const before = (sent ?? {}) as Record<string, unknown>
  const changed = Object.entries(value).filter(([name, each]) => JSON.stringify(each) !== JSON.stringify(before[name]))
  if (hasHidden(changed)) return { problem: STAYS }
  const removed = Object.keys(before).filter((name) => !(name in value))
  return { value: Object.fromEntries([...changed, ...removed.map((name) => [name, null])]) }
}
