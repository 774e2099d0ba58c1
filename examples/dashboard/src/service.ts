// The one client of the service: sends Django's CSRF token, and leaves for the login page when the session has ended.
import { cacheExchange, Client, fetchExchange } from 'urql'

const ENDPOINT = '/graphql/'
const LOGIN = '/admin/login/'

function cookie(name: string): string {
  const found = document.cookie.split('; ').find((part) => part.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

export function csrfToken(): string {
  return cookie('csrftoken')
}

function leaveForLogin(): Promise<Response> {
  const here = window.location.pathname + window.location.search
  window.location.assign(`${LOGIN}?next=${encodeURIComponent(here)}`)
  return new Promise(() => undefined) // the page is on its way out: nothing needs to be drawn any more
}

const ask: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  return response.status === 401 ? leaveForLogin() : response
}

export const client = new Client({
  url: ENDPOINT,
  exchanges: [cacheExchange, fetchExchange],
  requestPolicy: 'cache-and-network',
  preferGetMethod: false,
  fetch: ask,
  fetchOptions: () => ({
    credentials: 'same-origin',
    headers: { 'X-CSRFToken': csrfToken(), Accept: 'application/graphql-response+json' },
  }),
})
