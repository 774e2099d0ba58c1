// The frame around every page: where one can go, who one is, and how it looks.
import { Keyboard, Layers, ListChecks, LogOut, Monitor, Moon, ScrollText, Sun, Terminal } from 'lucide-react'
import { Tooltip } from 'radix-ui'
import { useEffect, useState } from 'react'
import { NavLink, Outlet, useLocation, useNavigate, useNavigationType } from 'react-router'

import { Boundary } from './parts/boundary'
import { Dialog } from './parts/dialog'
import { useKeys } from './parts/keys'
import { csrfToken } from './service'
import { THEMES, useTheme, type Theme } from './theme'
import { useViewer } from './viewer'

const ICONS: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon }

export function Shell() {
  const [showsKeys, setShowsKeys] = useState(false)
  const { pathname } = useLocation()
  const navigate = useNavigate()
  useFreshPage(pathname)
  useKeys({
    t: () => void navigate('/'),
    g: () => void navigate('/groups'),
    o: () => void navigate('/operations'),
    '?': () => setShowsKeys(true),
  })
  return (
    <Tooltip.Provider delayDuration={150}>
      <a href="#content" className="skip">
        Skip to the content
      </a>
      <header className="top">
        <nav aria-label="Pages">
          <span className="brand">Celery results</span>
          <NavLink to="/" end>
            <ListChecks aria-hidden /> <span>Tasks</span>
          </NavLink>
          <NavLink to="/groups">
            <Layers aria-hidden /> <span>Groups</span>
          </NavLink>
          <NavLink to="/operations">
            <ScrollText aria-hidden /> <span>Operations</span>
          </NavLink>
        </nav>
        <div className="top-right">
          <a href="/graphql/" className="quiet icon wide-only" aria-label="GraphiQL" title="GraphiQL">
            <Terminal aria-hidden />
          </a>
          <button
            className="quiet icon wide-only"
            aria-label="Keys"
            title="Keys (?)"
            onClick={() => setShowsKeys(true)}
          >
            <Keyboard aria-hidden />
          </button>
          <ThemeButton />
          <Account />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Boundary address={pathname}>
          <Outlet />
        </Boundary>
      </main>
      {showsKeys && <KeysDialog close={() => setShowsKeys(false)} />}
    </Tooltip.Provider>
  )
}

// A page that was gone to begins at its top, where Tab and screen readers go on; the way back is the browser's.
function useFreshPage(pathname: string): void {
  const how = useNavigationType()
  useEffect(() => {
    if (how === 'POP') return
    window.scrollTo(0, 0)
    document.getElementById('content')?.focus({ preventScroll: true })
  }, [pathname])
}

function ThemeButton() {
  const [theme, setTheme] = useTheme()
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const Icon = ICONS[theme]
  return (
    <button
      className="quiet icon"
      aria-label={`Colours: ${theme}; change to ${next}`}
      title={`Colours: ${theme}`}
      onClick={() => setTheme(next)}
    >
      <Icon aria-hidden />
    </button>
  )
}

function Account() {
  const { viewer, service } = useViewer()
  return (
    <form method="post" action="/admin/logout/" className="account">
      <input type="hidden" name="csrfmiddlewaretoken" value={csrfToken()} />
      <span title={`django-celery-results ${service.version}`}>{viewer.username}</span>
      <button className="quiet icon" aria-label="Log out" title="Log out">
        <LogOut aria-hidden />
      </button>
    </form>
  )
}

const KEYS = [
  ['/', 'search'],
  ['j  k', 'down and up in the list'],
  ['Enter', 'open the task'],
  ['Shift R', 'load the list again'],
  ['r', 'retry the open task'],
  ['x', 'revoke the open task'],
  ['d', 'delete the open task'],
  ['Esc', 'back to the list'],
  ['t', 'tasks'],
  ['g', 'groups'],
  ['o', 'operations'],
  ['?', 'these keys'],
]

function KeysDialog({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl className="keys">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
