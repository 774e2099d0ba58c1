// A button that can still be reached when it must not be pressed, and then says why: to a pointer, a tap and the focus.
import { Tooltip } from 'radix-ui'
import { useId, useState, type MouseEvent, type ReactNode } from 'react'

interface Props {
  children: ReactNode
  onClick: () => void
  reasons: string[]
  className?: string
}

export function ReasonedButton({ children, onClick, reasons, className }: Props) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  if (reasons.length === 0) {
    return (
      <button className={className} onClick={onClick}>
        {children}
      </button>
    )
  }
  const tell = (event: MouseEvent) => {
    event.preventDefault() // the tooltip would close on a click
    setOpen(true)
  }
  return (
    <Tooltip.Root open={isOpen} onOpenChange={setOpen}>
      <Tooltip.Trigger asChild>
        <button className={className} aria-disabled aria-describedby={id} onClick={tell}>
          {children}
        </button>
      </Tooltip.Trigger>
      <span id={id} hidden>
        {reasons.join(' ')}
      </span>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {reasons.map((reason) => (
            <p key={reason}>{reason}</p>
          ))}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
