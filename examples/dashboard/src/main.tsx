// The dashboard: its pages, and what all of them need.
import './styles/base.css'
import './styles/parts.css'
import './styles/forms.css'
import './styles/values.css'
import './styles/frame.css'
import './styles/filters.css'
import './styles/charts.css'
import './styles/table.css'
import './styles/lines.css'
import './styles/task.css'

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter, Link, Route, Routes } from 'react-router'
import { Provider } from 'urql'

import { GroupPage } from './groups/group-page'
import { GroupsPage } from './groups/groups-page'
import { TaskListPage } from './list/task-list-page'
import { OperationsPage } from './operations/operations-page'
import { Empty } from './parts/states'
import { client } from './service'
import { Shell } from './shell'
import { TaskPage } from './task/task-page'
import { showKeptTheme } from './theme'
import { WithViewer } from './viewer'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

showKeptTheme()
createRoot(root).render(
  <StrictMode>
    <Provider value={client}>
      <WithViewer>
        <BrowserRouter useTransitions={false}>
          <Routes>
            <Route element={<Shell />}>
              <Route index element={<TaskListPage />} />
              <Route path="tasks/:taskId" element={<TaskPage />} />
              <Route path="groups" element={<GroupsPage />} />
              <Route path="groups/:groupId" element={<GroupPage />} />
              <Route path="operations" element={<OperationsPage />} />
              <Route
                path="*"
                element={
                  <Empty title="There is no such page">
                    <Link to="/">All tasks</Link>
                  </Empty>
                }
              />
            </Route>
          </Routes>
        </BrowserRouter>
      </WithViewer>
    </Provider>
  </StrictMode>,
)
