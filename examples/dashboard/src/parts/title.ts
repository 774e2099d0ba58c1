// What the browser's tab and its history call a page.
import { useEffect } from 'react'

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Celery results`
  }, [title])
}
