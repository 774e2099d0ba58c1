// Idempotency keys: an order that is sent twice with the same key is carried out once.
import { useRef } from 'react'

export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `dashboard-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

// An order that is sent again, as its answer was lost, keeps its key; one that says something else gets another.
export function useKeyOf(order: unknown): string {
  const text = JSON.stringify(order)
  const held = useRef({ text, key: '' })
  if (!held.current.key || held.current.text !== text) held.current = { text, key: freshKey() }
  return held.current.key
}
