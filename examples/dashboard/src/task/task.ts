// One task, as its page asks for it.
import type { TaskPageQuery } from '../gql/graphql'

export type Task = NonNullable<TaskPageQuery['taskResult']>
