// Moments, spans and numbers as people read them, in their own language and time zone.
import { formatDistanceToNowStrict, intlFormat } from 'date-fns'

const counts = new Intl.NumberFormat()
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

export const count = (value: number): string => counts.format(value)
export const short = (value: number): string => compact.format(value)
export const percent = (value: number): string => percents.format(value)

export function moment(text: string): string {
  return intlFormat(new Date(text), { dateStyle: 'medium', timeStyle: 'medium' })
}

export function ago(text: string): string {
  return formatDistanceToNowStrict(new Date(text), { addSuffix: true })
}

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (value < 0.001) return '< 1 ms'
  if (value < 0.9995) return `${Math.round(value * 1000)} ms`
  if (value < 59.95) return `${value.toFixed(value < 9.995 ? 2 : 1)} s`
  const whole = Math.round(value)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  if (value < 1e6) return `${(value / 1000).toFixed(1)} kB`
  return `${(value / 1e6).toFixed(1)} MB`
}

// The last part of a dotted name is what people look for; the rest is where it is defined.
export function splitName(name: string | null | undefined): { module: string; name: string } {
  if (!name) return { module: '', name: '(no name)' }
  const dot = name.lastIndexOf('.')
  return { module: name.slice(0, dot + 1), name: name.slice(dot + 1) }
}
