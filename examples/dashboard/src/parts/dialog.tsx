// The browser's own dialog: it keeps the focus inside, closes on Escape, and needs no style elements of its own,
// which the page's policy would not let in.
import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'

interface Props {
  title: string
  close: () => void
  children: ReactNode
  actions?: ReactNode
}

export function Dialog({ title, close, children, actions }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const opened = box.current
    if (opened && !opened.open) opened.showModal()
    return () => opened?.close()
  }, [])
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={close}
      onClick={(event) => event.target === box.current && close()}
    >
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
