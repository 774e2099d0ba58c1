// Saved groups, and how far each is.
import { Link } from 'react-router'

import { groupAddress } from '../addresses'
import { GroupListDocument } from '../gql/graphql'
import { count } from '../format'
import { usePages } from '../pages'
import { Moment } from '../parts/moment'
import { StateBar } from '../parts/progress'
import { Sentinel } from '../parts/sentinel'
import { Empty } from '../parts/states'
import { useTitle } from '../parts/title'
import { needs, useMay } from '../viewer'

export function GroupsPage() {
  useTitle('Groups')
  if (!useMay('view_groupresult')) return <Empty title="You may not see groups">{needs('view_groupresult')}</Empty>
  return <Groups />
}

function Groups() {
  const pages = usePages(GroupListDocument, {}, (data) => data.groupResults)
  return (
    <section className="card list">
      <header className="list-head">
        <h1>Groups</h1>
      </header>
      <ul className="lines groups">
        {pages.rows.map((group) => (
          <li key={group.id}>
            <Link to={groupAddress(group.groupId)} className="mono">
              {group.groupId}
            </Link>
            <StateBar counts={group.stateCounts} size={group.size} label="Its tasks" />
            <span className="number">
              {count(group.completedCount)} of {count(group.size)} ready
            </span>
            <Moment at={group.dateCreated} />
          </li>
        ))}
      </ul>
      {!pages.loading && !pages.error && pages.rows.length === 0 && (
        <Empty title="No group was saved">
          Call <code>save()</code> on a group’s result, and it appears here.
        </Empty>
      )}
      <Sentinel pages={pages} what="groups" />
    </section>
  )
}
