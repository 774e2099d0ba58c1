// One group: how far it is, and its tasks.
import { ArrowLeft } from 'lucide-react'
import { useMemo } from 'react'
import { Link, useParams } from 'react-router'

import { listAddress } from '../addresses'
import { GroupPageDocument } from '../gql/graphql'
import { count } from '../format'
import { BulkButtons } from '../orders/bulk-buttons'
import { usePages } from '../pages'
import { ChordCard } from '../parts/chord-card'
import { useEvery } from '../parts/every'
import { Moment } from '../parts/moment'
import { Legend, StateBar } from '../parts/progress'
import { Sentinel } from '../parts/sentinel'
import { Empty } from '../parts/states'
import { TaskLink } from '../parts/task-link'
import { useTitle } from '../parts/title'
import { needs, useMay } from '../viewer'

const RENEWED_EVERY = 3000

export function GroupPage() {
  useTitle('Group')
  const { groupId = '' } = useParams()
  if (!useMay('view_groupresult')) return <Empty title="You may not see groups">{needs('view_groupresult')}</Empty>
  return <GroupView key={groupId} groupId={groupId} />
}

function GroupView({ groupId }: { groupId: string }) {
  const filter = useMemo(() => ({ groupId: { eq: groupId } }), [groupId])
  const pages = usePages(GroupPageDocument, { groupId }, (data) => data.groupResult?.tasks)
  const group = pages.data?.groupResult
  useEvery(group && !group.isReady && !pages.error ? RENEWED_EVERY : 0, pages.renew)
  if (pages.data && !group)
    return <Empty title="There is no such group">It may have been deleted, or you may not see it.</Empty>
  return (
    <article>
      <header className="page-head">
        <Link to="/groups" className="back">
          <ArrowLeft aria-hidden /> All groups
        </Link>
        <div className="title-row">
          <h1>Group</h1>
          <p className="mono id">{groupId}</p>
        </div>
      </header>
      {group && (
        <section className="card">
          <StateBar counts={group.stateCounts} size={group.size} label="Its tasks" />
          <p>
            <strong>{count(group.completedCount)}</strong> of {count(group.size)} ready
            {group.isReady && (group.isSuccessful ? ', all succeeded' : ', not all succeeded')}
            <span className="dim">
              {' '}
              · created <Moment at={group.dateCreated} />
            </span>
          </p>
          <Legend counts={group.stateCounts} />
        </section>
      )}
      {group?.chord && <ChordCard chord={group.chord} />}
      <section className="card list">
        <header className="list-head">
          <h2>
            <Link to={listAddress({ group: groupId, span: 'all' })}>Tasks</Link>
          </h2>
          <BulkButtons filter={filter} afterwards={pages.renew} />
        </header>
        <ul className="lines">
          {pages.rows.map((task) => (
            <li key={task.id}>
              <TaskLink task={task} />
              <Moment at={task.dateDone ?? task.dateCreated} />
            </li>
          ))}
        </ul>
        <Sentinel pages={pages} what="the group" />
      </section>
    </article>
  )
}
