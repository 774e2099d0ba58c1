// Light, dark, or as the system is; kept for the next visit.
import { useState } from 'react'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'dashboard-theme'

function kept(): Theme {
  const found = localStorage.getItem(KEY)
  return THEMES.find((theme) => theme === found) ?? 'system'
}

function show(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme
}

// Before anything is drawn, so that nothing flashes.
export function showKeptTheme(): void {
  show(kept())
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(kept)
  const choose = (chosen: Theme) => {
    localStorage.setItem(KEY, chosen)
    show(chosen)
    setTheme(chosen)
  }
  return [theme, choose]
}
