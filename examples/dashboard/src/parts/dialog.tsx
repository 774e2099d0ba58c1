// The browser's own dialog: it keeps the focus inside, closes on Escape, and needs no style elements of its own,
// which the page's policy would not let in.
import { X } from 'lucide-react'
import { useId, useLayoutEffect, useRef, type MouseEvent, type ReactNode } from 'react'

interface Props {
  title: string
  close: () => void
  children: ReactNode
  actions?: ReactNode
}

export function Dialog({ title, close, children, actions }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Closed before it is taken away: only then does the focus go back to where it was.
  useLayoutEffect(() => {
    const opened = box.current
    if (opened && !opened.open) opened.showModal()
    return () => opened?.close()
  }, [])
  // A click beside it closes what only tells something; what somebody wrote is not lost by a slip.
  const beside = (event: MouseEvent) => !actions && event.target === box.current && close()
  return (
    <dialog ref={box} aria-labelledby={id} onCancel={close} onClick={beside}>
      <div className="dialog">
        <header>
          <h2 id={id}>{title}</h2>
          <button className="quiet icon" aria-label="Close" onClick={close}>
            <X aria-hidden />
          </button>
        </header>
        <div className="dialog-body">{children}</div>
        {actions && <footer>{actions}</footer>}
      </div>
    </dialog>
  )
}
