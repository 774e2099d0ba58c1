// A query of the statistics, asked again while somebody looks.
import { useQuery, type AnyVariables, type CombinedError, type UseQueryArgs } from 'urql'

import { useEvery } from '../parts/every'

const RENEWED_EVERY = 15000

export interface Renewed<Data> {
  data: Data | undefined
  error: CombinedError | undefined
  again: () => void
}

export function useRenewedQuery<Data, Variables extends AnyVariables>(
  asked: UseQueryArgs<Variables, Data>,
  isLive: boolean,
): Renewed<Data> {
  const [{ data, error }, ask] = useQuery(asked)
  const again = () => ask({ requestPolicy: 'network-only' })
  useEvery(isLive ? RENEWED_EVERY : 0, again)
  return { data, error, again }
}
