// One POST per operation, in the terms of the GraphQL-over-HTTP specification, with Django's CSRF token.

const cookie = (name) => {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found && decodeURIComponent(found.slice(name.length + 1));
};

// Projects may keep the token out of reach of scripts (CSRF_COOKIE_HTTPONLY): the page then carries one.
const tokenOf = ({ csrfCookie, csrfToken }) => cookie(csrfCookie) ?? csrfToken;

export const fetcherOf = (config) => async (operation, { headers } = {}) => {
  const response = await fetch(config.endpoint, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      [config.csrfHeader]: tokenOf(config),
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  return response.json();
};
