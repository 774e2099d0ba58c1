// A text that is passed on once it is meant: after a pause, or, where only the whole text has a meaning, when the
// field is left, Enter is pressed, or one of the offered values stands there.
import { useEffect, useId, useRef, useState, type ComponentProps } from 'react'
import { flushSync } from 'react-dom'

interface Props extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'list'> {
  value: string
  change: (value: string) => void
  isWhole?: boolean
  offered?: string[]
}

const PAUSE = 300

export function SettledInput({ value, change, isWhole = false, offered = [], ...input }: Props) {
  const [text, setText] = useState(value)
  const list = useId()
  const passOn = useRef(change)
  // Rendered at once: a value that comes back later would replace what was typed meanwhile.
  passOn.current = (text) => flushSync(() => change(text))
  const isMeant = !isWhole || text === '' || offered.includes(text)
  const settle = () => text !== value && passOn.current(text)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (!isMeant || text === value) return
    const timer = setTimeout(() => passOn.current(text), PAUSE)
    return () => clearTimeout(timer)
  }, [isMeant, text, value])
  return (
    <>
      <input
        {...input}
        type="search"
        list={list}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={settle}
        onKeyDown={(event) => event.key === 'Enter' && settle()}
      />
      <datalist id={list}>
        {offered.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  )
}
