// One group: how far it is, and its tasks.
import { ArrowLeft } from 'lucide-react'
import { Link, useParams } from 'react-router'

import { GroupPageDocument } from '../gql/graphql'
import { count } from '../format'
import { usePages } from '../pages'
import { ChordCard } from '../parts/chord-card'
import { useEvery } from '../parts/keys'
import { Moment } from '../parts/moment'
import { Legend, StateBar } from '../parts/progress'
import { Sentinel } from '../parts/sentinel'
import { Empty } from '../parts/states'
import { TaskLink } from '../parts/task-link'

export function GroupPage() {
  const { groupId = '' } = useParams()
  const pages = usePages(GroupPageDocument, { groupId }, (data) => data.groupResult?.tasks)
  const group = pages.first?.groupResult
  useEvery(group && !group.isReady && !pages.error ? 3000 : 0, pages.renew)
  if (pages.first && !group)
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
          <h2>Tasks</h2>
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
