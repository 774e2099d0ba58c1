// GraphiQL, configured by the data attributes of the page's root element: the page has no inline script.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { fetcherOf } from "./fetcher.js";

const root = document.getElementById("graphiql");
const { defaultQuery, headersEditor, nonce } = root.dataset;
// One dialog adds a style element of its own: the library that does it reads this name.
window.__webpack_nonce__ = nonce;
const given = new URLSearchParams(window.location.search);

createRoot(root).render(
  <GraphiQL
    fetcher={fetcherOf(root.dataset)}
    plugins={[explorerPlugin({ showAttribution: false })]}
    defaultQuery={defaultQuery}
    query={given.get("query") ?? undefined}
    variables={given.get("variables") ?? undefined}
    operationName={given.get("operationName") ?? undefined}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled={headersEditor === "on"}
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>
      <span className="graphiql-logo-text">Celery results</span>
    </GraphiQL.Logo>
  </GraphiQL>,
);
