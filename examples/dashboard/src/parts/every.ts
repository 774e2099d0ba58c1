// Calls again and again while the page is looked at; never where the pause is zero.
import { useEffect, useRef } from 'react'

export function useEvery(milliseconds: number, act: () => void): void {
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (!milliseconds) return
    const timer = setInterval(() => !document.hidden && latest.current(), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}
