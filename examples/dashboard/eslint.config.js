// The recommended rules of @graphql-eslint for schemas and operations, and those for Relay; each exception says why.
// Paths are those of the repository's root, where ESLint is run: it looks at nothing above its own folder.
import graphql from '@graphql-eslint/eslint-plugin'

const schema = 'schema.graphql'
const documents = 'examples/dashboard/operations/*.graphql'

function checked(files, rules) {
  return {
    files: [files],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema, documents } } },
    plugins: { '@graphql-eslint': graphql },
    rules,
  }
}

export default [
  checked(schema, {
    ...graphql.configs['flat/schema-recommended'].rules,
    ...graphql.configs['flat/schema-relay'].rules,
    // What can be asked for again by `node` has an id. The types named here are parts and outcomes, which cannot.
    '@graphql-eslint/strict-id-in-types': [
      'error',
      {
        exceptions: {
          suffixes: ['Connection', 'Edge', 'Payload', 'Error'],
          types: [
            'ActionBlocker',
            'BoundedCount',
            'BulkItem',
            'BulkOperation',
            'ChordProgress',
            'PageInfo',
            'RegisteredTask',
            'RetryPreview',
            'RuntimeStats',
            'SerializedValue',
            'ServiceInfo',
            'StateCount',
            'TaskParameter',
            'TaskProgress',
            'TaskResultAggregate',
            'TaskResultBucket',
            'TaskResultStats',
            'TaskResultTimeBucket',
            'TaskWorkflow',
            'Viewer',
            'WorkerReply',
          ],
        },
      },
    ],
    // Edges are for lists with cursors. Short and bounded lists (states, errors, buckets) have none, and connections
    // have `nodes` beside `edges`, for clients that keep no cursors.
    '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
  }),
  checked(documents, graphql.configs['flat/operations-recommended'].rules),
]
