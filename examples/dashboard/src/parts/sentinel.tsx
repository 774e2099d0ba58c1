// The end of a growing list: asks for more before it comes into sight, and says how the list goes on.
import { useEffect, useRef } from 'react'

import { Failure, Loading } from './states'
import type { Pages } from '../pages'

export function Sentinel<Data, Node>({ pages, what }: { pages: Pages<Data, Node>; what: string }) {
  const mark = useRef<HTMLDivElement>(null)
  const { more, hasMore, rows } = pages
  useEffect(() => {
    if (!mark.current || !hasMore) return
    const observer = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && more(), {
      rootMargin: '600px',
    })
    observer.observe(mark.current)
    return () => observer.disconnect()
  }, [more, hasMore, rows.length])
  return (
    <div ref={mark} className="list-end">
      {pages.error && <Failure error={pages.error} retry={pages.reload} />}
      {pages.loading && <Loading what={what} />}
      {!pages.error && !pages.loading && !hasMore && rows.length > 0 && <p className="dim">That is all.</p>}
    </div>
  )
}
