// Whether the page is as narrow as a phone: the same 720 px as in the styles.
import { useSyncExternalStore } from 'react'

const NARROW = window.matchMedia('(max-width: 720px)')

function listen(changed: () => void): () => void {
  NARROW.addEventListener('change', changed)
  return () => NARROW.removeEventListener('change', changed)
}

export function useIsNarrow(): boolean {
  return useSyncExternalStore(listen, () => NARROW.matches)
}
