// Keys that work anywhere on a page, except while somebody writes or a dialog is open.
import { useEffect, useRef } from 'react'

export type Keys = Record<string, (event: KeyboardEvent) => void>

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

export function useKeys(keys: Keys): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      if (document.querySelector('dialog[open]')) return
      const act = latest.current[event.key]
      if (act) {
        event.preventDefault()
        act(event)
      }
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
}

// Calls again and again while the page is looked at.
export function useEvery(milliseconds: number, act: () => void): void {
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (!milliseconds) return
    const timer = setInterval(() => !document.hidden && latest.current(), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}
