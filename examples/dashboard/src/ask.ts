// Sends an operation, and gives back data of the type that its document says.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'

import { TaskListDocument, type TaskListQuery } from './gql/graphql'

export interface ResponseError {
  message: string
  extensions: { code: string }
}

export interface Answer<Data> {
  data: Data | null
  errors?: ResponseError[]
}

export async function ask<Data, Variables>(
  endpoint: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: print(document), variables }),
  })
  return (await response.json()) as Answer<Data>
}

export type TaskLine = TaskListQuery['taskResults']['edges'][number]['node']

export async function failedTasks(endpoint: string): Promise<TaskLine[]> {
  const { data } = await ask(endpoint, TaskListDocument, { filter: { state: { eq: 'FAILURE' } }, first: 50 })
  return data?.taskResults.edges.map((edge) => edge.node) ?? []
}
