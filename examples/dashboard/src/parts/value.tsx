// A stored value: a tree where it is JSON, text where it is not, and always what was hidden or cut.
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { allExpanded, collapseAllNested, defaultStyles, JsonView } from 'react-json-view-lite'

import type { ValueFragment } from '../gql/graphql'
import { bytes } from '../format'

const CLASSES = {
  ...defaultStyles,
  container: 'json',
  basicChildStyle: 'json-child',
  childFieldsContainer: '',
  expandIcon: 'json-expand',
  collapseIcon: 'json-collapse',
  collapsedContent: 'json-more',
  label: 'json-label',
  clickableLabel: 'json-label',
  stringValue: 'json-string',
  numberValue: 'json-number',
  booleanValue: 'json-word',
  nullValue: 'json-word',
  undefinedValue: 'json-word',
  otherValue: 'json-word',
  punctuation: 'json-punctuation',
}

export function JsonTree({ value, label }: { value: unknown; label: string }) {
  if (typeof value !== 'object' || value === null) return <pre className="text">{JSON.stringify(value)}</pre>
  const isSmall = JSON.stringify(value).length < 2000
  return (
    <JsonView
      data={value}
      style={CLASSES}
      shouldExpandNode={isSmall ? allExpanded : collapseAllNested}
      aria-label={label}
    />
  )
}

// Browsers have a clipboard for pages of https and of this machine only.
export function Copier({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  if (!window.isSecureContext) return null
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <button className="quiet icon" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={() => void copy()}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
    </button>
  )
}

// As many characters of a text as the fragment `Value` asks for.
const SHOWN = 4000

function isTree({ json }: ValueFragment): boolean {
  return typeof json === 'object' && json !== null
}

function isCut({ isTruncated, text }: ValueFragment): boolean {
  return isTruncated || text.length >= SHOWN
}

// Null where only the beginning is here.
export function wholeText(value: ValueFragment): string | null {
  if (isTree(value)) return JSON.stringify(value.json, null, 2)
  return isCut(value) ? null : value.text
}

export function Value({ value, label }: { value: ValueFragment; label: string }) {
  return (
    <div className="value">
      {isTree(value) ? (
        <JsonTree value={value.json} label={label} />
      ) : (
        <pre className="text" tabIndex={0} aria-label={label}>
          {value.text}
        </pre>
      )}
      <p className="value-facts">
        {value.contentType} · {bytes(value.byteLength)}
        {value.isRedacted && <span className="tag">secrets hidden</span>}
        {!isTree(value) && isCut(value) && <span className="tag">cut</span>}
      </p>
    </div>
  )
}
